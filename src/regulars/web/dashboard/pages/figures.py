"""The pages Today, Sales, Customers and Data: each shows a list of sections."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from regulars.insights.html import fragments
from regulars.insights.sections import customers, data_quality, sales
from regulars.insights.sections.change import ChangeOf, ProductChangeOf
from regulars.insights.sections.loads import definitions, loads, pending_rows
from regulars.insights.sections.standouts import net_sales, stand_out
from regulars.insights.sections.today import HeadlinesOf, HealthOf
from regulars.insights.sections.weekdays import weekdays
from regulars.insights.view import EVERYTHING, View
from regulars.web.dashboard.page import Page, SectionOf
from regulars.web.result_cache import ResultCache

SALES: Sequence[SectionOf] = (
    customers.buyers, weekdays, sales.products, sales.discounts, sales.places,
    sales.stores,
)  # fmt: skip
CUSTOMERS: Sequence[SectionOf] = (
    customers.rfm, customers.new_and_returning, customers.retention,
)  # fmt: skip
DATA: Sequence[SectionOf] = (data_quality.quality, loads, pending_rows, definitions)

KEY_FINDINGS: Sequence[tuple[str, SectionOf]] = (
    ("sales", sales.trend),
    ("customers", customers.rfm),
)
"""The sections that may have news for the Today page, each with the page that shows all of it."""


def show_today(page: Page) -> None:
    """Show how fresh the data is, the headline figures and the key findings."""
    health = page.get(health_of(page.results))
    page.show(fragments.health(health), "health")
    with st.spinner("Loading key figures…", show_time=True):
        headlines = page.html(
            headlines_of(page.results, page.version, page.view), fragments.headlines
        )
    page.show(headlines, "headlines")
    with st.spinner("Loading key findings…", show_time=True):
        sections = [
            (page_name, page.get(section))
            for page_name, section in key_findings_of(page.results, page.version, page.view)
        ]
    findings = stand_out(sections, page.get(net_sales))
    titles = {name: link.title for name, link in page.pages.items()}
    page.show(fragments.key_findings(findings, titles), "key_findings")


def compute_today(results: ResultCache, version: str) -> None:
    """Compute what the Today page shows without filters."""
    view = View()
    results.get(version, view, health_of(results))
    results.html(version, view, headlines_of(results, version, view), fragments.headlines)
    for _, section in key_findings_of(results, version, view):
        results.get(version, view, section)
    results.get(version, view, net_sales)


def health_of(results: ResultCache) -> HealthOf:
    """Return the section with the health of the data today."""
    return HealthOf(date.today(), results.settings.expectations.fresh_within_days)


def headlines_of(results: ResultCache, version: str, view: View) -> HeadlinesOf:
    """Return the section with the headline figures of a view."""
    summary = results.summary(version)
    months = tuple((row["month"], bool(row["is_complete"])) for row in summary.months)
    return HeadlinesOf(results.comparison(version, view), months, summary.has_discounts)


def key_findings_of(
    results: ResultCache, version: str, view: View
) -> Sequence[tuple[str, SectionOf]]:
    """Return the sections whose findings the Today page shows, each with its own page."""
    compared = results.comparison(version, view)
    changes = (ChangeOf(compared), ProductChangeOf(compared))
    return (*(("sales", change) for change in changes), *KEY_FINDINGS)


def sales_of(results: ResultCache, version: str, view: View) -> Sequence[SectionOf]:
    """Return the sections of the Sales page."""
    return (sales.trend, ChangeOf(results.comparison(version, view)), *SALES)


def show_sales(page: Page) -> None:
    """Show what sells, when, where and at which discount."""
    page.show_sections(sales_of(page.results, page.version, page.view))
    page.show(fragments.drilldown_hint(), "drilldown_hint")


def compute_sales(results: ResultCache, version: str) -> None:
    """Compute what the Sales page shows without filters."""
    _compute(results, version, View(), sales_of(results, version, View()))


def show_customers(page: Page) -> None:
    """Show the segments, new and returning customers, and retention."""
    page.show_sections(CUSTOMERS)
    page.show(fragments.drilldown_hint(), "drilldown_hint")


def compute_customers(results: ResultCache, version: str) -> None:
    """Compute what the Customers page shows without filters."""
    _compute(results, version, View(), CUSTOMERS)


def show_data(page: Page) -> None:
    """Show the sources, the loads and the definitions of all data, whatever the view."""
    replace(page, view=EVERYTHING).show_sections(DATA)


def compute_data(results: ResultCache, version: str) -> None:
    """Compute what the Data page shows."""
    _compute(results, version, EVERYTHING, DATA)


def _compute(results: ResultCache, version: str, view: View, sections: Sequence[SectionOf]) -> None:
    for section in sections:
        results.html(version, view, section, fragments.section)
