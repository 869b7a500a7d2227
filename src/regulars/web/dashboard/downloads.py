"""All rows of a table, or all lines behind a figure, to look at and to download."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol, TypeVar

import streamlit as st

from regulars.insights.drilldown import DrillDown
from regulars.insights.scope import Scope
from regulars.insights.table_file import FileType, ShownRows, TableFile, TableRef, TableRows
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.markdown import plain
from regulars.web.dashboard.sortable_table import show_rows

T = TypeVar("T")
MIME: dict[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LABELS: dict[FileType, str] = {"xlsx": "Excel", "csv": "CSV"}
_log = logging.getLogger(__name__)


class Getter(Protocol):
    """Returns a result for the view of the page."""

    def __call__(self, section: Callable[[Scope], T], /) -> T:
        """Return what `section` returns."""


@dataclass(frozen=True)
class Downloads:
    """The downloads that a page offers a user.

    get   returns rows and files for the view of the page
    view  the period and filters, as the dialog shows them
    last  the last day of the period, for file names
    """

    get: Getter
    user: CurrentUser
    view: str
    last: date

    def show_table(self, reference: str) -> None:
        """Open a dialog with all rows of a table, to sort, search and download.

        Raises InputError for a table that does not exist or that the user may not see.
        """
        ref, may_see = TableRef.decode(reference), self.user.role.may_see_customers
        with st.spinner("Loading rows…", show_time=True):
            shown = self.get(TableRows(ref, may_see))
        _show_dialog(self, ref, shown)

    def table_file(self, ref: TableRef, kind: FileType) -> bytes:
        """Return all rows of a table as a file, and log it."""
        self.record(ref.title, kind)
        return self.get(TableFile(ref, kind, self.user.role.may_see_customers))

    def show_lines_button(self, drilldown: DrillDown) -> None:
        """Show a button that downloads all lines behind a figure; they are read on a click."""

        def read() -> bytes:
            self.record("lines", "csv")
            return self.get(lambda scope: drilldown.file(scope, "csv"))

        st.download_button(
            "Download all lines (CSV)", read, file_name="lines.csv", mime=MIME["csv"],
            on_click="ignore",
        )  # fmt: skip

    def record(self, name: str, kind: FileType) -> None:
        """Log who downloaded what."""
        _log.info("%s downloaded %s as %s", self.user.name, name, kind)


@st.dialog("All rows", width="large")
def _show_dialog(downloads: Downloads, ref: TableRef, shown: ShownRows) -> None:
    st.caption(plain(f"{ref.title} · {downloads.view}"))
    show_rows(shown.rows, shown.cards, shown.currency, "all_rows")
    if not shown.is_complete:
        st.caption(f"Showing the first {len(shown.rows):,} rows. The files contain all rows.")
    file_name = f"{ref.title.lower().replace(' ', '-')}-{downloads.last}"
    places = st.columns(len(_LABELS))
    for place, (kind, label) in zip(places, _LABELS.items(), strict=True):
        place.download_button(
            label, partial(downloads.table_file, ref, kind), file_name=f"{file_name}.{kind}",
            mime=MIME[kind], width="stretch", on_click="ignore",
        )  # fmt: skip
