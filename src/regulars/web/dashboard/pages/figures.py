"""The pages Today, Sales, Days, Customers and Data: each shows a list of sections."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from regulars.insights.customer_table import CustomerNames
from regulars.insights.html import fragments
from regulars.insights.sections import customer_types, customers, data_quality, days, loyalty, sales
from regulars.insights.sections.change import ChangeOf, ProductChangeOf
from regulars.insights.sections.hours import hours
from regulars.insights.sections.job_runs import job_runs
from regulars.insights.sections.loads import definitions, loads, pending_rows
from regulars.insights.sections.order_sizes import order_sizes
from regulars.insights.sections.standouts import net_sales, stand_out
from regulars.insights.sections.targets import TargetsOf
from regulars.insights.sections.today import HeadlinesOf, HealthOf
from regulars.insights.sections.top_customers import TopCustomers
from regulars.insights.sections.trend import TrendOf
from regulars.insights.sections.weekdays import weekdays
from regulars.insights.view import EVERYTHING, View
from regulars.web.dashboard.page import Page, SectionOf
from regulars.web.dashboard.pages.look_back import days_to_look_back
from regulars.web.dashboard.pages.notes_editor import notes_editor
from regulars.web.dashboard.pages.targets_editor import targets_editor
from regulars.web.entered import entered_in
from regulars.web.result_cache import ResultCache

SALES: Sequence[SectionOf] = (
    customer_types.buyers, weekdays, sales.products, sales.discounts, order_sizes, sales.places,
    sales.stores,
)  # fmt: skip
DAYS: Sequence[SectionOf] = (days.week, days.daily, days.unusual, hours)
AFTER_MOVES: Sequence[SectionOf] = (
    customer_types.new_and_returning,
    customers.retention,
    loyalty.second_orders,
    loyalty.high_value,
)
"""The sections of the Customers page below the segments and the moves between them."""

CUSTOMERS: Sequence[SectionOf] = (customers.rfm, loyalty.MovesOf(), *AFTER_MOVES)
DATA: Sequence[SectionOf] = (data_quality.quality, loads, job_runs, pending_rows, definitions)

KEY_FINDINGS: Sequence[tuple[str, SectionOf]] = (("customers", customers.rfm),)
"""The sections that may have news for the Today page, each with the page that shows all of it.

Those with a comparison or with notes are added for each view.
"""


def show_today(page: Page) -> None:
    """Show how fresh the data is, the headline figures and the key findings."""
    health = page.get(health_of(page.results))
    page.show(fragments.health(health), "health")
    with st.spinner("Loading key figures…", show_time=True):
        headlines = page.html(
            headlines_of(page.results, page.version, page.view), fragments.headlines
        )
    page.show(headlines, "headlines")
    targets = entered_in(page.results).targets
    if targets:
        page.show_sections([TargetsOf(targets)])
    targets_editor(page, targets)
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
    changed = ChangeOf(compared, entered_in(results).notes)
    sections = (changed, ProductChangeOf(compared), trend_of(results))
    return (*(("sales", section) for section in sections), *KEY_FINDINGS)


def trend_of(results: ResultCache) -> TrendOf:
    """Return the section with sales by month, with notes and targets."""
    entered = entered_in(results)
    return TrendOf(entered.notes, entered.targets)


def sales_of(results: ResultCache, version: str, view: View) -> Sequence[SectionOf]:
    """Return the sections of the Sales page."""
    return (trend_of(results), *_after_trend(results, version, view))


def _after_trend(results: ResultCache, version: str, view: View) -> Sequence[SectionOf]:
    return (ChangeOf(results.comparison(version, view), entered_in(results).notes), *SALES)


def show_sales(page: Page) -> None:
    """Show what sells, when, where and at which discount."""
    page.show_sections([trend_of(page.results)])
    notes_editor(page, entered_in(page.results).notes)
    page.show_sections(_after_trend(page.results, page.version, page.view))
    page.show(fragments.drilldown_hint(), "drilldown_hint")


def compute_sales(results: ResultCache, version: str) -> None:
    """Compute what the Sales page shows without filters."""
    _compute(results, version, View(), sales_of(results, version, View()))


def show_days(page: Page) -> None:
    """Show this week and last week by day, unusual days, and hours of the day."""
    page.show_sections(DAYS)
    page.show(fragments.drilldown_hint(), "drilldown_hint")


def compute_days(results: ResultCache, version: str) -> None:
    """Compute what the Days page shows without filters."""
    _compute(results, version, View(), DAYS)


def show_customers(page: Page) -> None:
    """Show the segments, the top customers, new and returning customers, and retention."""
    top = [TopCustomers(page.names)] if page.user.role.may_see_customers else []
    page.show_sections([customers.rfm, *top])
    moves = st.container()  # the choice below it decides what it shows
    days = days_to_look_back(page.results.comparison(page.version, page.view).now)
    with moves:
        page.show_sections([loyalty.MovesOf(days)])
    page.show_sections(AFTER_MOVES)
    page.show(fragments.drilldown_hint(), "drilldown_hint")


def compute_customers(results: ResultCache, version: str) -> None:
    """Compute what the Customers page shows without filters."""
    top = TopCustomers(CustomerNames(results.settings))
    _compute(results, version, View(), [*CUSTOMERS, top])


def show_data(page: Page) -> None:
    """Show the sources, the loads and the definitions of all data, whatever the view."""
    replace(page, view=EVERYTHING).show_sections(DATA)


def compute_data(results: ResultCache, version: str) -> None:
    """Compute what the Data page shows."""
    _compute(results, version, EVERYTHING, DATA)


def _compute(results: ResultCache, version: str, view: View, sections: Sequence[SectionOf]) -> None:
    for section in sections:
        results.html(version, view, section, fragments.section)
