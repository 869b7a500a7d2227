"""The page of lists: whom to write to, who is left out and held out; those that are kept."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.core.errors import RegularsError
from regulars.insights.sections.today import snapshot
from regulars.insights.view import describe_filters
from regulars.lists.api import (
    Control,
    Exclusions,
    Preview,
    SavedList,
    Selection,
    all_lists,
    create_list,
    export_log,
    preview_list,
    read_suppression_file,
)
from regulars.web.context import served
from regulars.web.dashboard.filters import remembered
from regulars.web.dashboard.markdown import plain, tell_error
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.pages.saved_lists import (
    PREVIEWED,
    TAKEN,
    customers_table,
    exports,
    kept_lists,
)

_PREVIEW = "regulars_preview"
_TO_KEEP = "regulars_to_keep"
_LAST_KEPT = "regulars_last_kept"
_NAME = "list_name"
_ENTERED = ("in_period", "contacted", "returned", "control")
"""What is entered on this page, and is to be there when somebody comes back to it."""

_SUPPRESSED = "regulars_suppressed"
SHARES = (0, 5, 10, 15, 20, 30, 50)
"""Shares of a list that can be held out, in percent."""


def lists(page: Page) -> None:
    """Choose customers, look at them, keep them as a list, and take the file away."""
    st.html("<h2 class='part'>A new list</h2>")
    for name in _ENTERED:
        _remember(name)
    selection = _selection(page)
    exclusions, control = _left_out(page)
    currency = page.answers.basis(page.state).facts.get("currency", "")
    with st.spinner("Choosing customers …", show_time=True):
        kept, log = page.answers.newest(lambda now: (all_lists(now), export_log(now)))
        asked = (page.state, selection, exclusions, control, len(kept), len(log))
        preview, is_new = _previewed(page, selection, exclusions, control, asked)
    _preview(preview, currency)
    if page.visitor.role.may_export:
        seen = Control(control.share, control.stratified_by, preview.seed)
        _keep(page, selection, exclusions, seen, is_seen=not is_new)
    else:
        st.caption("You may look. An exporter or an admin can keep this list, and take its file.")
    kept_lists(page, kept, currency)
    exports(page.answers.newest(export_log))  # with the file that may just have been made


def _remember(name: str) -> None:
    """Have a widget stand as it was left: Streamlit forgets those that a page does not draw."""
    if name in st.session_state:
        st.session_state[remembered(name)] = st.session_state[name]
    elif remembered(name) in st.session_state:
        st.session_state[name] = st.session_state[remembered(name)]


def _previewed(
    page: Page,
    selection: Selection,
    exclusions: Exclusions,
    control: Control,
    asked: tuple[Any, ...],
) -> tuple[Preview, bool]:
    """Return what a list would be, and whether that is new: it stays as long as what it hangs on.

    So who is seen is who is kept: each preview draws its control group anew.
    """
    shown: tuple[tuple[Any, ...], Preview] | None = st.session_state.get(_PREVIEW)
    is_new = shown is None or shown[0] != asked
    if shown is None or is_new:
        settings = served().settings
        told = page.answers.newest(
            lambda now: preview_list(
                now, selection, exclusions=exclusions, control=control, rows=PREVIEWED,
                settings=settings,
            )
        )  # fmt: skip
        shown = st.session_state[_PREVIEW] = (asked, told)
    return shown[1], is_new


def _selection(page: Page) -> Selection:
    """Return whom the view chooses; the period does so only where it is asked for."""
    where = dict(page.view.where)
    segments = where.pop("segment", ())
    narrowed = describe_filters(page.view) or "everybody who bought"
    st.markdown(f"**Who:** {plain(narrowed)}. Narrow it with the filters above.")
    whole = page.answers.basis(page.state).whole
    last = page.answers.segment_date(page.state, page.view)
    st.caption(f"Segments and days are counted to {formatting.day(last)}.")
    as_of = None if last == whole.last else page.told(snapshot)
    span = page.answers.comparison(page.state, page.view).now
    only = st.checkbox(f"Only who bought in the period, {span}", key="in_period")
    days: dict[str, Any] = {"since": span.first, "until": span.last} if only else {}
    return Selection(segments, where, as_of=as_of, **days)


def _left_out(page: Page) -> tuple[Exclusions, Control]:
    """Draw whom to leave out and to hold out."""
    places = st.columns([1, 1, 1.1, 1.6], vertical_alignment="top")
    with places[0]:
        contacted = st.number_input(
            "Not if on a list of the last … days", 0, 3_650, 0, key="contacted",
            help="Who is on another list that was exported so lately. 0: nobody is left out.",
        )  # fmt: skip
    with places[1]:
        returned = st.number_input(
            "Not if returned in the last … days", 0, 3_650, 0, key="returned",
            help="Counted from the last day of the data. 0: nobody is left out.",
        )  # fmt: skip
    with places[2]:
        share = st.selectbox(
            "Control group", SHARES, index=SHARES.index(10), format_func="{} %".format,
            key="control", filter_mode=None,
            help="Held out at random, alike in every segment, and written to by nobody: what they "
            "buy without you tells what the campaign did.",
        )  # fmt: skip
    with places[3]:
        told = st.file_uploader(
            "Never write to (CSV or workbook)", ["csv", "txt", "xlsx"], key="suppressed",
            disabled=not page.visitor.role.may_upload, on_change=_forget_suppressed,
        )  # fmt: skip
        if told:
            st.session_state[_SUPPRESSED] = (told.name, _suppressed(told))
        if table := served().settings.suppression_table:
            st.caption(f"Who is in {plain(table)} is on no list.")
        name, suppressed = st.session_state.get(_SUPPRESSED, ("", ()))
        if suppressed and not told:
            st.caption(f"{len(suppressed):,} of {plain(name)} are still left out.")
            st.button("Write to them again", on_click=_forget_suppressed)
    return (
        Exclusions(int(contacted) or None, int(returned) or None, tuple(suppressed)),
        Control(share / 100),
    )


def _forget_suppressed() -> None:
    st.session_state.pop(_SUPPRESSED, None)


def _suppressed(told: Any) -> list[str]:
    """Return the customers that an uploaded file tells."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"suppressed{Path(told.name).suffix.lower()}"
        path.write_bytes(told.getvalue())
        try:
            return read_suppression_file(path)
        except RegularsError as error:
            raise type(error)(str(error).replace(str(path), told.name)) from None


