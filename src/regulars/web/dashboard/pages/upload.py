"""The Upload page: check files, correct their column mapping, and load them on confirmation."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import streamlit as st

from regulars.core import formatting
from regulars.core.schema import LINE_COLUMNS, REQUIRED_COLUMNS
from regulars.insights.html import fragments
from regulars.insights.parts import Note, Section
from regulars.sources.files.compression import COMPRESSED_SUFFIXES
from regulars.sources.profiles.formats import Dates, Decimal, Discount
from regulars.web.auth.current_user import CurrentUser
from regulars.web.context import app_context
from regulars.web.dashboard import html_component
from regulars.web.dashboard.uploads import sections
from regulars.web.dashboard.uploads.background_load import BackgroundLoad
from regulars.web.dashboard.uploads.preview import (
    PROFILE,
    UploadCheck,
    UploadedFile,
    check_upload,
    corrected_profile,
    load_upload,
    selected_columns,
    selected_formats,
)
from regulars.web.dashboard.uploads.sections import LABELS

FILE_TYPES = [
    "csv", "tsv", "txt", "xlsx", "xlsm", "xls", "xlsb", "ods", "parquet", "json", "ndjson", "jsonl",
    "html", "zip", *(suffix.removeprefix(".") for suffix in COMPRESSED_SUFFIXES),
]  # fmt: skip
CHECK_SECONDS = 1.0
"""How often the page updates the progress of a load."""

NO_COLUMN = "–"
FORMATS: Mapping[str, tuple[str, Sequence[str]]] = {
    "dates": ("Date format", get_args(Dates)),
    "decimal": ("Decimal separator", get_args(Decimal)),
    "discount": ("Discount type", get_args(Discount)),
}
_LOAD, _CHECK, _PROFILE, _ROUND = (
    f"regulars_upload_{name}" for name in ("load", "check", "profile", "round")
)


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
        "Sales files (CSV, TSV, Excel or Parquet)", FILE_TYPES, accept_multiple_files=True,
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
            "We check your files first: how columns are mapped, and which rows need fixing. "
            "Nothing is saved until you press Load."
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
    else:
        _show(sections.check_result(check.report, app_context().settings.currency))
        _confirm(user, files, profile, check)
        _show(sections.quarantine(check.report))
        _show(sections.column_mapping(check.report))
    _correct(check, file_ids, profile)


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
    st.session_state[_LOAD] = BackgroundLoad(
        lambda progress: load_upload(
            user, uploaded, profile, warehouse=context.warehouse, settings=context.settings,
            progress=progress,
        ),
        user.name,
    )  # fmt: skip
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    _forget()
    st.rerun()


def _correct(check: UploadCheck, file_ids: tuple[str, ...], profile: str) -> None:
    """Show the form for the column mapping, and check the files again with it."""
    if not check.columns:
        return
    if not check.header:
        st.caption(
            "These files have different columns. To change the mapping of one, upload it alone."
        )
        return
    expander = st.expander("Change column mapping", expanded=check.report is None)
    with expander, st.form("mapping", border=False):
        columns = _column_inputs(check, selected_columns(check, profile), file_ids)
        formats = _format_inputs(selected_formats(check, profile), file_ids)
        if st.form_submit_button("Check again"):
            corrected = corrected_profile(check, profile, columns, formats)
            st.session_state[_PROFILE] = (file_ids, corrected)
            st.rerun()
    if profile:
        _show_profile_buttons(profile, file_ids)


def _column_inputs(
    check: UploadCheck, selected: Mapping[str, str], file_ids: tuple[str, ...]
) -> dict[str, str]:
    """Show a select box for each of our columns; return the mapping to theirs."""
    theirs = [NO_COLUMN, *check.header]
    mapping: dict[str, int] = {}
    for number, (ours, label) in enumerate(LABELS.items()):
        if number % 4 == 0:
            places = st.columns(4)
        required = " *" if ours in REQUIRED_COLUMNS else ""
        mapping[ours] = places[number % 4].selectbox(
            label + required, range(len(theirs)), format_func=theirs.__getitem__,
            index=theirs.index(selected[ours]) if selected.get(ours) in theirs else 0,
            help=LINE_COLUMNS[ours].description,
            key=f"column_{ours}_{hash((file_ids, selected.get(ours)))}",
        )  # fmt: skip
    st.caption("* Required, together with a product code, a product name or a category.")
    return {ours: theirs[index] for ours, index in mapping.items() if index}


def _format_inputs(selected: Mapping[str, str], file_ids: tuple[str, ...]) -> dict[str, str]:
    places = st.columns(4)
    return {
        name: place.selectbox(
            label, values, index=values.index(selected.get(name, "auto")),
            format_func=lambda value: "Automatic" if value == "auto" else value.capitalize(),
            key=f"format_{name}_{hash((file_ids, selected.get(name)))}",
        )
        for place, (name, (label, values)) in zip(places, FORMATS.items(), strict=False)
    }  # fmt: skip


def _show_profile_buttons(profile: str, file_ids: tuple[str, ...]) -> None:
    download, reset, _ = st.columns([1.4, 1.2, 3], vertical_alignment="center")
    download.download_button(
        "Download mapping", profile, file_name=PROFILE, mime="application/toml",
        on_click="ignore", help=f"For the next file:  regulars load … --profile {PROFILE}",
    )  # fmt: skip
    if reset.button("Reset mapping"):
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
        first, *others = load.error.splitlines()
        _show(Section("failed", "Nothing was loaded", first, parts=[Note(line) for line in others]))
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
