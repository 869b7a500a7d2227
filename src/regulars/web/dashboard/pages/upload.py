"""The page of uploads: files are looked at, put right where need be, loaded if confirmed."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import streamlit as st

from regulars.core.schema import LINE_COLUMNS, REQUIRED_COLUMNS
from regulars.insights.html import fragments
from regulars.insights.parts import Note, Section
from regulars.sources.profiles.profile import Dates, Decimal, Discount
from regulars.web.auth.current_user import Visitor
from regulars.web.context import served
from regulars.web.dashboard import stage
from regulars.web.dashboard.uploads import sections
from regulars.web.dashboard.uploads.background_load import Loading
from regulars.web.dashboard.uploads.preview import (
    PROFILE,
    Look,
    Upload,
    correction,
    formats_of,
    look_at,
    mapping_of,
    take_in,
)
from regulars.web.dashboard.uploads.sections import LABELS

ENDINGS = ["csv", "tsv", "txt", "xlsx", "xlsm", "parquet"]
LOOK_AGAIN = 1.0
"""Seconds between two looks at a load that goes on."""

NONE = "–"
CHOICES: Mapping[str, tuple[str, Sequence[str]]] = {
    "dates": ("Dates", get_args(Dates)),
    "decimal": ("Decimal mark", get_args(Decimal)),
    "discount": ("Discount is a", get_args(Discount)),
}
_LOADING, _LOOKED, _PROFILE, _ROUND = (
    f"regulars_upload_{name}" for name in ("loading", "looked", "profile", "round")
)


def upload(visitor: Visitor) -> None:
    """Take files, show what of them would be loaded, and load them once that is confirmed."""
    if not visitor.role.may_load:
        return
    st.html("<h2 class='part'>New data</h2>")
    loading: Loading | None = st.session_state.get(_LOADING)
    if loading is not None and not loading.is_done:
        _going_on(loading)
        return
    files = st.file_uploader(
        "Drop the shop's files here: CSV, TSV, Excel or Parquet, one or several", ENDINGS,
        accept_multiple_files=True, key=f"files_{st.session_state.get(_ROUND, 0)}",
    )  # fmt: skip
    if files:
        st.session_state.pop(_LOADING, None)
        _looked_at(visitor, files)
    elif loading is not None:
        _ended(loading)
    else:
        _forget()
        st.caption(
            "They are looked at first, and nothing is written. You see which column was taken for "
            "what, which rows cannot be understood and why, and can put it right; then you load "
            "them, or leave it. Files that were looked at are kept nowhere."
        )


def has_loaded() -> bool:
    """Whether something has been loaded here, or is being loaded, and was not left behind."""
    return _LOADING in st.session_state


def _looked_at(visitor: Visitor, files: Sequence[Any]) -> None:
    which = tuple(file.file_id for file in files)
    profile = _profile_for(which)
    look = _look(visitor, files, (which, profile))
    if look.report is None:
        words = [Note(line) for line in look.why_none.splitlines()[1:]]
        told = Section("why_none", "Cannot be loaded", look.why_none.splitlines()[0], parts=words)
        _put(told)
    else:
        _put(sections.verdict(look.report, served().settings.currency))
        _confirm(visitor, files, profile, look)
        _put(sections.set_aside(look.report))
        _put(sections.understood(look.report))
    _correct(look, which, profile)


def _look(visitor: Visitor, files: Sequence[Any], key: Any) -> Look:
    """Return what a look at files shows, which is taken once."""
    known = st.session_state.get(_LOOKED)
    if known is None or known[0] != key:
        with st.status("Looking at the files …", expanded=True) as status:
            settings = served().settings
            look = look_at(visitor, _uploads(files), key[1], settings, _say)
            status.update(label="The files have been looked at", state="complete", expanded=False)
        st.session_state[_LOOKED] = known = (key, look)
        # What was said on the way goes away with the next drawing.
        st.rerun()
    told: Look = known[1]
    return told


def _confirm(visitor: Visitor, files: Sequence[Any], profile: str, look: Look) -> None:
    assert look.report is not None
    rows = look.report.total("accepted")[0]
    if not st.button(f"Load {rows:,} rows" if rows != 1 else "Load 1 row", type="primary"):
        return
    what, given = served(), _uploads(files)
    st.session_state[_LOADING] = Loading(
        lambda say: take_in(visitor, given, profile, what.warehouse, what.settings, say),
        visitor.name,
    )
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    _forget()
    st.rerun()


def _correct(look: Look, which: tuple[str, ...], profile: str) -> None:
    """Draw the choice of their columns for ours, and have the files looked at anew by it."""
    if not look.found:
        return
    if not look.heading:
        st.caption(
            "The files have different columns. To put right how one is read, drop it by itself."
        )
        return
    title = "Put right how it is read"
    with st.expander(title, expanded=look.report is None), st.form("mapping", border=False):
        columns = _columns(look, mapping_of(look, profile), which)
        formats = _formats(formats_of(look, profile), which)
        if st.form_submit_button("Look again"):
            chosen = correction(look, profile, columns, formats)
            st.session_state[_PROFILE] = (which, chosen)
            st.rerun()
    if profile:
        _keep(profile, which)


def _columns(look: Look, chosen: Mapping[str, str], which: tuple[str, ...]) -> dict[str, str]:
    theirs, told = [NONE, *look.heading], {}
    for n, (ours, label) in enumerate(LABELS.items()):
        if n % 4 == 0:
            places = st.columns(4)
        needed = " *" if ours in REQUIRED_COLUMNS else ""
        told[ours] = places[n % 4].selectbox(
            label + needed, range(len(theirs)), format_func=theirs.__getitem__,
            index=theirs.index(chosen[ours]) if chosen.get(ours) in theirs else 0,
            help=LINE_COLUMNS[ours].description,
            key=f"column_{ours}_{hash((which, chosen.get(ours)))}",
        )  # fmt: skip
    st.caption("Those with a star are needed; of what was sold, a code, a name or a category is.")
    return {ours: theirs[place] for ours, place in told.items() if place}


def _formats(chosen: Mapping[str, str], which: tuple[str, ...]) -> dict[str, str]:
    places = st.columns(4)
    return {
        name: place.selectbox(
            label, values, index=values.index(chosen.get(name, "auto")),
            format_func=lambda value: "as it looks" if value == "auto" else value,
            key=f"format_{name}_{hash((which, chosen.get(name)))}",
        )
        for place, (name, (label, values)) in zip(places, CHOICES.items(), strict=False)
    }  # fmt: skip


def _keep(profile: str, which: tuple[str, ...]) -> None:
    keep, undo, _ = st.columns([1.4, 1.2, 3], vertical_alignment="center")
    keep.download_button(
        "Keep this mapping as a file", profile, file_name=PROFILE, mime="application/toml",
        on_click="ignore", help="For the next time:  regulars load … --profile corrected.toml",
    )  # fmt: skip
    if undo.button("Read it as before"):
        st.session_state[_PROFILE] = (which, "")
        st.rerun()


@st.fragment(run_every=LOOK_AGAIN)
def _going_on(loading: Loading) -> None:
    """Show how far a load is, and what it did as soon as it is done."""
    status = st.status("Loading …", expanded=True)
    for said in list(loading.said):
        status.text(said)
    st.caption("It goes on if you leave this page, and others see the shop as it was until then.")
    if loading.is_done:
        st.rerun()


def _ended(loading: Loading) -> None:
    if loading.report is None:
        first, *others = loading.why_none.splitlines()
        words = [Note(line) for line in others]
        _put(Section("failed", "Nothing was loaded", first, parts=words))
        return
    _put(sections.outcome(loading.report, served().settings.currency))
    _put(sections.set_aside(loading.report))


def _say(words: str) -> None:
    st.text(words)


def _put(section: Section | None) -> None:
    if section is not None:
        stage.show(fragments.section(section), f"upload_{section.name}")


def _uploads(files: Sequence[Any]) -> list[Upload]:
    return [Upload(file.name, file.getbuffer()) for file in files]


def _profile_for(which: tuple[str, ...]) -> str:
    """Return the correction of these files, if they have been corrected."""
    of_which, profile = st.session_state.get(_PROFILE, ((), ""))
    return str(profile) if of_which == which else ""


def _forget() -> None:
    for name in (_LOOKED, _PROFILE):
        st.session_state.pop(name, None)
