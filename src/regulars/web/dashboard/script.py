"""One run of the Streamlit script: the user, their view, and the page they are on."""

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
from regulars.insights import search
from regulars.insights.sections.today import choices
from regulars.insights.view import EVERYTHING, why_empty
from regulars.web.auth.current_user import CurrentUser, current_user
from regulars.web.context import AppContext, app_context
from regulars.web.dashboard import html_component
from regulars.web.dashboard.filters import controls, show_empty
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.navigation import NEXT_PAGE
from regulars.web.dashboard.page import Page, go_to
from regulars.web.dashboard.pages import upload
from regulars.web.dashboard.pages.registry import HOME, PAGES, PageSpec
from regulars.web.dashboard.saved_views import ViewFile
from regulars.web.dashboard.saved_views_menu import views_menu
from regulars.web.dashboard.search import search_field
from regulars.web.result_cache import ResultCache, VersionChangedError, result_cache
from regulars.web.roles import Role

CHECK_SECONDS = 5
ASSETS = Path(__file__).parent / "assets"
ICON = str(ASSETS / "icon.svg")
STYLE = f"<style>{(ASSETS / 'page.css').read_text('utf-8')}</style>"
_HAD_NO_WAREHOUSE = "regulars_had_no_warehouse"
_PAGE = "regulars_page"


def run() -> None:
    """Show the page that the user is on."""
    context = app_context()
    title = context.settings.shop or "Regulars"
    st.set_page_config(page_title=title, page_icon=ICON, layout="wide")
    st.html(STYLE)
    try:
        _show(context)
    except NoWarehouseError as error:
        _show_setup(context, error)
    except VersionChangedError:
        st.rerun()
    except CancelledError:
        st.stop()  # the server is shutting down
    except RegularsError as error:
        _show_failure(context, error)


def _show(context: AppContext) -> None:
    results, user = result_cache(context), current_user()
    version = results.version()
    pages = {
        name: st.Page(
            partial(_run_page, spec), title=spec.title, url_path=name, default=name == HOME,
            visibility="visible" if spec.is_listed and spec.may_open(user.role) else "hidden",
        )
        for name, spec in PAGES.items()
    }  # fmt: skip
    selected = st.navigation(list(pages.values()), position="top")
    st.set_page_config(page_title=f"{selected.title} · {context.settings.shop or 'Regulars'}")
    if NEXT_PAGE in st.session_state:  # before this page draws a view that may differ there
        next_page, parameters = st.session_state.pop(NEXT_PAGE)
        go_to(pages[next_page], **parameters)
    summary, page_name = results.summary(version), selected.url_path or HOME
    header = st.container(key="head", horizontal=True, vertical_alignment="center")
    shop, page = _escaped(summary.facts.get("shop") or "Your shop"), _escaped(selected.title)
    header.html(f'<h1 class="shop">{shop}<span class="page">{page}</span></h1>')
    with st.container(key="view"):
        products = (entry.match for entry in results.get(version, EVERYTHING, search.products))
        names = {product.member: product.label for product in products}
        values = results.get(version, EVERYTHING, choices)
        view = controls(values, names, summary.whole, page_name)
    why = why_empty(view, summary.whole)
    if "segment" in view.where and not why:
        as_of = formatting.day(results.segment_date(version, view))
        st.caption(f"Segments are as of {as_of}: past figures show what today's members did then.")
    with header:
        with st.container(key="search"):
            search_field(results, version, user)
        with st.container(key="share", width="content"):
            html_component.share("copy_link")
        views_menu(ViewFile(Path(context.views_file)), view, page_name, user)
        if context.requires_login:
            st.html(_user_html(user, context.base_path))
    if not PAGES[page_name].has_view:
        st.html("<style>.st-key-view { display: none }</style>")
    st.session_state[_PAGE] = Page(results, version, view, user, pages)
    _watch_version(results, version)
    if st.session_state.pop(_HAD_NO_WAREHOUSE, False) and upload.has_loaded():
        go_to(pages["upload"])
    if why and PAGES[page_name].has_view:
        show_empty(why)
    else:
        selected.run()


def _user_html(user: CurrentUser, base: str) -> str:
    name, url = _escaped(f"{user.name}, {user.role.value}"), _escaped(f"{base}/logout")
    return f'<p class="user">{name} · <a href="{url}" target="_self">Log out</a></p>'


def _run_page(spec: PageSpec) -> None:
    page: Page = st.session_state[_PAGE]
    if spec.may_open(page.user.role):
        spec.show(page)
    else:  # a link from someone with another role
        _show_no_access(spec, page.user.role)


def _show_no_access(spec: PageSpec, role: Role) -> None:
    *others, last = [f"{one.value}s" for one in Role if spec.may_open(one)]
    allowed = f"{', '.join(others)} and {last}" if others else last
    st.title(spec.title)
    st.info(
        f"Only {allowed} can open this page. Your role is {role.value}. Ask an admin to change it."
    )


@st.fragment(run_every=CHECK_SECONDS)
def _watch_version(results: ResultCache, version: str) -> None:
    """Update the page when a new version of the warehouse is published."""
    try:
        current = results.version()
    except RegularsError:
        st.rerun()  # the page shows the error
    if current != version:
        st.toast("New data loaded. This page is up to date.")
        st.rerun()


@st.fragment(run_every=CHECK_SECONDS)
def _wait_for_warehouse(results: ResultCache) -> None:
    """Show the dashboard as soon as the warehouse is available."""
    with suppress(RegularsError):
        results.version()
        st.rerun()


def _show_setup(context: AppContext, error: NoWarehouseError) -> None:
    st.title("No warehouse yet")
    st.write(plain(str(error)))
    st.write("This page opens automatically when there is a warehouse.")
    user = current_user()
    if user.role.may_load:
        st.write("Or upload your sales files here:")
        upload.show_upload(user)
    st.session_state[_HAD_NO_WAREHOUSE] = True
    _wait_for_warehouse(result_cache(context))


def _show_failure(context: AppContext, error: RegularsError) -> None:
    """Show an error, and the page again when its cause may be gone."""
    results = result_cache(context)
    try:
        version = results.version()
    except WarehouseError:
        version = None
    if version is None or isinstance(error, LockedWarehouseError):
        _show_unavailable(context, error)
        return
    show_error(error)
    _watch_version(results, version)


def _show_unavailable(context: AppContext, error: RegularsError) -> None:
    verb = "reached" if "://" in context.warehouse else "opened"
    st.title(f"The warehouse cannot be {verb}")
    show_error(error)
    st.write("This page reloads automatically when the warehouse is available again.")
    _wait_for_warehouse(result_cache(context))


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))
