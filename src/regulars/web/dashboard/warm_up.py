"""Compute the first views of all pages in the background, before anyone opens them."""

import logging
from concurrent.futures import CancelledError
from datetime import date
from threading import Thread
from time import sleep

from regulars.core.errors import RegularsError
from regulars.insights.html import fragments
from regulars.insights.sections.today import HealthOf, choices
from regulars.insights.view import EVERYTHING, View
from regulars.web.dashboard.pages import figures
from regulars.web.result_cache import ResultCache, VersionChangedError

_log = logging.getLogger(__name__)
CHECK_SECONDS = 30


def keep_warm(results: ResultCache, fresh_within_days: int, *, with_views: bool = True) -> Thread:
    """Compute the first views of each new version of the warehouse, in a thread.

    The first user after a nightly load then finds the pages ready, and connections to the previous
    version are closed. Users who arrive in the meantime share the running queries
    instead of queueing.

    with_views  whether to compute views, or only to close old connections
    """

    def run() -> None:
        warm = ""
        while True:
            warm = warm_up(results, fresh_within_days, warm, with_views=with_views)
            sleep(CHECK_SECONDS)

    thread = Thread(target=run, name="regulars-warm", daemon=True)
    thread.start()
    return thread


def warm_up(
    results: ResultCache, fresh_within_days: int, warm: str = "", *, with_views: bool = True
) -> str:
    """Compute the first views unless the current version is already `warm`; return that version.

    The version check itself closes connections to the previous version.
    """
    version = warm
    try:
        version = results.version()
        if with_views and version != warm:
            _compute_first_views(results, version, fresh_within_days)
    except (RegularsError, VersionChangedError, CancelledError) as error:
        # There is no warehouse yet, it has just changed, or the server is shutting down.
        _log.debug("Skipped warm-up: %s", error)
        return warm
    except Exception:
        _log.info("Warm-up failed", exc_info=True)
    return version


def _compute_first_views(results: ResultCache, version: str, fresh_within_days: int) -> None:
    """Compute what each page shows without filters, in the order of the pages."""
    view = View()
    results.get(version, EVERYTHING, choices)
    results.get(version, view, HealthOf(date.today(), fresh_within_days))
    headlines = figures.headlines_of(results, version, view)
    results.html(version, view, headlines, fragments.headlines)
    for _, section in figures.key_findings_of(results, version, view):
        results.get(version, view, section)
    for section in (*figures.sales_of(results, version, view), *figures.CUSTOMERS):
        results.html(version, view, section, fragments.section)
    for section in figures.DATA:
        results.html(version, EVERYTHING, section, fragments.section)
