"""The menu of views that are kept under names: to go to one, to keep this one, to remove one."""

import streamlit as st

from regulars.core.errors import RegularsError
from regulars.insights.view import View
from regulars.web.auth.current_user import Visitor
from regulars.web.dashboard.filters import show_view
from regulars.web.dashboard.markdown import plain, tell_error
from regulars.web.dashboard.saved_views import LONGEST_NAME, SavedView, ViewFile
from regulars.web.roles import Role


def views_menu(file: ViewFile, view: View, visitor: Visitor) -> None:
    """Draw it."""
    with st.popover("Views", help="Periods and filters that are kept under a name"):
        try:
            _views(file, visitor)
            _keep(file, view, visitor)
        except RegularsError as error:
            tell_error(error)


def _views(file: ViewFile, visitor: Visitor) -> None:
    for one in file.views():
        chosen, removed = st.columns([5, 1], vertical_alignment="center")
        chosen.button(
            plain(one.name), key=f"view_{one.name}", on_click=show_view, args=(one.view,),
            width="stretch", help=f"Kept by {plain(one.by)}",
        )  # fmt: skip
        if _may_remove(one, visitor) and removed.button(
            "✕", key=f"view_gone_{one.name}", type="tertiary", help=f"Remove {plain(one.name)}"
        ):
            file.remove(one.name)
            st.rerun()


def _may_remove(one: SavedView, visitor: Visitor) -> bool:
    return visitor.role is Role.ADMIN or one.by == visitor.name


def _keep(file: ViewFile, view: View, visitor: Visitor) -> None:
    with st.form("keep_view", clear_on_submit=True, border=False):
        name = st.text_input("Keep this view as", max_chars=LONGEST_NAME)
        if st.form_submit_button("Keep"):
            file.keep(name, view, visitor.name)
            st.rerun()
