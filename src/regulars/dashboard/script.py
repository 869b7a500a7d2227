"""One run of the script: who is there, what they look at, and the page they are on."""

from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import streamlit as st

from regulars.dashboard import lists_page, pages
from regulars.dashboard.answers import Answers, MovedError
from regulars.dashboard.controls import controls
from regulars.dashboard.page import Page
from regulars.dashboard.served import Served, served
from regulars.dashboard.subjects import choices
from regulars.dashboard.view import View
from regulars.dashboard.visitor import who
from regulars.errors import NoWarehouseError, RegularsError

SECONDS_BETWEEN_LOOKS = 5
ASSETS = Path(__file__).parent / "assets"
ICON = str(ASSETS / "icon.svg")
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
    except RegularsError as error:
        st.error(str(error))


def _draw(what: Served) -> None:
    answers, visitor = _answers(what), who()
    state = answers.state()
    shown = {
        name: st.Page(partial(_page, name), title=title, url_path=name, default=name == "today")
        for name, title in pages.TITLES.items()
        if name != "lists" or visitor.role.may_see_customers
    }
    chosen = st.navigation(list(shown.values()), position="top")
    basis = answers.basis(state)
    st.html(f'<h1 class="shop">{_escaped(basis.facts.get("shop") or "Your shop")}</h1>')
    view = controls(answers.of(state, View(period="all"), choices), basis.whole)
    st.session_state["regulars_page"] = Page(answers, state, view, visitor, shown)
    _watch(answers, state)
    chosen.run()


def _page(name: str) -> None:
    page: Page = st.session_state["regulars_page"]
    what = served()
    if name == "today":
        pages.today(page, what.settings.expectations.fresh_within_days)
    elif name == "sales":
        pages.sales(page)
    elif name == "customers":
        pages.people(page)
    elif name == "lists":
        lists_page.lists(page)
    else:
        pages.data(page)


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _watch(answers: Answers, state: str) -> None:
    """Say so when another state of the warehouse has been published, and show that."""
    if answers.state() != state:
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
    st.write(said)
    st.write("Build one from the files of the shop, and this page will show it by itself:")
    st.code(f"regulars build sales.csv -w {what.warehouse}", language="sh")
    _wait(_answers(what))


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))


@cache
def _answers(what: Served) -> Answers:
    return Answers(what.warehouse, what.settings)
