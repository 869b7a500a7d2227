"""The Upload page: check files, correct how they are read, and load them on confirmation."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from regulars.core import formatting
from regulars.core.errors import InputError
from regulars.insights.html import fragments
from regulars.insights.parts import Note, Section
from regulars.sources.files.discover import DUMPS, TABLES
from regulars.warehouse.quarantine import QuarantinedRows, count_pending
from regulars.warehouse.warehouse import Warehouse
from regulars.web.auth.current_user import CurrentUser
from regulars.web.context import app_context
from regulars.web.dashboard import html_component
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.pages.upload_form import show_form
from regulars.web.dashboard.pages.upload_history import show_history
from regulars.web.dashboard.pages.upload_quarantine import MOST_ROWS, show_quarantine
from regulars.web.dashboard.uploads import sections
from regulars.web.dashboard.uploads.background_load import BackgroundLoad, Work
from regulars.web.dashboard.uploads.corrections import corrected_profile
from regulars.web.dashboard.uploads.form import form_of
from regulars.web.dashboard.uploads.preview import (
    UploadCheck,
    UploadedFile,
    check_upload,
    download_profile,
    load_upload,
    readable,
)

FILE_TYPES = [suffix.removeprefix(".") for suffix in TABLES if suffix not in DUMPS]
CHECK_SECONDS = 1.0
"""How often the page updates the progress of a load."""

_LOAD, _CHECK, _PROFILE, _ROUND, _EARLIER = (
    f"regulars_upload_{name}" for name in ("load", "check", "profile", "round", "earlier")
)
EarlierLoads = tuple[list[dict[str, Any]], int, list[dict[str, Any]]]
"""The first rows that need fixing, how many do, and all loads."""


def show_page(page: Page) -> None:
    """Show the upload form, and below it the quarantine and the history of loads."""
    show_upload(page.user)
    if _CHECK in st.session_state or _is_running():  # one thing at a time
        return
    rows, count, loads = _of_version(page, _earlier_loads)
    if rows:
        show_quarantine(page, rows, count, partial(_start, page.user))
    show_history(page, loads, partial(_start, page.user))


def show_upload(user: CurrentUser) -> None:
    """Show the upload form, the check of the files, and the progress and result of a load."""
    if not user.role.may_load:
        return
    st.html("<h2 class='part'>Upload data</h2>")
    load: BackgroundLoad | None = st.session_state.get(_LOAD)
    if load is not None and not load.is_done:
        _show_progress(load)
        return
    files = st.file_uploader(
        "Sales files (CSV, Excel, Parquet, JSON or zip)", FILE_TYPES, accept_multiple_files=True,
        key=f"files_{st.session_state.get(_ROUND, 0)}",
    )  # fmt: skip
    if files:
        st.session_state.pop(_LOAD, None)
        _show_check(user, files)
    elif load is not None:
        _show_result(load)
    else:
        _forget()
        st.caption(
            "Regulars checks your files first and shows how it reads them. Nothing is saved until "
            "you press Load."
        )


def has_loaded() -> bool:
    """Return whether this session has started a load and still shows it."""
    return _LOAD in st.session_state


def _show_check(user: CurrentUser, files: Sequence[Any]) -> None:
    file_ids = tuple(file.file_id for file in files)
    profile = _profile_for(file_ids)
    check = _check(user, files, (file_ids, profile))
    if check.report is None:
        first, *others = check.error.splitlines()
        _show(Section("error", "Cannot be loaded", first, parts=[Note(line) for line in others]))
        _correct(check, file_ids, profile)
        _show_profile_buttons(check, file_ids, profile)
        return
    currency = app_context().settings.currency
    _show(sections.check_result(check.report, currency))
    if check.proposals:
        _correct(check, file_ids, profile)
    _confirm(user, files, profile, check)
    _show(sections.quarantine(check.report))
    _show(sections.column_mapping(check.report))
    if not check.proposals:
        _correct(check, file_ids, profile)
    _show_profile_buttons(check, file_ids, profile)


def _check(user: CurrentUser, files: Sequence[Any], key: Any) -> UploadCheck:
    """Return the check of these files under this profile, made only once."""
    last: tuple[Any, UploadCheck] | None = st.session_state.get(_CHECK)
    if last is None or last[0] != key:
        with st.status("Checking files…", expanded=True) as status:
            settings = app_context().settings
            check = check_upload(user, _uploaded(files), key[1], settings, _show_step)
            status.update(label="Files checked", state="complete", expanded=False)
        st.session_state[_CHECK] = last = (key, check)
        # The rerun removes the messages of the check.
        st.rerun()
    return last[1]


def _confirm(user: CurrentUser, files: Sequence[Any], profile: str, check: UploadCheck) -> None:
    assert check.report is not None
    rows = formatting.counted(check.report.total("accepted")[0], "row", "rows")
    if not st.button(f"Load {rows}", type="primary"):
        return
    context, uploaded = app_context(), _uploaded(files)
    _start(
        user,
        lambda progress: load_upload(
            user, uploaded, profile, warehouse=context.warehouse, settings=context.settings,
            progress=progress,
        ),
    )  # fmt: skip
    st.rerun()


def _start(user: CurrentUser, work: Work, change: str = "") -> None:
    """Start a load, or a change to earlier ones, in the background. A second click does nothing."""
    if _is_running():
        return
    st.session_state[_LOAD] = BackgroundLoad(work, user.name, change)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    _forget()


def _is_running() -> bool:
    load: BackgroundLoad | None = st.session_state.get(_LOAD)
    return load is not None and not load.is_done


def _earlier_loads(warehouse: Warehouse) -> EarlierLoads:
    rows = list(QuarantinedRows(warehouse).rows(MOST_ROWS))
    return rows, count_pending(warehouse), warehouse.loads()


def _of_version(page: Page, query: Callable[[Warehouse], EarlierLoads]) -> EarlierLoads:
    """Return the result of a query, run once for each version of the warehouse."""
    last: tuple[str, EarlierLoads] | None = st.session_state.get(_EARLIER)
    if last is None or last[0] != page.version:
        last = page.version, page.results.uncached(query)
        st.session_state[_EARLIER] = last
    return last[1]


def _correct(check: UploadCheck, file_ids: tuple[str, ...], profile: str) -> None:
    """Show the form to correct how the files are read, and check them again with it."""
    if len(check.columns) > 1 and not check.header:
        st.caption(
            "These files have different columns. To change how they are read, upload them one at "
            "a time."
        )
    form = form_of(check, profile, app_context().settings.currency)
    key = str(hash((file_ids, profile)))
    answers = show_form(form, key, is_refused=check.report is None)
    if answers is None:
        return
    try:
        corrected = corrected_profile(check, profile, answers)
    except InputError as error:
        show_error(error)
        return
    st.session_state[_PROFILE] = (file_ids, corrected)
    st.rerun()


def _show_profile_buttons(check: UploadCheck, file_ids: tuple[str, ...], profile: str) -> None:
    """Show a button to download how the files are read, and one to forget the corrections."""
    first, second, _ = st.columns([1.4, 1.4, 3], vertical_alignment="center")
    text = download_profile(check, profile)
    download, reset = (first, second) if text else (second, first)
    if text:
        name = f"{Path(next(iter(check.columns))).stem}.toml"
        download.download_button(
            "Download profile", text, file_name=name, mime="application/toml", on_click="ignore",
            help=plain(f"For the next file:  regulars load … --profile {name}"),
        )  # fmt: skip
    if profile and reset.button("Undo all changes"):
        st.session_state[_PROFILE] = (file_ids, "")
        st.rerun()


@st.fragment(run_every=CHECK_SECONDS)
def _show_progress(load: BackgroundLoad) -> None:
    status = st.status("Loading…", expanded=True)
    for message in list(load.messages):
        status.text(message)
    st.caption("You can leave this page. Others see the previous data until the load is done.")
    if load.is_done:
        st.rerun()


def _show_result(load: BackgroundLoad) -> None:
    if load.report is None:
        first, *others = readable(load.error).splitlines()
        topic = "Nothing has changed" if load.change else "Nothing was loaded"
        _show(Section("failed", topic, first, parts=[Note(line) for line in others]))
        return
    if load.change:
        currency = app_context().settings.currency
        _show(sections.change_result(load.report, load.change, currency))
        return
    _show(sections.load_result(load.report, app_context().settings.currency))
    _show(sections.quarantine(load.report))


def _show_step(message: str) -> None:
    st.text(message)


def _show(section: Section | None) -> None:
    if section is not None:
        html_component.show(fragments.section(section), f"upload_{section.name}")


def _uploaded(files: Sequence[Any]) -> list[UploadedFile]:
    return [UploadedFile(file.name, file.getbuffer()) for file in files]


def _profile_for(file_ids: tuple[str, ...]) -> str:
    """Return the corrected profile of these files, empty if they have none."""
    corrected_ids, profile = st.session_state.get(_PROFILE, ((), ""))
    return str(profile) if corrected_ids == file_ids else ""


def _forget() -> None:
    for name in (_CHECK, _PROFILE):
        st.session_state.pop(name, None)
