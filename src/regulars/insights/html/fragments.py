"""Parts of dashboard pages as HTML, made of the same templates as the report."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from regulars.insights.html.environment import environment
from regulars.insights.parts import Headlines, HealthSign, KeyFinding, Match, Section, Table


def section(section: Section | None) -> str:
    """Return a section: its finding, detail and parts; empty for None."""
    return str(_parts().section_of(section)) if section else ""


def table(table: Table) -> str:
    """Return a table on its own."""
    return str(_parts().table_of(table))


def patterns() -> str:
    """Return the patterns that mark incomplete months in charts; a page needs them once."""
    return str(_parts().patterns())


def headlines(headlines: Headlines) -> str:
    """Return the headline figures with their sparklines."""
    return str(_fragments().headlines(headlines))


def key_findings(findings: Sequence[KeyFinding], pages: Mapping[str, str]) -> str:
    """Return the findings, each with a button to its page; `pages` holds the page titles."""
    return str(_fragments().key_findings(findings, pages))


def health(signs: Sequence[HealthSign]) -> str:
    """Return the signs of how fresh and complete the data is."""
    return str(_fragments().health(signs))


def drilldown_hint() -> str:
    """Return a hint on how to filter and drill down, with a button to the lines of the page."""
    return str(_fragments().drilldown_hint())


def title(name: str, note: str) -> str:
    """Return the title of a page about one customer or product."""
    return str(_fragments().title(name, note))


def search_field() -> str:
    """Return an empty search field."""
    return str(_fragments().search_field())


def share_button() -> str:
    """Return a button that copies a link, with a place to say that it has."""
    return str(_fragments().share_button())


def matches(matches: Sequence[Match], outcome: str) -> str:
    """Return what a search has found, as the options of its field."""
    return str(_fragments().matches(matches, outcome))


def _parts() -> Any:
    return _macros("parts.html.j2")


def _fragments() -> Any:
    return _macros("fragments.html.j2")


@cache
def _macros(template: str) -> Any:
    return environment(is_live=True).get_template(template).module
