"""The pages as everybody sees them first, worked out before somebody does."""

import logging
from collections.abc import Callable, Iterator
from datetime import date
from threading import Thread
from typing import Any

from regulars.dashboard import pages
from regulars.dashboard.answers import Answers, MovedError
from regulars.dashboard.subjects import STANDING, HealthOf, PulseOf, choices
from regulars.dashboard.view import ALL, View
from regulars.errors import RegularsError
from regulars.report.shop import Shop

_log = logging.getLogger(__name__)
Ask = Callable[[Shop], Any]


def warm_up(answers: Answers, fresh_within_days: int) -> Thread:
    """Begin to work out what the pages show at first, one thing at a time; return the thread.

    Who comes meanwhile is not kept waiting: they take part in what is being worked out, and what
    they ask beside it has its turn at once.
    """
    thread = Thread(
        target=_warm_up, args=(answers, fresh_within_days), name="regulars-warm-up", daemon=True
    )
    thread.start()
    return thread


def _warm_up(answers: Answers, fresh_within_days: int) -> None:
    try:
        state = answers.state()
        for view, subject in _first_seen(answers, state, fresh_within_days):
            answers.of(state, view, subject)
    except (RegularsError, MovedError) as error:
        # There is no warehouse yet, or it has just changed: the pages say so themselves.
        _log.debug("Nothing is worked out beforehand: %s", error)
    except Exception:
        _log.info("The first views could not be worked out beforehand", exc_info=True)


def _first_seen(answers: Answers, state: str, fresh_within_days: int) -> Iterator[tuple[View, Ask]]:
    """Yield what the pages ask for when somebody comes by their plain address, in that order."""
    view = View()
    yield View(period=ALL), choices
    yield view, HealthOf(date.today(), fresh_within_days)
    yield view, PulseOf(answers.comparison(state, view))
    yield from ((view, subject) for _, subject in STANDING)
    yield from ((view, subject) for subject in (*pages.SALES, *pages.CUSTOMERS, *pages.DATA))
