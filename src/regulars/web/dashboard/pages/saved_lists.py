"""The lists that are kept: who is on them, their files, and the log of those."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from regulars.core.columns import ColumnCard
from regulars.core.errors import RegularsError
from regulars.lists.api import COLUMNS, SavedList, export_list, format_names, list_members
from regulars.web.context import served
from regulars.web.dashboard.markdown import plain, tell_error
from regulars.web.dashboard.page import Page

PREVIEWED = 50
TAKEN = "regulars_taken"
"""Where the name of a list that has just been kept waits to be shown."""

_TOLD = "regulars_told"
"""Where that name stays, to be told for as long as no other list has been kept."""

_MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def kept_lists(page: Page, kept: list[SavedList], currency: str) -> None:
    """Show the lists that are kept, and hand over the file of one."""
    st.html("<h2 class='part'>Lists that are kept</h2>")
    if not kept:
        st.write(
            "There are none yet: choose customers above, give the list a name, and keep it."
            if page.visitor.role.may_export else "There are none yet."
        )  # fmt: skip
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
    if st.session_state.get(TAKEN) in names:
        st.session_state["list"] = st.session_state[_TOLD] = st.session_state.pop(TAKEN)
    taken = st.session_state.get(_TOLD)
    if taken in names:
        st.success(f"Kept: {plain(taken)}. Make its file below.")
    places = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
    with places[0]:
        name = st.selectbox("List", names, key="list", index=0)
    with places[1]:
        forms = sorted(format_names(), key=lambda one: (one != "plain", one))
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
        customers_table(rows, currency)


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
    if made.suppressed:
        since = "Suppressed since the list was taken, and not in the file"
        st.caption(f"{since}: {made.suppressed:,}.")
    if made.without_email:
        st.caption(f"{made.without_email:,} have no e-mail address and are not in it.")
    st.download_button(
        f"Download {made.rows:,} of {plain(name)}", data, file_name=f"{_file_name(name)}.{ending}",
        mime=_MIME[ending], on_click="ignore",
    )  # fmt: skip


def exports(log: list[dict[str, Any]]) -> None:
    """Show which files were made, by whom and when."""
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


def customers_table(rows: Any, currency: str) -> None:
    """Show customers of a list, as the list has them."""
    rows = list(rows)
    shown = {
        name: card for name, card in COLUMNS.items() if any(row[name] is not None for row in rows)
    }
    named = {name: _label(card, currency) for name, card in shown.items()}
    st.dataframe(
        [{named[name]: row[name] for name in shown} for row in rows],
        hide_index=True,
        column_config={named[name]: _column(card) for name, card in shown.items()},
    )


def _label(card: ColumnCard, currency: str) -> str:
    return f"{card.label}, {currency}" if card.unit == "money" and currency else card.label


def _column(card: ColumnCard) -> Any:
    """Return how a column is shown: numbers as such, for people sort by them."""
    if card.unit == "text":
        return st.column_config.TextColumn(help=card.description)
    form = "accounting" if card.unit == "money" else "localized"
    return st.column_config.NumberColumn(help=card.description, format=form)


def _filters(filters: Mapping[str, Any]) -> str:
    told = [f"{column}: {', '.join(values)}" for column, values in filters["where"].items()]
    told += [f"{name} {filters[name]}" for name in ("since", "until") if filters.get(name)]
    return "; ".join(told)


def _file_name(name: str) -> str:
    """Return a name of a list as that of a file."""
    kept = "".join(sign if sign.isalnum() or sign in " -_" else "-" for sign in name)
    return kept.strip() or "list"
