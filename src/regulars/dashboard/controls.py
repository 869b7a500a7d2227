"""The controls above every page: a period, what it is compared with, and a part of the shop.

What is chosen stands in the address of the page, so that a link shows a colleague the same view.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from regulars import present
from regulars.dashboard.view import AGAINST, CUSTOM, FILTERS, LATEST, PERIODS, View, month_of
from regulars.report.periods import Span

_CHOSEN = "regulars_chosen"
_DAYS = ("since", "until")


def choose(column: str, member: str) -> None:
    """Have the next run of the script show one value of a column, and run it."""
    st.session_state[_CHOSEN] = (column, member)
    st.rerun()


def controls(choices: Mapping[str, Sequence[str]], whole: Span) -> View:
    """Draw the controls, and return the view that they stand at.

    `choices` are the values of each column that the shop can be narrowed to.
    """
    _take_what_was_chosen()
    shown = [column for column in FILTERS if choices[column]]
    places = st.columns([1.3, 1, *(1 for _ in shown), 0.5], vertical_alignment="bottom")
    with places[0]:
        period = st.selectbox(
            "Period", list(PERIODS), format_func=PERIODS.__getitem__, key="period",
            bind="query-params", filter_mode=None,
        )  # fmt: skip
    with places[1]:
        against = st.selectbox(
            "Compare with", list(AGAINST), format_func=AGAINST.__getitem__, key="against",
            bind="query-params", filter_mode=None,
        )  # fmt: skip
    where = {}
    for column, place in zip(shown, places[2:], strict=False):
        with place:
            values = st.multiselect(
                FILTERS[column], list(choices[column]), key=column, bind="query-params",
                placeholder="All",
            )  # fmt: skip
        if values:
            where[column] = tuple(values)
    with places[-1]:
        st.button("Reset", on_click=_reset, disabled=not where and period == LATEST)
    return View(period, against, _days(whole) if period == CUSTOM else None, where)


def _days(whole: Span) -> Span | None:
    """Draw the choice of days, and return them; None until there are two in their order."""
    first, last = st.columns(2)
    with first:
        since = st.date_input("From", whole.first, key=_DAYS[0], bind="query-params")
    with last:
        until = st.date_input("To", whole.last, key=_DAYS[1], bind="query-params")
    if not (isinstance(since, date) and isinstance(until, date)):
        return None
    if since > until:
        st.warning(f"{present.day(since)} is after {present.day(until)}: all of the data is shown.")
        return None
    return Span(since, until)


def _take_what_was_chosen() -> None:
    """Set the controls to what was chosen on the page, before they are drawn."""
    column, member = st.session_state.pop(_CHOSEN, (None, None))
    if column == "month" and member:
        span = month_of(member)
        st.session_state["period"] = CUSTOM
        st.session_state["since"], st.session_state["until"] = span.first, span.last
    elif column in FILTERS:
        st.session_state[column] = [member]


def _reset() -> None:
    for column in FILTERS:
        st.session_state[column] = []
    st.session_state["period"] = LATEST
