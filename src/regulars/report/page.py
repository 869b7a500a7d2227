"""The page: its sections in their order, put into the template. All text in it is escaped."""

from collections.abc import Callable, Sequence
from importlib.resources import files

import jinja2
from markupsafe import Markup

from regulars.ledger import release
from regulars.report import customers, quality, sections
from regulars.report.change import ChangeOf
from regulars.report.periods import comparison
from regulars.report.shop import Shop
from regulars.report.views import Section
from regulars.report.weekdays import weekdays
from regulars.warehouse import Warehouse

_SECTIONS: tuple[Callable[[Shop], Section | None], ...] = (
    sections.trend,
    weekdays,
    customers.new_and_returning,
    customers.rfm,
    customers.retention,
    sections.products,
    sections.discounts,
    sections.places,
    quality.quality,
)


def page(warehouse: Warehouse, progress: Callable[[str], None]) -> str:
    """Return the report of a warehouse as HTML."""
    shop = Shop(warehouse)
    progress("Asking for the headline figures")
    compared = comparison(shop.months, shop.whole)
    headlines = sections.headlines(shop, compared)
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
        caution=quality.caution(shop),
        why=quality.TOPIC,
        sections=told,
        facts=warehouse.facts,
        release=release(),
        style=Markup(packaged("style.css")),
    )


def _template() -> jinja2.Template:
    return environment().get_template("page.html.j2")


def environment(*, is_live: bool = False) -> jinja2.Environment:
    """Return what templates are made with; all text in them is escaped.

    is_live  whether bars, rows and places say what they stand for, to be gone on from
    """
    made = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(packaged),
    )
    made.filters["drawn"] = Markup  # of SVG that charts.py has parsed and written itself
    made.globals["is_live"] = is_live
    return made


def packaged(name: str) -> str:
    """Return the text of a file beside this one."""
    return (files(__package__) / name).read_text("utf-8")
