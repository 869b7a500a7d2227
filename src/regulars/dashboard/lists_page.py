"""The page of lists: whom to write to, who is left out and held out, and the files of it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from regulars import present
from regulars.dashboard.page import Page
from regulars.dashboard.served import served
from regulars.dashboard.view import in_words
from regulars.dashboard.words import plain, tell_error
from regulars.errors import RegularsError
from regulars.lists import (
    COLUMNS,
    Control,
    Exclusions,
    KeptList,
    Preview,
    Selection,
    all_lists,
    create_list,
    export_list,
    export_log,
    form_names,
    list_members,
    preview_list,
    suppressed_in,
)

PREVIEWED = 50
_PREVIEW = "regulars_preview"
_TAKEN = "regulars_taken"
_ENTERED = ("in_period", "contacted", "returned", "control")
"""What is entered on this page, and is to be there when somebody comes back to it."""

_SUPPRESSED = "regulars_suppressed"
SHARES = (0, 5, 10, 15, 20, 30, 50)
"""Shares of a list that can be held out, in percent."""

_MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


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
    _kept(page, kept, currency)
    _log(log)


def _remember(name: str) -> None:
    """Have a widget stand as it was left: Streamlit forgets those that a page does not draw."""
    if name in st.session_state:
        st.session_state[f"regulars_{name}"] = st.session_state[name]
    elif f"regulars_{name}" in st.session_state:
        st.session_state[name] = st.session_state[f"regulars_{name}"]


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
    narrowed = in_words(page.view) or "everybody who bought"
    st.markdown(f"**Who:** {plain(narrowed)}. Narrow it with the filters above.")
    last = page.answers.basis(page.state).whole.last
    st.caption(f"Segments and days are counted to the last day of the data, {present.day(last)}.")
    span = page.answers.comparison(page.state, page.view).now
    only = st.checkbox(f"Only who bought in the period, {span}", key="in_period")
    days: dict[str, Any] = {"since": span.first, "until": span.last} if only else {}
    return Selection(segments, where, **days)


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
            return suppressed_in(path)
        except RegularsError as error:
            raise type(error)(str(error).replace(str(path), told.name)) from None


def _preview(preview: Preview, currency: str) -> None:
    counts = preview.counts
    shown = {
        "Chosen": counts.chosen,
        "On a list lately": counts.contacted,
        "Returned lately": counts.returned,
        "Suppressed": counts.suppressed,
        "Held out": counts.control,
        "Will be written to": counts.treatment,
    }
    places = st.columns(len(shown))
    for place, (label, number) in zip(places, shown.items(), strict=True):
        place.metric(label, f"{number:,}")
    if preview.unknown:
        st.caption(f"{preview.unknown:,} of those in the file are no customers here.")
    if preview.rows:
        told = min(PREVIEWED, counts.treatment)
        st.caption(f"The first {told:,} of {counts.treatment:,} who will be written to:")
        _table(preview.rows, currency)
    else:
        st.info("Nobody is chosen. Take a filter away, or leave fewer out.")


def _table(rows: Any, currency: str) -> None:
    headed = {card.label: card for card in COLUMNS.values()}
    st.dataframe(
        [
            {card.label: _cell(row[name], card, currency) for name, card in COLUMNS.items()}
            for row in rows
        ],
        hide_index=True,
        column_config={
            label: st.column_config.TextColumn(label, help=card.description)
            for label, card in headed.items()
        },
    )


def _cell(value: Any, card: Any, currency: str) -> str:
    return present.text(value, card, currency)


def _keep(
    page: Page, selection: Selection, exclusions: Exclusions, control: Control, *, is_seen: bool
) -> None:
    with st.form("keep", clear_on_submit=True, border=False):
        name_place, button_place = st.columns([3, 1], vertical_alignment="bottom")
        name = name_place.text_input("Name of the list", max_chars=100)
        if not button_place.form_submit_button("Keep this list", type="primary"):
            return
    if not is_seen:
        st.warning("The data or the choice has just changed: look again, then keep the list.")
        return
    try:
        with st.spinner("Keeping the list …", show_time=True):
            made = create_list(
                name, selection, exclusions=exclusions, control=control,
                author=page.visitor.name, warehouse=page.answers.place,
                settings=served().settings,
            )  # fmt: skip
    except RegularsError as error:
        tell_error(error)
        return
    st.session_state[_TAKEN] = made.name
    st.rerun()


def _kept(page: Page, kept: list[KeptList], currency: str) -> None:
    st.html("<h2 class='part'>Lists that are kept</h2>")
    if not kept:
        st.write("There are none yet: choose customers above, give the list a name, and keep it.")
        return
    st.dataframe(
        [
            {
                "List": one.name, "Taken": one.created_at, "By": one.author,
                "Segments": ", ".join(one.segments) or "all",
                "Filters": _filters(one.filters), "Chosen": one.counts.chosen,
                "Left out": one.counts.contacted + one.counts.returned + one.counts.suppressed,
                "Held out": one.counts.control, "Written to": one.counts.treatment,
            }
            for one in reversed(kept)
        ],
        hide_index=True,
    )  # fmt: skip
    names = [one.name for one in reversed(kept)]
    taken = st.session_state.pop(_TAKEN, None)
    if taken in names:
        st.session_state["list"] = taken
        st.success(f"Kept: {plain(taken)}. Make its file below.")
    places = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
    with places[0]:
        name = st.selectbox("List", names, key="list", index=0)
    with places[1]:
        forms = sorted(form_names(), key=lambda one: (one != "plain", one))
        form = st.selectbox("For", forms, key="form", format_func=str.capitalize)
    with places[2]:
        ending = st.selectbox("As", list(_MIME), key="ending", format_func=str.upper)
    may_export = page.visitor.role.may_export
    if may_export and places[3].button("Make the file", type="primary") and name:
        _download(page, name, form or forms[0], ending or "csv")
    shown = name or names[0]
    rows = page.answers.newest(
        lambda now: list(now.rows(list_members(now, shown).limit(PREVIEWED)))
    )
    with st.expander(f"Who is on it: the first {len(rows):,}"):
        _table(rows, currency)


def _download(page: Page, name: str, form: str, ending: str) -> None:
    """Write the file, log it, and draw the button that hands it over."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{ending}"
        try:
            with st.spinner("Writing the file …", show_time=True):
                made = export_list(
                    name, path, form=form, author=page.visitor.name,
                    warehouse=page.answers.place, settings=served().settings,
                )  # fmt: skip
        except RegularsError as error:
            tell_error(error)
            return
        data = path.read_bytes()
    if made.without_email:
        st.caption(f"{made.without_email:,} have no e-mail address and are not in it.")
    st.download_button(
        f"Download {made.rows:,} customers", data, file_name=f"{_file_name(name)}.{ending}",
        mime=_MIME[ending], on_click="ignore",
    )  # fmt: skip


def _log(log: list[dict[str, Any]]) -> None:
    with st.expander(f"Files that were made: {len(log):,}"):
        if log:
            st.dataframe(
                [
                    {
                        "When": row["exported_at"], "By": row["author"], "List": row["name"],
                        "Whose": row["role"], "For": row["form"], "Customers": row["rows"],
                    }
                    for row in log
                ],
                hide_index=True,
            )  # fmt: skip
        else:
            st.write("None so far.")


def _filters(filters: Mapping[str, Any]) -> str:
    told = [f"{column}: {', '.join(values)}" for column, values in filters["where"].items()]
    told += [f"{name} {filters[name]}" for name in ("since", "until") if filters.get(name)]
    return "; ".join(told)


def _file_name(name: str) -> str:
    """Return a name of a list as that of a file."""
    kept = "".join(sign if sign.isalnum() or sign in " -_" else "-" for sign in name)
    return kept.strip() or "list"
