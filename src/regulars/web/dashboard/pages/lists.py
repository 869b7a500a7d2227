"""The Lists page: choose customers, preview them, save them as a list."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.core.errors import RegularsError
from regulars.insights.sections.today import choices, snapshot
from regulars.insights.view import EVERYTHING, View, describe_filters
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
from regulars.lists.findings import email_finding, power_finding
from regulars.web.context import app_context
from regulars.web.dashboard.filters import choose, remembered
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.page import CUSTOMERS, Page
from regulars.web.dashboard.pages.saved_lists import (
    JUST_SAVED,
    PREVIEW_ROWS,
    show_customers,
    show_saved_lists,
)

_PREVIEW = "regulars_preview"
_PENDING_SAVE = "regulars_pending_save"
_LAST_SAVE = "regulars_last_save"
_SUPPRESSED = "regulars_suppressed"
_NAME = "list_name"
_REMEMBERED = ("in_period", "contacted", "returned", "control")
"""The inputs that keep their values while another page is open."""

CONTROL_SHARES = (0, 5, 10, 15, 20, 30, 50)
"""In percent."""


def show_lists(page: Page) -> None:
    """Show the form for a new list, its preview, the saved lists and the export history."""
    st.html("<h2 class='part'>New list</h2>")
    for name in _REMEMBERED:
        _restore(name)
    chosen = _chosen_view()
    selection = _selection_of_figure(page, chosen) if chosen else _selection(page)
    exclusions, control = _exclusions(page)
    currency = page.results.summary(page.version).facts.get("currency", "")
    with st.spinner("Finding customers…", show_time=True):
        saved, log = page.results.uncached(lambda now: (all_lists(now), export_log(now)))
        key = (page.version, selection, exclusions, control, len(saved), len(log))
        preview, is_new = _preview(page, selection, exclusions, control, key)
    _show_preview(page, preview, currency)
    if page.user.role.may_export:
        previewed = Control(control.share, control.stratified_by, preview.seed)
        _save(page, selection, exclusions, previewed, is_reviewed=not is_new)
    else:
        st.caption("You can preview this list. Only exporters and admins can save and export it.")
    show_saved_lists(page, saved, currency)


def _restore(name: str) -> None:
    """Restore an input: Streamlit forgets the widgets that another page does not draw."""
    if name in st.session_state:
        st.session_state[remembered(name)] = st.session_state[name]
    elif remembered(name) in st.session_state:
        st.session_state[name] = st.session_state[remembered(name)]


def _preview(
    page: Page,
    selection: Selection,
    exclusions: Exclusions,
    control: Control,
    key: tuple[Any, ...],
) -> tuple[Preview, bool]:
    """Return the preview of a list, and whether it is new.

    Each preview draws a new control group, so it stays until its key changes: the user then saves
    exactly the list they see.
    """
    shown: tuple[tuple[Any, ...], Preview] | None = st.session_state.get(_PREVIEW)
    is_new = shown is None or shown[0] != key
    if shown is None or is_new:
        settings = app_context().settings
        preview = page.results.uncached(
            lambda now: preview_list(
                now, selection, exclusions=exclusions, control=control, rows=PREVIEW_ROWS,
                settings=settings,
            )
        )  # fmt: skip
        shown = st.session_state[_PREVIEW] = (key, preview)
    return shown[1], is_new


def _choose_segment(page: Page) -> None:
    """Show a button for each segment that filters by it."""
    buttons = st.container(horizontal=True)
    for name in page.results.get(page.version, EVERYTHING, choices)["segment"]:
        if buttons.button(name, help=f"Only customers in {name}"):
            choose("segment", name)


def _chosen_view() -> View | None:
    """Return the view of the figure whose customers to list; None if the filters choose them."""
    link = st.query_params.get(CUSTOMERS)
    if link is None:
        return None
    try:
        return View.decode(link)
    except RegularsError as error:
        show_error(error)
        return None


def _selection_of_figure(page: Page, view: View) -> Selection:
    """Return the selection of the customers behind a figure; the filters stay as they are."""
    st.html("<style>.st-key-view { display: none }</style>")
    span = page.results.comparison(page.version, view).now
    filters = describe_filters(view) or "everyone"
    st.markdown(f"**Customers:** {plain(filters)}. They ordered in this period: {span}.")
    _show_segment_date(page, view)
    st.button("Choose by filters instead", on_click=_forget_figure)
    return _selection_of(page, view, in_period=True)


def _forget_figure() -> None:
    del st.query_params[CUSTOMERS]


def _selection(page: Page) -> Selection:
    """Return the selection of the view, limited to buyers in its period if the user wants that."""
    filters = describe_filters(page.view) or "everyone who has bought"
    st.markdown(f"**Customers:** {plain(filters)}. Use the filters above to narrow this down.")
    _show_segment_date(page, page.view)
    if "segment" not in page.view.where:
        _choose_segment(page)
    span = page.results.comparison(page.version, page.view).now
    in_period = st.checkbox(f"Only customers who bought in this period: {span}", key="in_period")
    return _selection_of(page, page.view, in_period=in_period)


def _show_segment_date(page: Page, view: View) -> None:
    last = page.results.segment_date(page.version, view)
    st.caption(f"Segments and recency are as of {formatting.day(last)}.")


def _selection_of(page: Page, view: View, *, in_period: bool) -> Selection:
    where = dict(view.where)
    segments = where.pop("segment", ())
    last = page.results.segment_date(page.version, view)
    whole = page.results.summary(page.version).whole
    as_of = None if last == whole.last else replace(page, view=view).get(snapshot)
    span = page.results.comparison(page.version, view).now
    days: dict[str, Any] = {"since": span.first, "until": span.last} if in_period else {}
    return Selection(segments, where, as_of=as_of, **days)


def _exclusions(page: Page) -> tuple[Exclusions, Control]:
    """Show the inputs for exclusions and the control group, and return their values."""
    places = st.columns([1.15, 1.15, 0.9, 1.6], vertical_alignment="top")
    contacted = places[0].number_input(
        "Skip if contacted in the last … days", 0, 3_650, 0, key="contacted",
        help="Leaves out customers on any list exported in that time. 0 turns this off.",
    )  # fmt: skip
    returned = places[1].number_input(
        "Skip if returned in the last … days", 0, 3_650, 0, key="returned",
        help="Leaves out customers with a return in that time, up to the last day of the data. "
        "0 turns this off.",
    )  # fmt: skip
    share = places[2].selectbox(
        "Control group", CONTROL_SHARES, index=CONTROL_SHARES.index(10), format_func="{}%".format,
        key="control", filter_mode=None,
        help="A random share of each segment is not contacted, so that you can measure the "
        "campaign.",
    )  # fmt: skip
    with places[3]:
        suppressed = _suppression(page)
    return (
        Exclusions(int(contacted) or None, int(returned) or None, suppressed),
        Control(share / 100),
    )


def _suppression(page: Page) -> tuple[str, ...]:
    """Show the input for a suppression file, and return its entries."""
    file = st.file_uploader(
        "Do not contact (CSV or Excel)", ["csv", "txt", "xlsx"], key="suppressed",
        disabled=not page.user.role.may_upload, on_change=_clear_suppression,
    )  # fmt: skip
    if file:
        st.session_state[_SUPPRESSED] = (file.name, _read_suppression(file))
    if table := app_context().settings.suppression_table:
        st.caption(f"Customers in {plain(table)} are left out of every list.")
    name, suppressed = st.session_state.get(_SUPPRESSED, ("", ()))
    if suppressed and not file:
        entries = formatting.counted(len(suppressed), "entry", "entries")
        st.caption(f"Still applied: {entries} from {plain(name)}.")
        st.button("Remove file", on_click=_clear_suppression)
    return tuple(suppressed)


def _clear_suppression() -> None:
    st.session_state.pop(_SUPPRESSED, None)


def _read_suppression(file: Any) -> list[str]:
    """Return the entries of an uploaded file; errors use the name it has for the user."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"suppressed{Path(file.name).suffix.lower()}"
        path.write_bytes(file.getvalue())
        try:
            return read_suppression_file(path)
        except RegularsError as error:
            raise type(error)(str(error).replace(str(path), file.name)) from None


