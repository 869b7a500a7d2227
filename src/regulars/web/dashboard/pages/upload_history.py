"""The history of loads on the Upload page, with a button to undo each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.insights.html import fragments
from regulars.insights.parts import Cell, Header, Note, Section, Table
from regulars.insights.sections.data_quality import ROWS
from regulars.web.context import app_context
from regulars.web.dashboard import html_component
from regulars.web.dashboard.markdown import plain
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.uploads.background_load import Work
from regulars.web.dashboard.uploads.changes import effects_of_undo, undo_load, why_not_undone

MOST_LOADS = 20
Start = Callable[[Work, str], None]
"""Starts work in the background, given a name for it."""

Load = Mapping[str, Any]
_HEADERS = (
    Header("Load", is_number=False), Header("Rows read"),
    Header("Accepted", "Rows that count since this load, less the rows that they supersede"),
    Header("Quarantined", "Rows that could not be read, or are not sales"),
    Header("Superseded", "Rows of orders that are also in a newer file"),
    Header("Undo", is_number=False),
)  # fmt: skip


def show_history(page: Page, loads: Sequence[Load], start: Start) -> None:
    """Show the latest loads; a click on Undo asks for confirmation, then starts the undo."""
    currency = page.results.summary(page.version).facts.get("currency", "")
    html = fragments.section(history(loads, currency))
    if clicked := html_component.show(html, "upload_history"):
        [load] = [one for one in loads if str(one["load_id"]) == clicked[1]]
        _confirm_undo(page, load, start)


def history(loads: Sequence[Load], currency: str) -> Section:
    """Return the latest loads, newest first: rows and money by outcome, and a link to undo."""
    newest_first = loads[::-1]
    finding = formatting.counted(len(loads), "load", "loads")
    finding += f", the last on {formatting.moment(newest_first[0]['loaded_at'])}"
    rows = [_row(load, loads, currency) for load in newest_first[:MOST_LOADS]]
    table = Table("Loads, newest first", _HEADERS, rows, style="cards", column="undo")
    hidden = len(loads) - len(rows)
    note = [Note(f"{hidden:,} earlier loads are on the page Data.")] if hidden else []
    return Section("history", "History", finding, parts=[table, *note])


def _row(load: Load, loads: Sequence[Load], currency: str) -> list[Cell]:
    number, reason = load["load_id"], why_not_undone(load, loads)
    undo = Cell(reason) if reason else Cell(f"Undo load {number}", member=f"{number}")
    return [
        Cell(_name(load), f"Load {number}, {_when(load)}", style="name"),
        Cell(formatting.text(load["read"] or 0, ROWS)),
        _counted(load["accepted"], load["money"], currency),
        _counted(load["quarantined"], load["quarantined_money"], currency),
        _counted(load["superseded"], load["superseded_money"], currency),
        replace(undo, style="words action"),
    ]


def _when(load: Load) -> str:
    """Return when a load was, and who ran it, if that is known."""
    by = f", by {load['author']}" if load["author"] else ""
    return formatting.moment(load["loaded_at"]) + by


def _name(load: Load) -> str:
    """Return the files of a load, or what it did instead."""
    others = {"undo": f"Undo of load {load['undoes']}", "replay": "Corrected rows",
              "forget": "Customer forgotten"}  # fmt: skip
    return others.get(load["operation"]) or str(load["sources"])


def _counted(rows: int | None, money: Decimal | None, currency: str) -> Cell:
    [amount] = formatting.exact([money or Decimal(0)], currency)
    return Cell(formatting.text(rows or 0, ROWS), amount if money else "")


@st.dialog("Undo a load")
def _confirm_undo(page: Page, load: Load, start: Start) -> None:
    number = load["load_id"]
    what = f"{load['sources']}, loaded on {_when(load)}"
    st.write(plain(f"Load {number}: {what}"))
    effects = effects_of_undo(load) or ["No orders change."]
    st.markdown("\n".join(f"- {plain(effect)}" for effect in effects))
    st.caption(
        "Rows of this load that were corrected later are removed too. Orders that are also in a "
        "later load stay as they are. The undo appears in this history as a load of its own. To "
        "bring the sales back, load the file again."
    )
    if st.button(f"Undo load {number}", type="primary"):
        context = app_context()
        start(
            lambda progress: undo_load(
                page.user, number, warehouse=context.warehouse, settings=context.settings,
                progress=progress,
            ),
            f"Undo of load {number}",
        )  # fmt: skip
        st.rerun()
