"""Render the report: its sections in order, in the template of the page."""

from collections.abc import Callable, Sequence

from regulars.insights.html.environment import environment, packaged
from regulars.insights.parts import Section
from regulars.insights.periods import comparison
from regulars.insights.scope import Scope
from regulars.insights.sections import customers, data_quality, days, loyalty, sales
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.hours import hours
from regulars.insights.sections.order_sizes import order_sizes
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
    customers.new_and_returning,
    customers.rfm,
    loyalty.moves,
    customers.retention,
    loyalty.second_orders,
    loyalty.high_value,
    sales.products,
    sales.discounts,
    order_sizes,
    sales.places,
    sales.stores,
    data_quality.quality,
)


def render_report(warehouse: Warehouse, progress: Callable[[str], None]) -> str:
    """Return the report of a warehouse as HTML."""
    scope = Scope(warehouse)
    progress("Computing the headline figures")
    compared = comparison(scope.months, scope.whole)
    headlines = sales.headlines(scope, compared)
    makers: Sequence[Callable[[Scope], Section | None]] = (
        TargetsOf(warehouse.targets()), ChangeOf(compared),
        TrendOf(warehouse.notes(), warehouse.targets()), *_SECTIONS,
    )  # fmt: skip
    sections = []
    for make in makers:
        if section := make(scope):
            progress(f"Done: {section.topic}")
            sections.append(section)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            whole=scope.whole,
            headlines=headlines,
            caution=data_quality.caution(scope),
            why=data_quality.TOPIC,
            sections=sections,
            facts=warehouse.facts,
            release=regulars_version(),
            style=packaged("style.css"),
        )
    )
