"""The pages as everybody sees them first, worked out before somebody does."""

import logging
from concurrent.futures import CancelledError
from datetime import date
from threading import Thread
from time import sleep

from regulars.core.errors import RegularsError
from regulars.insights.html import fragments
from regulars.insights.sections.today import HealthOf, choices
from regulars.insights.view import EVERYTHING, View
from regulars.web.result_cache import Answers, MovedError
from regulars.web.dashboard.pages import overview

_log = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 30


def keep_warm(answers: Answers, fresh_within_days: int, *, with_views: bool = True) -> Thread:
    """Begin to work out what the pages show at first, of each state of the warehouse.

    So the first who comes in the morning finds last night's data worked out, and connections to
    what was published before are let go. Who comes meanwhile is not kept waiting: they take part in
    what is being worked out, and what they ask beside it has its turn at once.

    with_views  whether to work anything out, or only to let go
    """
    thread = Thread(
        target=_keep_warm, args=(answers, fresh_within_days, with_views), name="regulars-warm",
        daemon=True,
    )  # fmt: skip
    thread.start()
    return thread


def _keep_warm(answers: Answers, fresh_within_days: int, with_views: bool) -> None:
    warm = ""
    while True:
        warm = warm_up(answers, fresh_within_days, warm, with_views=with_views)
        sleep(SECONDS_BETWEEN_LOOKS)


def warm_up(
    answers: Answers, fresh_within_days: int, warm: str = "", *, with_views: bool = True
) -> str:
    """Work out what the pages show at first, if the warehouse is in another state than one.

    Looking at its state lets go of what was published before. Returns the state that is worked out.
    """
    state = warm
    try:
        state = answers.state()
        if with_views and state != warm:
            _first_seen(answers, state, fresh_within_days)
    except (RegularsError, MovedError, CancelledError) as error:
        # There is no warehouse yet, or it has just changed, or the server ends.
        _log.debug("Nothing is worked out beforehand: %s", error)
        return warm
    except Exception:
        _log.info("The first views could not be worked out beforehand", exc_info=True)
    return state


def _first_seen(answers: Answers, state: str, fresh_within_days: int) -> None:
    """Have worked out what the pages show who comes by their plain address, in that order."""
    view = View()
    answers.of(state, EVERYTHING, choices)
    answers.of(state, view, HealthOf(date.today(), fresh_within_days))
    answers.drawn(state, view, overview.headlines_of(answers, state, view), fragments.headlines)
    for _, subject in overview.key_findings_of(answers, state, view):
        answers.of(state, view, subject)
    for subject in (*overview.sales_of(answers, state, view), *overview.CUSTOMERS):
        answers.drawn(state, view, subject, fragments.section)
    for subject in overview.DATA:
        answers.drawn(state, EVERYTHING, subject, fragments.section)