def _show_preview(page: Page, preview: Preview, currency: str) -> None:
    counts = preview.counts
    metrics = {
        "Selected": (counts.chosen, "Known customers in the segment and filters"),
        "Contacted recently": (counts.contacted, "Left out: on a list exported recently"),
        "Returned recently": (counts.returned, "Left out: returned something recently"),
        "Suppressed": (counts.suppressed, "Left out: in the file or the suppression table"),
        "Held out": (counts.control, "Control group, drawn at random and not contacted"),
        "To contact": (counts.treatment, "Everyone else: the customers in the export"),
    }
    places = st.columns(len(metrics))
    for place, (label, (number, description)) in zip(places, metrics.items(), strict=True):
        place.metric(label, f"{number:,}", help=description)
    if counts.treatment:
        st.markdown(plain(power_finding(counts, preview.power, currency)))
    if with_email := email_finding(counts, preview.with_email):
        st.markdown(plain(with_email))
    if preview.unknown:
        entries = formatting.counted(preview.unknown, "entry", "entries")
        verb = "matches" if preview.unknown == 1 else "match"
        st.caption(f"{entries} in the file {verb} no customer.")
    if preview.rows:
        shown = min(PREVIEW_ROWS, counts.treatment)
        st.caption(f"Top {shown:,} of {counts.treatment:,} customers to contact, by net sales:")
        show_customers(page, preview.rows, currency, "preview")
    else:
        st.info("No customers left to contact. Remove a filter or an exclusion.")


