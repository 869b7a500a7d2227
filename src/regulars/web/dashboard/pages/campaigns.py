"""The Campaigns page: what each list has brought, compared with its control group."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import streamlit as st

from regulars.core.errors import RegularsError
from regulars.insights.html import fragments
from regulars.lists.api import (
    TREATMENT,
    SavedList,
    all_lists,
    export_log,
    list_results,
    names_without_customers,
)
from regulars.warehouse.warehouse import Warehouse
from regulars.web.dashboard.markdown import plain
from regulars.web.dashboard.page import CAMPAIGN, Page
from regulars.web.dashboard.pages.campaign_section import campaign_section

_PERIODS: Mapping[str, int | None] = {
    "All days": None, "First 14 days": 14, "First 30 days": 30, "First 60 days": 60,
    "First 90 days": 90,
}  # fmt: skip


def show_campaigns(page: Page) -> None:
    """Show the results of the selected list."""
    with st.spinner("Loading lists…", show_time=True):
        names = page.results.uncached(partial(_names, may_see=page.user.role.may_see_customers))
    if not names:
        how = " Save and export one on the Lists page." if page.user.role.may_export else ""
        st.info(f"No saved lists yet.{how}")
        return
    if st.session_state.get(CAMPAIGN, st.query_params.get(CAMPAIGN)) not in names:
        st.session_state[CAMPAIGN] = names[0]
    places = st.columns([2, 1, 2])
    # Without a default, the address always has the list, so a link keeps showing the same one.
    name = places[0].selectbox("List", names, index=None, key=CAMPAIGN, bind="query-params")
    period = places[1].selectbox(
        "Days since the export", list(_PERIODS), key="campaign_days", bind="query-params",
        filter_mode=None,
    )  # fmt: skip
    if name:
        _show_results(page, name, _PERIODS[period])


def _show_results(page: Page, name: str, days: int | None) -> None:
    try:
        with st.spinner("Comparing the groups…", show_time=True):
            results = page.results.uncached(lambda now: list_results(now, name, days=days))
    except RegularsError as error:
        st.info(plain(str(error)))
        return
    currency = page.results.summary(page.version).facts.get("currency", "")
    section = campaign_section(
        results, currency, may_see_customers=page.user.role.may_see_customers
    )
    page.show(fragments.section(section), "results")


def _names(warehouse: Warehouse, *, may_see: bool) -> list[str]:
    """Return the names of lists; only those that name no customer for users who see none."""
    _, last = warehouse.observed_days
    names = latest_campaigns_first(all_lists(warehouse), export_log(warehouse), last)
    return names if may_see else names_without_customers(warehouse, names)


def latest_campaigns_first(
    saved: Sequence[SavedList], log: Sequence[Mapping[str, Any]], last_day: date
) -> list[str]:
    """Return the names of lists: first those that can be compared, the latest of each first.

    A list can be compared if it has a control group, and went out by the last day of the data.
    """
    first_sent: dict[str, datetime] = {
        row["name"]: row["exported_at"] for row in log if row["role"] == TREATMENT
    }  # the log has the latest first, so the first export wins

    def rank(one: SavedList) -> tuple[bool, datetime]:
        sent = first_sent.get(one.name)
        is_comparable = bool(one.counts.control and sent and sent.date() <= last_day)
        return is_comparable, sent or one.created_at

    return [one.name for one in sorted(saved, key=rank, reverse=True)]
