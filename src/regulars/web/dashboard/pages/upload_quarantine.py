"""The quarantine on the Upload page: rows to correct in place, check again and load."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.core.errors import RegularsError
from regulars.insights.html import fragments
from regulars.loads.report import LoadReport
from regulars.transform.staging.original_rows import LOCATOR_COLUMNS, ROW, SOURCE
from regulars.web.context import app_context
from regulars.web.dashboard import html_component
from regulars.web.dashboard.downloads import MIME
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.uploads import sections
from regulars.web.dashboard.uploads.background_load import Work
from regulars.web.dashboard.uploads.changes import (
    check_rows,
    corrected_rows,
    load_rows,
    quarantine_file,
)

MOST_ROWS, MOST_REASONS = 200, 5
Start = Callable[[Work, str], None]
Rows = Sequence[Mapping[str, Any]]
_CHECK = "regulars_quarantine_check"
_, _FILE, _, _REASON = LOCATOR_COLUMNS


def show_quarantine(page: Page, rows: Rows, count: int, start: Start) -> None:
    """Show the first rows that need fixing in an editor, and load those that are corrected."""
    fixing = formatting.counted(count, "row needs", "rows need")
    st.html(f"<h2 class='part'>Quarantine: {fixing} fixing</h2>")
    st.caption(
        "Correct cells below, press Enter, and check the rows again. Rows that pass are loaded "
        "with the other lines of their order."
        + (f" Only the first {MOST_ROWS:,} rows are shown." if count > len(rows) else "")
    )
    reasons = Counter(row[_REASON] for row in rows).most_common(MOST_REASONS)
    st.markdown("\n".join(f"- {plain(reason)} {_rows(number)}" for reason, number in reasons))
    key = f"quarantine_{hash(tuple((row[SOURCE], row[ROW]) for row in rows))}"
    _show_editor(rows, key)
    edited = corrected_rows(rows, st.session_state.get(key, {}).get("edited_rows", {}))
    # Enabled once the edit has arrived: an earlier click would check the rows without it.
    if st.button("Check again", disabled=not edited):
        _check(page, edited)
    _show_check(page, edited, start)
    _show_downloads(page)


def _rows(number: int) -> str:
    return f"({formatting.counted(number, 'row', 'rows')})"


def _show_editor(rows: Rows, key: str) -> None:
    names = [_REASON, *(name for name in rows[0] if name not in LOCATOR_COLUMNS), _FILE, ROW]
    columns: dict[str, Any] = dict.fromkeys(names, st.column_config.TextColumn())
    columns[_REASON] = st.column_config.TextColumn("Reason", disabled=True, width="medium")
    columns[_FILE] = st.column_config.TextColumn("File", disabled=True)
    columns[ROW] = st.column_config.NumberColumn("Row", disabled=True, format="%d")
    st.data_editor(
        list(rows), key=key, hide_index=True, column_order=names, column_config=columns,
        num_rows="fixed",
    )  # fmt: skip


def _check(page: Page, edited: Rows) -> None:
    """Check corrected rows without loading them, and remember what the check found."""
    st.session_state.pop(_CHECK, None)
    context = app_context()
    try:
        with st.spinner("Checking rows…", show_time=True):
            report = check_rows(
                page.user, edited, warehouse=context.warehouse, settings=context.settings
            )
    except RegularsError as error:
        show_error(error)
        return
    st.session_state[_CHECK] = edited, report


def _show_check(page: Page, edited: Rows, start: Start) -> None:
    """Show what the last check found, if its rows are still the same, and a button to load them."""
    checked: tuple[Rows, LoadReport] | None = st.session_state.get(_CHECK)
    if checked is None or checked[0] != edited:
        return
    context, report = app_context(), checked[1]
    section = sections.corrected_check(report, len(edited), context.settings.currency)
    html_component.show(fragments.section(section), "quarantine_check")
    rows = formatting.counted(sections.loadable_rows(report), "corrected row", "corrected rows")
    if not sections.loadable_rows(report) or not st.button(f"Load {rows}", type="primary"):
        return
    start(
        lambda progress: load_rows(
            page.user, edited, warehouse=context.warehouse, settings=context.settings,
            progress=progress,
        ),
        "Corrected rows",
    )  # fmt: skip
    del st.session_state[_CHECK]
    st.rerun()


def _show_downloads(page: Page) -> None:
    """Show buttons to download all rows with their reasons; a click writes the file."""
    places = st.columns([1.2, 1.2, 2])
    for place, (kind, label) in zip(places, (("xlsx", "Excel"), ("csv", "CSV")), strict=False):

        def read(kind: str = kind) -> bytes:
            return page.results.uncached(lambda now: quarantine_file(page.user, now, kind))

        place.download_button(
            f"Download all rows ({label})", read, file_name=f"quarantine.{kind}", mime=MIME[kind],
            on_click="ignore", width="stretch",
        )  # fmt: skip
