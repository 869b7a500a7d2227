"""The page: its sections in their order, put into the template. All text in it is escaped."""

from collections.abc import Callable, Sequence

import jinja2
from markupsafe import Markup

from regulars.insights.html.environment import environment, packaged
from regulars.insights.parts import Section
from regulars.insights.periods import comparison
from regulars.insights.scope import Shop
from regulars.insights.sections import customers, data_quality, sales
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.weekdays import weekdays
from regulars.warehouse.ledger import release
from regulars.warehouse.warehouse import Warehouse

_SECTIONS: tuple[Callable[[Shop], Section | None], ...] = (
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
    shop = Shop(warehouse)
    progress("Asking for the headline figures")
    compared = comparison(shop.months, shop.whole)
    headlines = sales.headlines(shop, compared)
    told = []
    makers: Sequence[Callable[[Shop], Section | None]] = (ChangeOf(compared), *_SECTIONS)
    for make in makers:
        section = make(shop)
        if section:
            progress(f"Done: {section.topic}")
            told.append(section)
    return _template().render(
        whole=shop.whole,
        headlines=headlines,
        caution=data_quality.caution(shop),
        why=data_quality.TOPIC,
        sections=told,
        facts=warehouse.facts,
        release=release(),
        style=Markup(packaged("style.css")),
    )


def _template() -> jinja2.Template:
    return environment().get_template("page.html.j2")
