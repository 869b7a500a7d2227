"""The saved lists: their customers, their exports, and the export history."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.core.errors import RegularsError
from regulars.engines.protocols import ReaderTables
from regulars.insights.html import fragments
from regulars.insights.parts import Cell, Header, Table
from regulars.lists.api import (
    COLUMNS,
    TREATMENT,
    SavedList,
    export_list,
    export_log,
    format_names,
    list_members,
)
from regulars.warehouse.people.contacts import PeopleDirectory
from regulars.warehouse.warehouse import Warehouse
from regulars.web.context import app_context
from regulars.web.dashboard.downloads import MIME
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.page import CAMPAIGN, Page
from regulars.web.dashboard.session_result import session_result
from regulars.web.dashboard.sortable_table import show_rows

PREVIEW_ROWS = 50
PLAIN = "plain"
"""The export format for reading."""

JUST_SAVED = "regulars_just_saved"
"""Where the next run finds the name of a list that has just been saved."""

_CONFIRMED = "regulars_confirmed"
"""Where that name stays for the confirmation, until another list is saved."""

_NAME_OF_CUSTOMER = ColumnCard("Name", "text", "The name stored for the customer")


def show_saved_lists(page: Page, saved: list[SavedList], currency: str) -> None:
    """Show the saved lists, the export form, the selected list's customers, and all exports."""
    st.html("<h2 class='part'>Saved lists</h2>")
    if not saved:
        how = " Choose customers above, then save them as a list."
        st.write(f"No saved lists yet.{how if page.user.role.may_export else ''}")
        return
    newest_first = saved[::-1]
    overview = st.container()
    names = [one.name for one in newest_first]
    if st.session_state.get(JUST_SAVED) in names:
        name = st.session_state.pop(JUST_SAVED)
        st.session_state["list"] = st.session_state[_CONFIRMED] = name
    confirmed = st.session_state.get(_CONFIRMED)
    if confirmed in names:
        st.success(f"Saved {plain(confirmed)}. You can export it below.")
    selected = _export_form(page, names)
    log = page.results.uncached(export_log)  # with an export of this run
    with overview:
        page.show(fragments.table(_overview(newest_first, log)), "saved_lists")
    rows = page.results.uncached(
        lambda now: list(now.rows(list_members(now, selected).limit(PREVIEW_ROWS)))
    )
    first = formatting.counted(len(rows), "customer", "customers")
    with st.expander(f"Preview: first {first}"):
        show_customers(page, rows, currency, "members")
    _show_export_log(log)


def _overview(saved: Sequence[SavedList], log: Sequence[Mapping[str, Any]]) -> Table:
    """Return the lists as a table; a click on a name opens the results of the list."""
    first_export = {row["name"]: row["exported_at"] for row in log if row["role"] == TREATMENT}
    rows = [_row(one, first_export.get(one.name)) for one in saved]
    headers = [
        Header("List", is_number=False),
        Header("Exported", "The first export: results count from this day"),
        Header("Selected", "Known customers in the segment and filters"),
        Header("Left out", "Contacted or returned recently, or suppressed"),
        Header("Held out", "Control group, drawn at random and not contacted"),
        Header("To contact", "The customers in the export"),
        Header("Criteria", is_number=False),
    ]
    title = "Click a list to see its results"
    return Table(title, headers, rows, style="cards", column=CAMPAIGN)


def _row(saved: SavedList, exported_at: datetime | None) -> list[Cell]:
    counts = saved.counts
    left_out = counts.contacted + counts.returned + counts.suppressed
    chosen_by = "; ".join(filter(None, (", ".join(saved.segments), _filters(saved.filters))))
    made = f"{formatting.day(saved.created_at)} by {saved.author}"
    return [
        Cell(saved.name, note=made, style="name", member=saved.name),
        Cell(formatting.day(exported_at) if exported_at else "Not yet"),
        *(Cell(f"{n:,}") for n in (counts.chosen, left_out, counts.control, counts.treatment)),
        Cell(chosen_by or "All customers", style="words"),
    ]


