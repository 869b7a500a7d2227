"""Compute the first views of all pages in the background, before anyone opens them."""

import logging
from concurrent.futures import CancelledError
from threading import Thread
from time import sleep

from regulars.core.errors import RegularsError
from regulars.insights import search
from regulars.insights.sections.today import choices
from regulars.insights.view import EVERYTHING
from regulars.web.dashboard.pages.registry import PAGES
from regulars.web.result_cache import ResultCache, VersionChangedError

_log = logging.getLogger(__name__)
CHECK_SECONDS = 30


def keep_warm(results: ResultCache, *, with_views: bool = True) -> Thread:
    """Compute the first views of each new version of the warehouse, in a thread.

    The first user after a nightly load then finds the pages ready, and connections to the previous
    version are closed. Users who arrive in the meantime share the running queries
    instead of queueing.

    with_views  whether to compute views, or only to close old connections
    """

    def run() -> None:
        warm = ""
        while True:
            warm = warm_up(results, warm, with_views=with_views)
            sleep(CHECK_SECONDS)

    thread = Thread(target=run, name="regulars-warm", daemon=True)
    thread.start()
    return thread


def warm_up(results: ResultCache, warm: str = "", *, with_views: bool = True) -> str:
    """Compute the first views unless the current version is already `warm`; return that version.

    The version check itself closes connections to the previous version.
    """
    version = warm
    try:
        version = results.version()
        if with_views and version != warm:
            _compute_first_views(results, version)
    except (RegularsError, VersionChangedError, CancelledError) as error:
        # There is no warehouse yet, it has just changed, or the server is shutting down.
        _log.debug("Skipped warm-up: %s", error)
        return warm
    except Exception:
        _log.info("Warm-up failed", exc_info=True)
    return version


def _compute_first_views(results: ResultCache, version: str) -> None:
    """Compute what each page shows without filters, in their order, then what the search needs."""
    results.get(version, EVERYTHING, choices)
    results.get(version, EVERYTHING, search.products)
    for page in PAGES.values():
        if page.compute:
            page.compute(results, version)
    results.get(version, EVERYTHING, search.CustomersByPseudonym(results.settings))
