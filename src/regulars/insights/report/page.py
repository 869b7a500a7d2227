"""The page: its sections in their order, put into the template. All text in it is escaped."""

from collections.abc import Callable, Sequence

import jinja2
from markupsafe import Markup

from regulars.insights.html.environment import environment, packaged
from regulars.insights.parts import Section
from regulars.insights.periods import comparison
from regulars.insights.scope import Scope
from regulars.insights.sections import customers, data_quality, sales
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.weekdays import weekdays
from regulars.warehouse.ledger import release
from regulars.warehouse.warehouse import Warehouse

_SECTIONS: tuple[Callable[[Scope], Section | None], ...] = (
    sales.trend,
    weekdays,
    customers.new_and_returning,
    customers.rfm,
    customers.retention,
    sales.products,
    sales.discounts,
    sales.places,
    data_quality.quality,
)


def page(warehouse: Warehouse, progress: Callable[[str], None]) -> str:
    """Return the report of a warehouse as HTML."""
    scope = Scope(warehouse)
    progress("Asking for the headline figures")
    compared = comparison(scope.months, scope.whole)
    headlines = sales.headlines(scope, compared)
    told = []
    makers: Sequence[Callable[[Scope], Section | None]] = (ChangeOf(compared), *_SECTIONS)
    for make in makers:
        section = make(scope)
        if section:
            progress(f"Done: {section.topic}")
            told.append(section)
    return _template().render(
        whole=scope.whole,
        headlines=headlines,
        caution=data_quality.caution(scope),
        why=data_quality.TOPIC,
        sections=told,
        facts=warehouse.facts,
        release=release(),
        style=Markup(packaged("style.css")),
    )


def _template() -> jinja2.Template:
    return environment().get_template("page.html.j2")
