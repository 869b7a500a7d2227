"""Render the report: its sections in order, in the template of the page."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from regulars.insights.html.environment import environment, packaged
from regulars.insights.parts import Section
from regulars.insights.periods import Span, comparison
from regulars.insights.scope import Scope
from regulars.insights.sections import customer_types, customers, data_quality, days, loyalty, sales
from regulars.insights.sections.change import ChangeOf, ProductChangeOf
from regulars.insights.sections.hours import hours
from regulars.insights.sections.order_sizes import order_sizes
from regulars.insights.sections.standouts import net_sales, stand_out
from regulars.insights.sections.targets import TargetsOf
from regulars.insights.sections.trend import TrendOf
from regulars.insights.sections.weekdays import weekdays
from regulars.warehouse.ledger import regulars_version
from regulars.warehouse.warehouse import Warehouse

_SECTIONS: Sequence[Callable[[Scope], Section | None]] = (
    days.week,
    days.unusual,
    weekdays,
    hours,
    customer_types.new_and_returning,
    customers.rfm,
    loyalty.MovesOf(),
    customers.retention,
    loyalty.second_orders,
    loyalty.high_value,
    sales.products,
    sales.discounts,
    order_sizes,
    sales.places,
    sales.stores,
)


def render_report(warehouse: Warehouse, progress: Callable[[str], None]) -> str:
    """Return the report of a warehouse as HTML.

    All sections but the last cover the period of the headline figures.
    """
    whole = Scope(warehouse)
    progress("Computing the headline figures")
    compared = comparison(whole.months, whole.whole)
    headlines = sales.headlines(whole, compared)
    scope = _in_period(whole, compared.now)
    sections, notes = [], warehouse.notes()
    makers: Sequence[Callable[[Scope], Section | None]] = (
        TargetsOf(warehouse.targets()), ChangeOf(compared, notes),
        TrendOf(notes, warehouse.targets()), *_SECTIONS,
    )  # fmt: skip
    for make in makers:
        if section := make(scope):
            progress(f"Done: {section.topic}")
            sections.append(section)
    found = [*sections, ProductChangeOf(compared)(scope)]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            period=compared.now,
            whole=whole.whole,
            headlines=headlines,
            findings=stand_out([("", section) for section in found], net_sales(scope)),
            caution=data_quality.caution(whole),
            why=data_quality.TOPIC,
            sections=[*sections, data_quality.quality(whole)],
            facts=warehouse.facts,
            release=regulars_version(),
            style=packaged("style.css"),
        )
    )


def _in_period(whole: Scope, span: Span) -> Scope:
    """Return the scope of a period; segments are as of the last day of the data."""
    if span == whole.whole:
        return whole
    return replace(whole, span=span, as_of=whole.whole.last)
