"""Import this to compile the statements of two pages, before servers are forked from the process.

A process compiles a statement once, which takes far longer than running it on the 30-line shop.
"""

import os
from collections.abc import Callable
from typing import Any

from regulars.core.settings import Settings
from regulars.insights import search
from regulars.insights.scope import Scope
from regulars.insights.sections.today import choices
from regulars.insights.view import EVERYTHING
from regulars.web.dashboard.pages import figures
from regulars.web.result_cache import ResultCache
from support.forked_server import WAREHOUSE


def compile_pages(location: str) -> None:
    """Compute the Today page and the Sales page of all data, which most tests open.

    They are not rendered: the library that draws charts does not survive a fork.
    """
    results = ResultCache(location, Settings())
    version = results.version()
    sections: tuple[Callable[[Scope], Any], ...] = (
        choices,
        search.products,
        figures.health_of(results),
        figures.headlines_of(results, version, EVERYTHING),
        *(section for _, section in figures.key_findings_of(results, version, EVERYTHING)),
        *figures.sales_of(results, version, EVERYTHING),
    )
    for section in sections:
        results.get(version, EVERYTHING, section)
    results.shut_down(60)


compile_pages(os.environ[WAREHOUSE])
