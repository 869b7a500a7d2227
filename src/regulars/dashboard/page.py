"""What every page has: the answers, the view, the visitor, and how subjects are put on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from regulars.dashboard import html, stage
from regulars.dashboard.answers import Answers
from regulars.dashboard.behind import Behind
from regulars.dashboard.controls import choose
from regulars.dashboard.view import FILTERS, View
from regulars.dashboard.visitor import Visitor
from regulars.dashboard.words import plain
from regulars.errors import RegularsError
from regulars.report.shop import Shop
from regulars.report.views import Section

T = TypeVar("T")
Subject = Callable[[Shop], Section | None]


@st.dialog("What is behind it", width="large")
def _show_behind(made: str) -> None:
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

    def told(self, subject: Callable[[Shop], T]) -> T:
        """Return a subject of the view."""
        return self.answers.of(self.state, self.view, subject)

    def drawn(self, subject: Callable[[Shop], T], draw: Callable[[T], str]) -> str:
        """Return a subject of the view as it is drawn."""
        return self.answers.drawn(self.state, self.view, subject, draw)

    def put(self, made: str, key: str) -> None:
        """Put HTML on the page, and go where what is chosen in it leads."""
        chosen = stage.show(made, key)
        if chosen is None:
            return
        column, member = chosen
        if column == "page":
            st.switch_page(self.goes_to[member])
        if column == "figure":
            subject = Behind(member, self.visitor.role.may_see_customers)
            with st.spinner("Looking for the lines …", show_time=True):
                _show_behind(self.drawn(subject, html.section))
        if column in (*FILTERS, "month"):
            choose(column, member)

    def sections(self, subjects: Sequence[Subject]) -> None:
        """Put sections on the page, each as soon as it is worked out."""
        for subject in subjects:
            name = getattr(subject, "name", None) or subject.__name__
            with st.spinner(f"Working out {name.replace('_', ' ')} …", show_time=True):
                try:
                    made = self.drawn(subject, html.section)
                except RegularsError as error:
                    st.warning(plain(str(error)))
                    continue
            if made:
                self.put(made, f"section_{name}")
