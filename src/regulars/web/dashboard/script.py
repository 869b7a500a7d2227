"""One run of the script: who is there, what they look at, and the page they are on."""

from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from pathlib import Path

import streamlit as st

from regulars.core import formatting
from regulars.core.errors import (
    LockedWarehouseError,
    NoWarehouseError,
    RegularsError,
    WarehouseError,
)
from regulars.engines.locate import engine_of
from regulars.insights.sections.today import choices
from regulars.insights.view import EVERYTHING
from regulars.web.result_cache import Answers, MovedError, answers_of
from regulars.web.auth.current_user import Visitor, who
from regulars.web.context import Served, served
from regulars.web.dashboard.filters import controls
from regulars.web.dashboard.markdown import plain, tell_error
from regulars.web.dashboard.page import GO_TO, Page, go_to
from regulars.web.dashboard.pages import lists, overview, upload
from regulars.web.dashboard.saved_views import ViewFile
from regulars.web.dashboard.saved_views_menu import views_menu
from regulars.web.roles import Role

SECONDS_BETWEEN_LOOKS = 5
ASSETS = Path(__file__).parent / "assets"
ICON = str(ASSETS / "icon.svg")
_WITHOUT = "regulars_without_warehouse"
STYLE = f"<style>{(ASSETS / 'page.css').read_text('utf-8')}</style>"


def run() -> None:
    """Draw the page that a visitor is on."""
    what = served()
    st.set_page_config(page_title=what.settings.shop or "Regulars", page_icon=ICON, layout="wide")
    st.html(STYLE)
    try:
        _draw(what)
    except NoWarehouseError as error:
        _without_warehouse(what, str(error))
    except MovedError:
        st.rerun()
    except CancelledError:
        st.stop()  # the server ends
    except RegularsError as error:
        _told(what, error)


def _told(what: Served, error: RegularsError) -> None:
    """Say what is wrong, and show the page again when that may have changed."""
    answers = answers_of(what)
    try:
        state = answers.state()
    except WarehouseError:
        state = None
    if state is None or isinstance(error, LockedWarehouseError):
        _out_of_reach(what, error)
        return
    tell_error(error)
    _watch(answers, state)


def _draw(what: Served) -> None:
    answers, visitor = answers_of(what), who()
    state = answers.state()
    shown = {
        name: st.Page(
            partial(_page, name), title=title, url_path=name, default=name == "today",
            visibility="visible" if _is_for(name, visitor.role) else "hidden",
        )
        for name, title in overview.TITLES.items()
    }  # fmt: skip
    chosen = st.navigation(list(shown.values()), position="top")
    if next_page := st.session_state.pop(GO_TO, None):
        go_to(shown[next_page])  # before the view is drawn, for it may be another there
    basis = answers.basis(state)
    head = st.container(key="head", horizontal=True, vertical_alignment="center")
    head.html(f'<h1 class="shop">{_escaped(basis.facts.get("shop") or "Your shop")}</h1>')
    with st.container(key="view"):
        view = controls(answers.of(state, EVERYTHING, choices), basis.whole)
    if "segment" in view.where:
        last = formatting.day(answers.segment_date(state, view))
        st.caption(f"Who is in a segment is told as of {last}, in every figure and every month.")
    with head:
        views_menu(ViewFile(Path(what.views_file)), view, visitor)
        if what.is_guarded:
            st.html(_who(visitor, what.base_path))
    if chosen.url_path == "upload":
        st.html("<style>.st-key-view { display: none }</style>")
    st.session_state["regulars_page"] = Page(answers, state, view, visitor, shown)
    _watch(answers, state)
    if st.session_state.pop(_WITHOUT, False) and upload.has_loaded():
        go_to(shown["upload"])
    chosen.run()


def _who(visitor: Visitor, base: str) -> str:
    """Return who is there, and the way out."""
    name, way = _escaped(f"{visitor.name}, {visitor.role.value}"), _escaped(f"{base}/logout")
    return f'<p class="who">{name} · <a href="{way}" target="_self">Log out</a></p>'


def _is_for(name: str, role: Role) -> bool:
    """Whether somebody of a role has a page at all."""
    if name == "lists":
        return role.may_see_customers
    return name != "upload" or role.may_load


def _page(name: str) -> None:
    page: Page = st.session_state["regulars_page"]
    what, role = served(), page.visitor.role
    if not _is_for(name, role):  # a link of somebody else's leads here
        _not_for(name, role)
    elif name == "today":
        overview.show_today(page, what.settings.expectations.fresh_within_days)
    elif name == "sales":
        overview.show_sales(page)
    elif name == "customers":
        overview.show_customers(page)
    elif name == "lists":
        lists.lists(page)
    elif name == "upload":
        upload.upload(page.visitor)
    else:
        overview.show_data(page)


def _not_for(name: str, role: Role) -> None:
    """Say whose page it is."""
    *others, last = [f"{one.value}s" for one in Role if _is_for(name, one)]
    whose = f"{', '.join(others)} and {last}" if others else last
    st.title(overview.TITLES[name])
    st.info(
        f"This page is for {whose}, and here you are of the role {role.value}. Whoever keeps the "
        "dashboard can give you another."
    )


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _watch(answers: Answers, state: str) -> None:
    """Say so when another state of the warehouse has been published, and show that."""
    try:
        now = answers.state()
    except RegularsError:
        st.rerun()  # the page says what is the matter
    if now != state:
        st.toast("New data has come in: the page shows it now.")
        st.rerun()


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _wait(answers: Answers) -> None:
    """Show the warehouse as soon as there is one."""
    with suppress(RegularsError):
        answers.state()
        st.rerun()


def _without_warehouse(what: Served, said: str) -> None:
    st.title("There is no warehouse yet")
    st.write(plain(said))
    visitor = who()
    if visitor.role.may_load:
        st.write("Build one from the files of the shop, and this page will show it by itself:")
        st.code(f"regulars build sales.csv -w {engine_of(what.warehouse)}", language="sh")
        st.write("Or hand them in here:")
        upload.upload(visitor)
    st.session_state[_WITHOUT] = True
    _wait(answers_of(what))


def _out_of_reach(what: Served, error: RegularsError) -> None:
    way = "reached" if "://" in what.warehouse else "opened"
    st.title(f"The warehouse cannot be {way}")
    tell_error(error)
    st.write("The page is shown again by itself as soon as the warehouse answers.")
    _wait(answers_of(what))


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))
