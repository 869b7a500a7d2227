"""The controls above every page: the period, the comparison and the filters.

The selection is part of the address, so a link shows a colleague the same view.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import streamlit as st

from regulars.core.calendar import next_period, previous_period
from regulars.insights.periods import Span
from regulars.insights.view import (
    AGAINST,
    ALWAYS_SHOWN,
    CUSTOM,
    EVERYTHING,
    FILTERS,
    LATEST,
    PERIODS,
    View,
    parse_month,
)
from regulars.web.dashboard.markdown import plain
from regulars.web.dashboard.product_filter import (
    PRODUCTS,
    product_filter,
    read_address,
    write_address,
)

_NEXT_SELECTION = "regulars_next_selection"
"""Where the next run finds its selection, because a widget can be set only before it is drawn."""

_DAYS = ("since", "until")
_YEARS_OUTSIDE = 20


def choose(column: str, member: str) -> None:
    """Rerun the script with one value of a column selected."""
    if column == "month":
        span = parse_month(member)
        selection: dict[str, Any] = {"period": CUSTOM, "since": span.first, "until": span.last}
    else:
        selection = {column: [member]}
    st.session_state[_NEXT_SELECTION] = selection
    st.rerun()


def show_view(view: View) -> None:
    """Select a view in the next run of the script."""
    selection: dict[str, Any] = {"period": view.period, "against": view.against}
    selection |= {column: list(view.where.get(column, ())) for column in FILTERS}
    if view.days:
        selection |= {"since": view.days.first, "until": view.days.last}
    st.session_state[_NEXT_SELECTION] = selection


def remembered(name: str) -> str:
    """Return the key that stores the value of a widget while another page is open."""
    return f"regulars_{name}"


def controls(
    choices: Mapping[str, Sequence[str]], product_names: Mapping[str, str], whole: Span, page: str
) -> View:
    """Show the controls on a page and return the selected view.

    `choices` are the values of each filter, `whole` the days of the data.
    """
    read_address(page)
    _apply(st.session_state.pop(_NEXT_SELECTION, {}))
    for column in FILTERS:
        _remove_missing(column, choices[column])
        if column != PRODUCTS:  # selected as soon as they are in the address
            linked = st.query_params.get_all(column)
            _warn_missing(column, [value for value in linked if value not in choices[column]])
    shown = [column for column in ALWAYS_SHOWN if choices[column]]
    extra = [column for column in FILTERS if column not in shown and _is_selected(column)]
    period_place, toggle_place, against_place, *places, reset_place = st.columns(
        [1.3, 0.8, 1, *(1 for _ in shown), 0.5], vertical_alignment="bottom"
    )
    period = _select(period_place, "Period", PERIODS, "period")
    against = _select(against_place, "Compare with", AGAINST, "against")
    extra_places = st.columns(max(len(extra), 4))[: len(extra)] if extra else []
    where = {}
    for column, place in zip([*shown, *extra], [*places, *extra_places], strict=True):
        if column == PRODUCTS:
            names = {code: product_names.get(code, "") for code in choices[column]}
            values = product_filter(place, FILTERS[column], names)
        else:
            values = _multiselect(place, column, choices[column])
        if values:
            where[column] = values
        elif column in extra:
            st.rerun()  # Back has removed its last value, so it is not drawn any more
    write_address(page)
    count = f" ({len(where)})" if where else ""
    # page.css shows this on a phone only, where all controls but the period are folded away.
    toggle_place.toggle(f"Show filters{count}", key="unfolded")
    reset_place.button("Reset", on_click=_reset, disabled=not where and period == LATEST)
    return View(period, against, _custom_days(whole) if period == CUSTOM else None, where)


def show_empty(why: str) -> None:
    """Show why a view has no data, and a button that shows all data."""
    st.info(plain(why))
    st.button("Show all data", on_click=show_view, args=(EVERYTHING,))


def _select(place: Any, label: str, options: Mapping[str, str], key: str) -> str:
    return str(
        place.selectbox(
            label, list(options), format_func=options.__getitem__, key=key, bind="query-params",
            filter_mode=None,
        )
    )  # fmt: skip


def _multiselect(place: Any, column: str, choices: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        place.multiselect(
            FILTERS[column], list(choices), key=column, bind="query-params", placeholder="All"
        )
    )


def _custom_days(whole: Span) -> Span | None:
    """Show the date inputs and the steps, and return the days; None unless there are two."""
    first, last, earlier, later, _ = st.columns([1, 1, 0.9, 0.9, 1.6], vertical_alignment="bottom")
    with first:
        since = _day("From", _DAYS[0], whole.first, whole)
    with last:
        until = _day("To", _DAYS[1], whole.last, whole)
    if since is None or until is None:
        return None
    days = Span(since, until)
    if since <= until:
        _step(earlier, "earlier", Span(*previous_period(since, until)), whole)
        _step(later, "later", Span(*next_period(since, until)), whole)
        if days.first < whole.first or days.last > whole.last:
            st.caption(f"The data covers {whole}.")
    return days


def _step(place: Any, key: str, days: Span, whole: Span) -> None:
    """Show a button to the period before or after, such as the next month."""
    name = {"earlier": "Previous", "later": "Next"}[key]
    if days.is_of_months and days.first.month == days.last.month:
        name = f"{days.first:%b %Y}"
    label = f"‹ {name}" if key == "earlier" else f"{name} ›"
    place.button(
        label, key=key, help=str(days), on_click=_set_days, args=(days,), width="stretch",
        disabled=days.last < whole.first or days.first > whole.last,
    )  # fmt: skip


def _set_days(days: Span) -> None:
    st.session_state.update(zip(_DAYS, (days.first, days.last), strict=True))


def _day(label: str, name: str, default: date, whole: Span) -> date | None:
    """Show a date input. It accepts days outside the data, so that links keep their days."""
    first = date(whole.first.year - _YEARS_OUTSIDE, 1, 1)
    last = date(whole.last.year + _YEARS_OUTSIDE, 12, 31)
    with suppress(ValueError):
        linked = date.fromisoformat(st.query_params.get(name, ""))
        if name not in st.session_state and not first <= linked <= last:
            st.session_state[name] = min(max(linked, first), last)
    return st.date_input(
        label, None if name in st.session_state else default, first, last, key=name,
        bind="query-params", format="YYYY-MM-DD",
    )  # fmt: skip


def _remove_missing(column: str, choices: Sequence[str]) -> None:
    """Deselect values that the data no longer has, as an old view may select."""
    selected = st.session_state.get(column, [])
    missing = [value for value in selected if value not in choices]
    if missing:
        st.session_state[column] = [value for value in selected if value in choices]
        _warn_missing(column, missing)


def _warn_missing(column: str, values: Sequence[str]) -> None:
    if values:
        verb = "is" if len(values) == 1 else "are"
        st.warning(
            plain(f"{FILTERS[column]}: {', '.join(values)} {verb} not in the data. Filter removed.")
        )


def _is_selected(column: str) -> bool:
    """Return whether the user or a link has selected a value of a column."""
    if column in st.session_state:
        return bool(st.session_state[column])
    return bool(st.query_params.get_all(column))


def _apply(selection: Mapping[str, Any]) -> None:
    """Set the widgets to a selection before they are drawn."""
    drawn = {column for column in FILTERS if column in ALWAYS_SHOWN or _is_selected(column)}
    if st.session_state.get("period") == CUSTOM:
        drawn |= {*_DAYS}
    st.session_state.update(selection)
    for name in (*_DAYS, *FILTERS):
        # Streamlit itself updates the address only for widgets of the previous run.
        if name not in drawn and selection.get(name):
            st.query_params[name] = _query_value(selection[name])


def _query_value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _reset() -> None:
    for column in FILTERS:
        st.session_state[column] = []
    st.session_state["period"] = LATEST