def _export_form(page: Page, names: list[str]) -> str:
    """Show the export form and carry out an export; return the selected list."""
    places = st.columns([3, 1], vertical_alignment="bottom")
    selected = places[0].selectbox("List", names, key="list", index=0) or names[0]
    file_type = places[1].selectbox("File type", list(MIME), key="file_type", format_func=str.upper)
    if page.user.role.may_export:
        buttons = st.container(horizontal=True)
        for form in sorted(format_names(), key=lambda name: (name != PLAIN, name)):
            label = "Export" if form == PLAIN else f"Export for {form.capitalize()}"
            if buttons.button(label, type="primary" if form == PLAIN else "secondary"):
                _export(page, selected, form, file_type or "csv")
    return selected


def _export(page: Page, name: str, form: str, file_type: str) -> None:
    """Export a list, log it, and show the download button."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{file_type}"
        try:
            with st.spinner("Exporting…", show_time=True):
                result = export_list(
                    name, path, form=form, author=page.user.name,
                    warehouse=page.results.location, settings=app_context().settings,
                )  # fmt: skip
        except RegularsError as error:
            show_error(error)
            return
        data = path.read_bytes()
    if result.suppressed:
        customers = formatting.counted(result.suppressed, "customer", "customers")
        st.caption(f"Not in the file: {customers} suppressed since the list was created.")
    if result.without_email:
        customers = formatting.counted(result.without_email, "customer", "customers")
        st.caption(f"Not in the file: {customers} without an email address.")
    customers = formatting.counted(result.rows, "customer", "customers")
    st.download_button(
        f"Download {plain(name)} ({customers})", data, file_name=f"{_file_name(name)}.{file_type}",
        mime=MIME[file_type], on_click="ignore",
    )  # fmt: skip


def _show_export_log(log: list[dict[str, Any]]) -> None:
    """Show all exports with their author and time."""
    with st.expander(f"Export history ({len(log):,})"):
        if not log:
            st.write("No exports yet.")
            return
        rows = [
            {
                "Exported": row["exported_at"], "Exported by": row["author"], "List": row["name"],
                "Group": row["role"], "Format": row["format"], "Customers": row["rows"],
            }
            for row in log
        ]  # fmt: skip
        st.dataframe(rows, hide_index=True)


def show_customers(
    page: Page, customers: Sequence[Mapping[str, Any]], currency: str, key: str
) -> None:
    """Show the customers of a list, with names for those who may see them."""
    ids = tuple(row["customer_id"] for row in customers)
    names = _names_of(page, ids, key) if page.user.role.may_see_contacts else {}
    number, *others = COLUMNS.items()
    rows = [{**row, "name": names.get(row["customer_id"])} for row in customers]
    show_rows(rows, dict([number, ("name", _NAME_OF_CUSTOMER), *others]), currency, key)


def _names_of(page: Page, ids: tuple[str, ...], table: str) -> dict[str, str]:
    """Return the names of customers, as far as they are stored and the key is there.

    They are looked up once for the same customers in a table.
    """
    settings = app_context().settings

    def look_up(warehouse: Warehouse) -> dict[str, str]:
        return PeopleDirectory(ReaderTables(warehouse.reader), settings).names(ids)

    try:
        return session_result(
            f"names_{table}", (page.version, ids), lambda: page.results.uncached(look_up)
        )
    except RegularsError:
        return {}  # the key is elsewhere: a list shows its customer numbers without it


def _filters(filters: Mapping[str, Any]) -> str:
    parts = [f"{column}: {', '.join(values)}" for column, values in filters["where"].items()]
    parts += [f"{name} {filters[name]}" for name in ("since", "until") if filters.get(name)]
    return "; ".join(parts)


def _file_name(list_name: str) -> str:
    """Return a file name for a list, with all unusual characters replaced."""
    name = "".join(
        character if character.isalnum() or character in " -_" else "-" for character in list_name
    )
    return name.strip() or "list"
