"""The pages: each is a list of subjects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from regulars.insights.html import fragments
from regulars.insights.sections import customers, data_quality, sales
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.loads import definitions, loads, pending_rows
from regulars.insights.sections.today import KEY_FINDINGS, HeadlinesOf, HealthOf, KeyFinding
from regulars.insights.sections.weekdays import weekdays
from regulars.insights.view import EVERYTHING, View
from regulars.web.result_cache import Answers
from regulars.web.dashboard.page import Page, Subject

TITLES = {
    "today": "Today", "sales": "Sales", "customers": "Customers", "lists": "Lists", "data": "Data",
    "upload": "Upload",
}  # fmt: skip

SALES: Sequence[Subject] = (
    customers.buyers, weekdays, sales.products, sales.discounts,
    sales.places,
)  # fmt: skip
CUSTOMERS: Sequence[Subject] = (
    customers.rfm, customers.new_and_returning, customers.retention,
)  # fmt: skip
DATA: Sequence[Subject] = (data_quality.quality, loads, pending_rows, definitions)


def show_today(page: Page, fresh_within_days: int) -> None:
    """What happened: headline figures, what stands out, and how fresh the data is."""
    health = page.told(HealthOf(date.today(), fresh_within_days))
    page.put(fragments.health(health), "health")
    with st.spinner("Working out the headline figures …", show_time=True):
        headlines = page.drawn(
            headlines_of(page.answers, page.state, page.view), fragments.headlines
        )
    page.put(headlines, "headlines")
    with st.spinner("Looking for what stands out …", show_time=True):
        subjects = key_findings_of(page.answers, page.state, page.view)
        found = [(where, page.told(subject)) for where, subject in subjects]
    calls = [one.call for _, one in found if one and one.call]
    told = [KeyFinding(one.topic, one.finding, "customers", one.figure) for one in calls]
    told += [KeyFinding(one.topic, one.finding, where) for where, one in found if one]
    page.put(fragments.key_findings(told, TITLES), "key_findings")


def headlines_of(answers: Answers, state: str, view: View) -> HeadlinesOf:
    """Return the subject of the headline figures of a view."""
    basis = answers.basis(state)
    months = tuple((row["month"], bool(row["is_complete"])) for row in basis.months)
    return HeadlinesOf(answers.comparison(state, view), months, basis.has_discounts)


def key_findings_of(answers: Answers, state: str, view: View) -> Sequence[tuple[str, Subject]]:
    """Return the subjects of a view whose findings the first page tells, and their pages."""
    return (("sales", ChangeOf(answers.comparison(state, view))), *KEY_FINDINGS)


def sales_of(answers: Answers, state: str, view: View) -> Sequence[Subject]:
    """Return the subjects of the page of sales."""
    return (sales.trend, ChangeOf(answers.comparison(state, view)), *SALES)


def show_sales(page: Page) -> None:
    """What sells, when, where and at which discount."""
    page.sections(sales_of(page.answers, page.state, page.view))
    page.put(fragments.drilldown_hint(), "drilldown_hint")


def show_customers(page: Page) -> None:
    """Who the customers are, and who comes back."""
    page.sections(CUSTOMERS)
    page.put(fragments.drilldown_hint(), "drilldown_hint")


def show_data(page: Page) -> None:
    """Where the figures come from, and what they mean: of all the data, whatever the view."""
    replace(page, view=EVERYTHING).sections(DATA)
