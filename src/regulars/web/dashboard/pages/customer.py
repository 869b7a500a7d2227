"""The page of one customer: what they are worth, their orders, segments, products and lists."""

import io
import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.core.errors import RegularsError
from regulars.engines.locate import engine_of
from regulars.engines.protocols import ReaderTables
from regulars.insights.html import fragments
from regulars.insights.parts import Cell, Header, Match, Section, Table
from regulars.insights.scope import Scope
from regulars.insights.search import NearestNumbers
from regulars.insights.sections import customer as sections
from regulars.insights.view import EVERYTHING, View
from regulars.lists.api import CONTROL
from regulars.lists.memberships import lists_of
from regulars.privacy.export import export_customer, write_json
from regulars.warehouse.people.contacts import Contact, PeopleDirectory
from regulars.warehouse.warehouse import Warehouse
from regulars.web.context import app_context
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.navigation import CUSTOMER
from regulars.web.dashboard.page import CAMPAIGN, Page
from regulars.web.dashboard.session_result import session_result

_log = logging.getLogger(__name__)


def show_customer(page: Page) -> None:
    """Show the customer in the address, over all days and without filters."""
    number = st.query_params.get(CUSTOMER, "").strip()
    found = page.results.get_once(page.version, EVERYTHING, NearestNumbers(number))
    if not [match for match in found if match.member == number]:
        _show_unknown(page, number, found)
        return
    contact = _contact(page, number) if page.user.role.may_see_contacts else []
    known = " · ".join(filter(None, (found[0].note, *contact)))
    st.html(fragments.title(f"Customer {number}", known))
    view = View(period=EVERYTHING.period, where={"customer_id": (number,)})
    its = replace(page, view=view)
    with st.spinner("Loading key figures…", show_time=True):
        html = its.html(sections.overview, fragments.headlines)
    its.show(html, "customer_overview")
    its.show_sections(sections.SECTIONS)
    _show_lists(page, number)
    if page.user.role.may_erase:
        _show_personal_data(page, number)


def _show_unknown(page: Page, number: str, nearest: Sequence[Match]) -> None:
    """Say that there is no such customer, with links to the nearest numbers."""
    if not number:
        st.info("Search for a customer above, or click a customer number in a table.")
        return
    st.warning(plain(f"There is no customer {number}. Guests have no number and no page."))
    rows = [
        [Cell(match.member, style="name", member=match.member), Cell(match.note)]
        for match in nearest
    ]
    if rows:
        headers = [Header(label, is_number=False) for label in ("Customer", "Location")]
        table = Table(
            "Nearest customer numbers", headers, rows, style="plain short", column=CUSTOMER
        )
        page.show(fragments.table(table), "nearest_customers")


@dataclass(frozen=True)
class _ContactOf:
    """The name and email of a customer; empty if none are stored."""

    number: str

    def __call__(self, scope: Scope) -> Contact:
        """Return them. Raises WarehouseError if the key to them is missing."""
        tables = ReaderTables(scope.warehouse.reader)
        if "people" not in tables.tables():
            return Contact()
        directory = PeopleDirectory(tables, app_context().settings)
        return directory.contacts([self.number])[self.number]


def _contact(page: Page, number: str) -> list[str]:
    """Return the name and email of the customer, if stored."""
    try:
        contact = session_result(
            "contact", (page.version, number),
            lambda: page.results.get_once(page.version, EVERYTHING, _ContactOf(number)),
        )  # fmt: skip
    except RegularsError as error:
        st.caption(plain(str(error)))
        return []
    return [value for value in (contact.name, contact.email) if value and value != number]


def _show_lists(page: Page, number: str) -> None:
    """Show the saved lists that the customer is on; a click opens the results of a list."""
    with st.spinner("Loading lists…", show_time=True):
        found = page.results.uncached(partial(_lists_of, number=number))
    page.show(fragments.section(_list_section(found)), "customer_lists")


def _lists_of(warehouse: Warehouse, number: str) -> list[dict[str, Any]]:
    return lists_of(warehouse, number)


def _list_section(found: Sequence[dict[str, Any]]) -> Section:
    if not found:
        return Section("lists", "Lists", "On no saved list", has_finding=False)
    rows = [
        [
            Cell(row["name"], style="name", member=row["name"]),
            Cell(formatting.day(row["created_at"])),
            Cell(formatting.day(row["exported_at"]) if row["exported_at"] else "Not yet"),
            Cell("Held out" if row["role"] == CONTROL else "To contact"),
            Cell(row["segment"] or formatting.MISSING),
        ]
        for row in found
    ]
    labels = ("List", "Saved", "Exported", "Group", "Segment then")
    headers = [Header(label, is_number=False) for label in labels]
    finding = f"On {formatting.counted(len(rows), 'saved list', 'saved lists')}"
    table = Table("Click a list to see its results", headers, rows, style="cards", column=CAMPAIGN)
    return Section("lists", "Lists", finding, parts=[table])


def _show_personal_data(page: Page, number: str) -> None:
    """Show how to export and how to erase everything stored about the customer."""
    with st.expander("Export or erase their data"):
        if st.button("Prepare export"):
            _export(page, number)
        st.write(
            "To erase the customer, run this command on the machine that serves the dashboard. "
            "Their sales stay as guest sales. You cannot undo this."
        )
        address = str(engine_of(page.results.location))
        command = shlex.join(["regulars", "forget", number, "-w", address])
        st.code(command, language="sh")


def _export(page: Page, number: str) -> None:
    """Show a button that downloads everything stored about the customer, as JSON."""
    try:
        with st.spinner("Collecting data…", show_time=True):
            data = export_customer(number, page.results.location, app_context().settings)
    except RegularsError as error:
        show_error(error)
        return
    text = io.StringIO()
    write_json(data, text)
    _log.info("%s exported the data of a customer", page.user.name)
    st.download_button(
        "Download (JSON)", text.getvalue(), file_name=f"customer-{_file_name(number)}.json",
        mime="application/json", on_click="ignore",
    )  # fmt: skip


def _file_name(number: str) -> str:
    return "".join(one if one.isalnum() or one in "-_" else "-" for one in number)
