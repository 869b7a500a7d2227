"""What all pages share: the view, the user, the results, and how sections get on the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import streamlit as st

from regulars.core.errors import InputError, RegularsError
from regulars.insights.customer_table import CustomerNames
from regulars.insights.drilldown import DrillDown
from regulars.insights.html import fragments
from regulars.insights.parts import Section
from regulars.insights.scope import Scope
from regulars.insights.sections.quarantine import QuarantineDrillDown
from regulars.insights.view import FILTERS, View
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard import html_component
from regulars.web.dashboard.downloads import Downloads
from regulars.web.dashboard.filters import choose
from regulars.web.dashboard.markdown import plain
from regulars.web.dashboard.navigation import CUSTOMER, NEXT_PAGE, PRODUCT, open_next
from regulars.web.result_cache import ResultCache

T = TypeVar("T")
CUSTOMERS = "customers"
"""The parameter of the Lists page with the customers to list, if the filters do not choose them."""

CAMPAIGN = "campaign"
"""The select box of the Campaigns page, and the parameter of its address."""

SectionOf = Callable[[Scope], Section | None]


def go_to(page: st.Page, **parameters: str) -> None:
    """Open another page with the same view, and more parameters in its address.

    Without `query_params`, Streamlit would clear the address, which contains the view.
    """
    st.switch_page(page, query_params=parameters)


@st.dialog("Behind this number", width="large")
def _show_dialog(
    html: str, customers: View | None, lines: DrillDown | None, downloads: Downloads
) -> None:
    with st.container(horizontal=True):
        if customers and st.button("Create list from these customers", type="primary"):
            st.session_state[NEXT_PAGE] = ("lists", {CUSTOMERS: customers.encode()})
            st.rerun()
        if lines:
            downloads.show_lines_button(lines)
    clicked = html_component.show(html, "behind")
    if clicked and clicked[0] in (CUSTOMER, PRODUCT):
        open_next(*clicked)


@dataclass(frozen=True)
class Page:
    """A page as one user sees it.

    version  the version of the warehouse that all its figures come from
    pages    the pages by name, for links between them
    """

    results: ResultCache
    version: str
    view: View
    user: CurrentUser
    pages: dict[str, st.Page] = field(default_factory=dict)

    @property
    def names(self) -> CustomerNames | None:
        """The names stored for customers; None if the user may not see them."""
        return CustomerNames(self.results.settings) if self.user.role.may_see_contacts else None

    def get(self, section: Callable[[Scope], T]) -> T:
        """Return a section of the view."""
        return self.results.get(self.version, self.view, section)

    def html(self, section: Callable[[Scope], T], render: Callable[[T], str]) -> str:
        """Return a section of the view as HTML."""
        return self.results.html(self.version, self.view, section, render)

    def show(self, html: str, key: str) -> None:
        """Show HTML, and follow what the user clicks in it."""
        clicked = html_component.show(html, key)
        if clicked is None:
            return
        column, member = clicked
        if column == "page":
            go_to(self.pages[member.partition("#")[0]])
        if column in (CUSTOMER, PRODUCT):
            go_to(self.pages[column], **{column: member})
        if column == CAMPAIGN:
            st.session_state[CAMPAIGN] = member
            go_to(self.pages["campaigns"], **{CAMPAIGN: member})
        if column == "figure":
            self._show_drilldown(member)
        if column == "download":
            self._show_download(member)
        if column in (*FILTERS, "month"):
            choose(column, member)

    def _downloads(self) -> Downloads:
        span = self.results.comparison(self.version, self.view).now
        filters = [value for values in self.view.where.values() for value in values]
        get = partial(self.results.get_once, self.version, self.view)
        return Downloads(get, self.user, " · ".join([str(span), *filters]), span.last)

    def _show_download(self, table: str) -> None:
        try:
            self._downloads().show_table(table)
        except InputError as error:
            st.warning(plain(str(error)))

    def _show_drilldown(self, figure: str) -> None:
        """Open the dialog with the lines behind a figure, and a link to its customers."""
        may_see, customers = self.user.role.may_see_customers, None
        try:
            drilldown: DrillDown | QuarantineDrillDown | None = QuarantineDrillDown.of(figure)
            if drilldown and not may_see:
                st.warning("Original rows may name customers, so viewers cannot see them.")
                return
            if drilldown is None:
                drilldown = DrillDown.of(figure, shows_customers=may_see, names=self.names)
                as_of = self.results.segment_date(self.version, self.view)
                customers = drilldown.customers_view(self.view, as_of) if may_see else None
            with st.spinner("Loading lines…", show_time=True):
                html = self.html(drilldown, fragments.section)
        except InputError as error:
            st.warning(plain(str(error)))
            return
        lines = drilldown if isinstance(drilldown, DrillDown) else None
        _show_dialog(html, customers, lines, self._downloads())

    def show_sections(self, sections: Sequence[SectionOf]) -> None:
        """Show sections, each as soon as it is computed."""
        for section in sections:
            name = getattr(section, "name", None) or section.__name__
            with st.spinner(f"Loading {name.replace('_', ' ')}…", show_time=True):
                try:
                    html = self.html(section, fragments.section)
                except RegularsError as error:
                    st.warning(plain(str(error)))
                    continue
            if html:
                self.show(html, f"section_{name}")