@dataclass
class _SaveRequest:
    """A request to save a list, carried out once however often the user clicks.

    choice  the selection, exclusions and share of the control group
    """

    name: str
    choice: tuple[Any, ...]
    saved_as: str | None = None
    _lock: Any = field(default_factory=Lock)

    def save(self, create: Callable[[str], SavedList]) -> str:
        """Create the list unless that has already been done; return its name."""
        with self._lock:
            if self.saved_as is None:
                self.saved_as = create(self.name).name
            return self.saved_as


def _request_save(choice: tuple[Any, ...]) -> None:
    """Request that the next run saves the list, unless this is a second click.

    A second click can come before, during or after the save. Afterwards the name field is empty
    again.
    """
    name = st.session_state[_NAME]
    state = st.session_state
    previous: _SaveRequest | None = state.get(_PENDING_SAVE) or state.get(_LAST_SAVE)
    if previous is None or choice != previous.choice or name not in ("", previous.name):
        state[_PENDING_SAVE] = _SaveRequest(name, choice)


def _save(
    page: Page, selection: Selection, exclusions: Exclusions, control: Control, *, is_reviewed: bool
) -> None:
    """Show the form to save the list, and carry out a pending request."""
    if JUST_SAVED in st.session_state:
        st.session_state[_NAME] = ""
    with st.form("save_list", border=False):
        name_place, button_place = st.columns([3, 1], vertical_alignment="bottom")
        name_place.text_input("List name", max_chars=100, key=_NAME)
        button_place.form_submit_button(
            "Save list", type="primary", on_click=_request_save,
            args=((selection, exclusions, control.share),),
        )  # fmt: skip
    request: _SaveRequest | None = st.session_state.get(_PENDING_SAVE)
    if request is None:
        return
    if not is_reviewed and request.saved_as is None:
        del st.session_state[_PENDING_SAVE]
        st.warning("The data or your selection has changed. Check the list, then save it again.")
        return

    def create(name: str) -> SavedList:
        return create_list(
            name, selection, exclusions=exclusions, control=control, author=page.user.name,
            warehouse=page.results.location, settings=app_context().settings,
        )  # fmt: skip

    try:
        with st.spinner("Saving list…", show_time=True):
            st.session_state[JUST_SAVED] = request.save(create)
    except RegularsError as error:
        del st.session_state[_PENDING_SAVE]
        show_error(error)
        return
    st.session_state[_LAST_SAVE] = st.session_state.pop(_PENDING_SAVE)
    st.rerun()
