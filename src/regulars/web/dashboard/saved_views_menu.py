"""The menu of saved views."""

import streamlit as st

from regulars.core.errors import RegularsError
from regulars.insights.view import View
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.filters import show_view
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.navigation import NEXT_PAGE
from regulars.web.dashboard.pages.registry import PAGES
from regulars.web.dashboard.saved_views import MAX_NAME_LENGTH, SavedView, ViewFile
from regulars.web.roles import Role


def views_menu(file: ViewFile, view: View, page: str, user: CurrentUser) -> None:
    """Show the menu: open a saved view on its page, save the current one, delete one."""
    with st.popover("Views", help="Saved pages with their period and filters"):
        try:
            _list(file, user)
            _form(file, view, page, user)
        except RegularsError as error:
            show_error(error)


def _list(file: ViewFile, user: CurrentUser) -> None:
    for saved in file.views():
        open_column, delete_column = st.columns([5, 1], vertical_alignment="center")
        open_column.button(
            plain(saved.name), key=f"view_{saved.name}", on_click=_open, args=(saved, user),
            width="stretch", help=f"Saved by {plain(saved.author)}",
        )  # fmt: skip
        if _may_delete(saved, user) and delete_column.button(
            "✕",
            key=f"delete_view_{saved.name}",
            type="tertiary",
            help=f"Delete {plain(saved.name)}",
        ):
            file.delete(saved.name)
            st.rerun()


def _open(saved: SavedView, user: CurrentUser) -> None:
    """Show a view on the page it was saved on, if the user may open that page."""
    show_view(saved.view)
    if saved.page in PAGES and PAGES[saved.page].may_open(user.role):
        st.session_state[NEXT_PAGE] = (saved.page, {})


def _may_delete(saved: SavedView, user: CurrentUser) -> bool:
    return user.role is Role.ADMIN or saved.author == user.name


def _form(file: ViewFile, view: View, page: str, user: CurrentUser) -> None:
    with st.form("save_view", clear_on_submit=True, border=False):
        name = st.text_input("View name", max_chars=MAX_NAME_LENGTH)
        if st.form_submit_button("Save view"):
            file.save(name, view, user.name, page)
            st.rerun()