def _preview(preview: Preview, currency: str) -> None:
    counts = preview.counts
    shown = {
        "Chosen": (counts.chosen, "Known customers whom the segment and the filters choose"),
        "On a list lately": (counts.contacted, "Left out: on another list exported so lately"),
        "Returned lately": (counts.returned, "Left out: sent something back so lately"),
        "Suppressed": (counts.suppressed, "Left out: told in the file, or in the shop's own table"),
        "Held out": (counts.control, "Drawn at random, and written to by nobody"),
        "Will be written to": (counts.treatment, "Who remains: those in the file"),
    }
    places = st.columns(len(shown))
    for place, (label, (number, means)) in zip(places, shown.items(), strict=True):
        place.metric(label, f"{number:,}", help=means)
    if preview.unknown:
        st.caption(f"{preview.unknown:,} of those in the file are no customers here.")
    if preview.rows:
        told = min(PREVIEWED, counts.treatment)
        st.caption(f"The {told:,} who spent most, of {counts.treatment:,} who will be written to:")
        customers_table(preview.rows, currency)
    else:
        st.info("Nobody is chosen. Take a filter away, or leave fewer out.")


@dataclass
class _ToKeep:
    """A list that somebody wants kept: kept once, however often they click.

    choice  who is chosen, left out and held out
    """

    name: str
    choice: tuple[Any, ...]
    made: str | None = None
    _lock: Any = field(default_factory=Lock)

    def keep(self, create: Callable[[str], SavedList]) -> str:
        """Have it kept unless it is, and return its name."""
        with self._lock:
            if self.made is None:
                self.made = create(self.name).name
            return self.made


def _ask_to_keep(choice: tuple[Any, ...]) -> None:
    """Have a list kept when the page comes to it, unless this is a second click.

    That may come before the list is kept, meanwhile, or after it, when its name is taken away.
    """
    name = st.session_state[_NAME]
    clicked: _ToKeep | None = st.session_state.get(_TO_KEEP) or st.session_state.get(_LAST_KEPT)
    if clicked is None or choice != clicked.choice or name not in ("", clicked.name):
        st.session_state[_TO_KEEP] = _ToKeep(name, choice)


def _keep(
    page: Page, selection: Selection, exclusions: Exclusions, control: Control, *, is_seen: bool
) -> None:
    choice = (selection, exclusions, control.share)
    if TAKEN in st.session_state:
        st.session_state[_NAME] = ""
    with st.form("keep", border=False):
        name_place, button_place = st.columns([3, 1], vertical_alignment="bottom")
        name_place.text_input("Name of the list", max_chars=100, key=_NAME)
        button_place.form_submit_button(
            "Keep this list", type="primary", on_click=_ask_to_keep, args=(choice,)
        )
    wanted: _ToKeep | None = st.session_state.get(_TO_KEEP)
    if wanted is None:
        return
    if not is_seen and wanted.made is None:
        del st.session_state[_TO_KEEP]
        st.warning("The data or the choice has just changed: look again, then keep the list.")
        return

    def create(name: str) -> SavedList:
        return create_list(
            name, selection, exclusions=exclusions, control=control, author=page.visitor.name,
            warehouse=page.answers.place, settings=served().settings,
        )  # fmt: skip

    try:
        with st.spinner("Keeping the list …", show_time=True):
            made = wanted.keep(create)
    except RegularsError as error:
        del st.session_state[_TO_KEEP]
        tell_error(error)
        return
    st.session_state[TAKEN] = made
    st.session_state[_LAST_KEPT] = st.session_state.pop(_TO_KEEP)
    st.rerun()
