"""What every page has: the answers, the view, the visitor, and how subjects are put on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from regulars.core.errors import QuestionError, RegularsError
from regulars.insights.drilldown import DrillDown
from regulars.insights.html import fragments
from regulars.insights.parts import Section
from regulars.insights.scope import Scope
from regulars.insights.sections.quarantine import QuarantineDrillDown
from regulars.insights.view import FILTERS, View
from regulars.web.auth.current_user import Visitor
from regulars.web.dashboard import stage
from regulars.web.dashboard.filters import choose, remembered, show_view
from regulars.web.dashboard.markdown import plain
from regulars.web.result_cache import Answers

T = TypeVar("T")
GO_TO = "regulars_go_to"
"""Where the name of the page waits that is to be shown next: a dialog itself cannot go there."""

Subject = Callable[[Scope], Section | None]


def go_to(page: st.Page) -> None:
    """Go to another page with the view as it is.

    Streamlit would clear the address and refuses to, for the view stands in it, unless it is told
    what else is to stand there: nothing, to which it adds the view again.
    """
    st.switch_page(page, query_params={})


@st.dialog("What is behind it", width="large")
def _show_behind(made: str, people: View | None) -> None:
    if people and st.button("Make a list of these customers", type="primary"):
        show_view(people)
        st.session_state[remembered("in_period")] = True
        st.session_state[GO_TO] = "lists"
        st.rerun()
    stage.show(made, "behind")


@dataclass(frozen=True)
class Page:
    """One page as one visitor looks at it.

    state  which state of the warehouse everything on it is of
    """

    answers: Answers
    state: str
    view: View
    visitor: Visitor
    goes_to: dict[str, st.Page] = field(default_factory=dict)

    def told(self, subject: Callable[[Scope], T]) -> T:
        """Return a subject of the view."""
        return self.answers.of(self.state, self.view, subject)

    def drawn(self, subject: Callable[[Scope], T], draw: Callable[[T], str]) -> str:
        """Return a subject of the view as it is drawn."""
        return self.answers.drawn(self.state, self.view, subject, draw)

    def put(self, made: str, key: str) -> None:
        """Put HTML on the page, and go where what is chosen in it leads."""
        chosen = stage.show(made, key)
        if chosen is None:
            return
        column, member = chosen
        if column == "page":
            go_to(self.goes_to[member])
        if column == "figure":
            self._show_behind(member)
        if column in (*FILTERS, "month"):
            choose(column, member)

    def _show_behind(self, figure: str) -> None:
        """Show what is behind a figure, and the way to a list of its customers."""
        may_see, people = self.visitor.role.may_see_customers, None
        try:
            behind: DrillDown | QuarantineDrillDown | None = QuarantineDrillDown.of(figure)
            if behind and not may_see:
                st.warning("Rows as they stood may name customers, whom viewers do not see.")
                return
            if behind is None:
                behind = DrillDown.of(figure, shows_customers=may_see)
                standing = self.answers.segment_date(self.state, self.view)
                people = behind.customers_view(self.view, standing) if may_see else None
            with st.spinner("Looking for the lines …", show_time=True):
                made = self.drawn(behind, fragments.section)
        except QuestionError as error:
            st.warning(plain(str(error)))
            return
        _show_behind(made, people)

    def sections(self, subjects: Sequence[Subject]) -> None:
        """Put sections on the page, each as soon as it is worked out."""
        for subject in subjects:
            name = getattr(subject, "name", None) or subject.__name__
            with st.spinner(f"Working out {name.replace('_', ' ')} …", show_time=True):
                try:
                    made = self.drawn(subject, fragments.section)
                except RegularsError as error:
                    st.warning(plain(str(error)))
                    continue
            if made:
                self.put(made, f"section_{name}")
