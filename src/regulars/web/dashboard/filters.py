"""The controls above every page: a period, what it is compared with, and a part of the shop.

What is chosen stands in the address of the page, so that a link shows a colleague the same view.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.insights.periods import Span
from regulars.insights.view import (
    AGAINST,
    ALWAYS_SHOWN,
    CUSTOM,
    FILTERS,
    LATEST,
    PERIODS,
    View,
    parse_month,
)
from regulars.web.dashboard.markdown import plain

_CHOSEN = "regulars_chosen"
"""Where what is to be shown next waits: a widget can be set only before it is drawn."""

_DAYS = ("since", "until")


def choose(column: str, member: str) -> None:
    """Have the next run of the script show one value of a column, and run it."""
    if column == "month":
        span = parse_month(member)
        chosen: dict[str, Any] = {"period": CUSTOM, "since": span.first, "until": span.last}
    else:
        chosen = {column: [member]}
    st.session_state[_CHOSEN] = chosen
    st.rerun()


def show_view(view: View) -> None:
    """Have the next run of the script show a view."""
    chosen: dict[str, Any] = {"period": view.period, "against": view.against}
    chosen |= {column: list(view.where.get(column, ())) for column in FILTERS}
    if view.days:
        chosen |= {"since": view.days.first, "until": view.days.last}
    st.session_state[_CHOSEN] = chosen


def remembered(name: str) -> str:
    """Return where stays what was entered in a widget that is not on every page."""
    return f"regulars_{name}"


def controls(choices: Mapping[str, Sequence[str]], whole: Span) -> View:
    """Draw the controls, and return the view that they stand at.

    `choices` are the values of each column that the shop can be narrowed to.
    """
    _set(st.session_state.pop(_CHOSEN, {}))
    for column in FILTERS:
        _keep_what_there_is(column, choices[column])
        _warn_of(column, [v for v in st.query_params.get_all(column) if v not in choices[column]])
    shown = [column for column in ALWAYS_SHOWN if choices[column]]
    chief, fold, *places = st.columns(
        [1.3, 0.8, 1, *(1 for _ in shown), 0.5], vertical_alignment="bottom"
    )
    with chief:
        period = st.selectbox(
            "Period", list(PERIODS), format_func=PERIODS.__getitem__, key="period",
            bind="query-params", filter_mode=None,
        )  # fmt: skip
    with places[0]:
        against = st.selectbox(
            "Compare with", list(AGAINST), format_func=AGAINST.__getitem__, key="against",
            bind="query-params", filter_mode=None,
        )  # fmt: skip
    asked_for = [column for column in FILTERS if column not in shown and _is_chosen(column)]
    more = st.columns(max(len(asked_for), 4))[: len(asked_for)] if asked_for else []
    where = {}
    for column, place in zip([*shown, *asked_for], [*places[1:-1], *more], strict=True):
        with place:
            if values := _values(column, choices[column]):
                where[column] = values
    with fold:  # what page.css shows on a phone, where all but the period is folded
        count = f" ({len(where)})" if where else ""
        st.toggle(f"Show filters{count}", key="unfolded")
    with places[-1]:
        st.button("Reset", on_click=_reset, disabled=not where and period == LATEST)
    return View(period, against, _days(whole) if period == CUSTOM else None, where)


def _values(column: str, choices: Sequence[str]) -> tuple[str, ...]:
    """Draw the choice of values of a column, and return what is chosen."""
    chosen = st.multiselect(
        FILTERS[column], list(choices), key=column, bind="query-params", placeholder="All"
    )
    return tuple(chosen)


def _days(whole: Span) -> Span | None:
    """Draw the choice of days, and return them; None until there are two in their order."""
    first, last = st.columns(2)
    with first:
        since = _day("From", _DAYS[0], whole.first, whole)
    with last:
        until = _day("To", _DAYS[1], whole.last, whole)
    if since is None or until is None:
        return None
    if since > until:
        st.warning(
            f"{formatting.day(since)} is after {formatting.day(until)}: all of the data is shown."
        )
        return None
    return Span(since, until)


def _day(label: str, name: str, default: date, whole: Span) -> date | None:
    """Draw the choice of a day of the data; what was chosen before goes before the default."""
    chosen, linked = st.session_state.get(name), st.query_params.get(name, "")
    if chosen is None and linked and not f"{whole.first}" <= linked <= f"{whole.last}":
        st.warning(
            plain(f"{label}: {linked} is not in the data: {formatting.day(default)} is taken.")
        )
    if isinstance(chosen, date):
        within = min(max(chosen, whole.first), whole.last)
        if within != chosen:
            st.session_state[name] = within
            st.warning(
                f"{formatting.day(chosen)} is not in the data: {formatting.day(within)} is taken."
            )
    return st.date_input(
        label, None if name in st.session_state else default, whole.first, whole.last, key=name,
        bind="query-params",
    )  # fmt: skip


def _keep_what_there_is(column: str, choices: Sequence[str]) -> None:
    """Leave out what is chosen and not in the data any more, and say so: a view may be old."""
    chosen = st.session_state.get(column, [])
    gone = [one for one in chosen if one not in choices]
    if gone:
        st.session_state[column] = [one for one in chosen if one in choices]
        _warn_of(column, gone)


def _warn_of(column: str, gone: Sequence[str]) -> None:
    """Say which values of a link or a kept view are left out."""
    if gone:
        told = f"{FILTERS[column]}: {', '.join(gone)} is not in the data, and is left out."
        st.warning(plain(told))


def _is_chosen(column: str) -> bool:
    """Whether anything is chosen of a column, here or by a link."""
    if column in st.session_state:
        return bool(st.session_state[column])
    return bool(st.query_params.get_all(column))


def _set(chosen: Mapping[str, Any]) -> None:
    """Set the controls to what was chosen, before they are drawn."""
    drawn = {column for column in FILTERS if column in ALWAYS_SHOWN or _is_chosen(column)}
    if st.session_state.get("period") == CUSTOM:
        drawn |= {*_DAYS}
    st.session_state.update(chosen)
    for name in (*_DAYS, *FILTERS):
        # The address is told by itself only of what was drawn before.
        if name not in drawn and chosen.get(name):
            st.query_params[name] = _in_address(chosen[name])


def _in_address(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _reset() -> None:
    for column in FILTERS:
        st.session_state[column] = []
    st.session_state["period"] = LATEST
