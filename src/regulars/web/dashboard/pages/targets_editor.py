"""The form to set, change and remove targets, beside what is reached of them."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from regulars.core.calendar import month_start
from regulars.core.errors import InputError, RegularsError
from regulars.insights.findings import targets as findings
from regulars.loads.targets import remove_target, set_target
from regulars.warehouse.targets import METRICS, Target, TargetPeriod, parse_amount
from regulars.web.dashboard.markdown import show_error
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.pages.entry_form import done, form_key
from regulars.web.entered import forget_entered

MONTHS_AHEAD = 18
_FORM = "target"


def targets_editor(page: Page, targets: Sequence[Target]) -> None:
    """Show the form to users who may set targets."""
    if not page.user.role.may_set_targets:
        return
    with st.expander("Set, change or remove targets" if targets else "Set a target"):
        st.caption(
            "Targets are for the whole shop. A new target replaces the earlier one of its figure "
            "and period."
        )
        try:
            _form(page)
            if targets:
                _remove(page, targets)
        except RegularsError as error:
            show_error(error)


def periods(first: date, last: date) -> list[TargetPeriod]:
    """Return the months and quarters that begin in the data or up to 18 months later."""
    start, end = month_start(first, 0), month_start(last, MONTHS_AHEAD)
    found, month = [], start
    while month <= end:
        if month.month % 3 == 1:
            found.append(TargetPeriod(month, "quarter"))
        found.append(TargetPeriod(month))
        month = month_start(month, 1)
    return found


def _form(page: Page) -> None:
    whole = page.results.summary(page.version).whole
    choices = periods(whole.first, whole.last)
    current = choices.index(TargetPeriod(month_start(whole.last, 0)))
    with st.form(form_key(_FORM, "form"), border=False):
        places = st.columns([1.4, 1.4, 1.4, 0.9], vertical_alignment="bottom")
        period = places[0].selectbox(
            "Month or quarter", choices, current, format_func=lambda one: one.words,
            key=form_key(_FORM, "period"),
        )  # fmt: skip
        metric = places[1].selectbox(
            "Figure", list(METRICS), format_func=lambda one: METRICS[one].label,
            key=form_key(_FORM, "metric"),
        )  # fmt: skip
        amount = places[2].text_input(
            "Target", key=form_key(_FORM, "amount"), placeholder="1200000",
            help="Without a currency sign or separators",
        )  # fmt: skip
        if places[3].form_submit_button("Set target", width="stretch"):
            if not amount.strip():
                raise InputError("Enter the target.")
            set_target(
                str(period), parse_amount(amount, metric), metric=metric, author=page.user.name,
                warehouse=page.results.location, settings=page.results.settings,
            )  # fmt: skip
            _show_changed(page)


def _remove(page: Page, targets: Sequence[Target]) -> None:
    chosen, button = st.columns([4.2, 0.9], vertical_alignment="bottom")
    currency = page.results.summary(page.version).facts.get("currency", "")
    number = chosen.selectbox(
        "Remove a target", range(len(targets)), None,
        format_func=lambda one: _words(targets[one], currency), key=form_key(_FORM, "removed"),
        placeholder="Choose a target",
    )  # fmt: skip
    if button.button("Remove target", disabled=number is None, width="stretch") and (
        number is not None
    ):
        target = targets[number]
        remove_target(
            str(target.period), metric=target.metric, warehouse=page.results.location,
            settings=page.results.settings,
        )  # fmt: skip
        _show_changed(page)


def _words(target: Target, currency: str) -> str:
    return f"{findings.subject(target)}: {findings.writer(target, currency)(target.amount)}"


def _show_changed(page: Page) -> None:
    forget_entered(page.results)
    done(_FORM)
