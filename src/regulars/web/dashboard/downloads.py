"""Downloads from a page: all rows of a table, or all lines behind a figure."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import streamlit as st

from regulars.insights.drilldown import DrillDown
from regulars.insights.scope import Scope
from regulars.insights.table_file import FileType, TableFile, TableRef
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.markdown import plain

MIME: dict[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LABELS: dict[FileType, str] = {"xlsx": "Excel", "csv": "CSV"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Downloads:
    """The downloads that a page offers a user.

    get   returns a file for the view of the page
    view  the period and filters, as the dialog shows them
    last  the last day of the period, for file names
    """

    get: Callable[[Callable[[Scope], bytes]], bytes]
    user: CurrentUser
    view: str
    last: date

    def show_table(self, reference: str) -> None:
        """Open a dialog with all rows of a table as a workbook and as CSV.

        Raises InputError for a table that does not exist or that the user may not see.
        """
        ref, may_see = TableRef.decode(reference), self.user.role.may_see_customers
        with st.spinner("Writing the file…", show_time=True):
            files = {kind: self.get(TableFile(ref, kind, may_see)) for kind in _LABELS}
        _show_dialog(self, ref.title, files)

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


@st.dialog("Download table")
def _show_dialog(downloads: Downloads, name: str, files: dict[FileType, bytes]) -> None:
    st.caption(plain(f"{name} · {downloads.view}"))
    file_name = f"{name.lower().replace(' ', '-')}-{downloads.last}"
    places = st.columns(len(files))
    for place, (kind, data) in zip(places, files.items(), strict=True):
        place.download_button(
            _LABELS[kind], data, file_name=f"{file_name}.{kind}", mime=MIME[kind],
            width="stretch", on_click=downloads.record, args=(name, kind),
        )  # fmt: skip
