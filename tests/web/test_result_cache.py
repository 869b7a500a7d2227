"""Answers: worked out once for all who ask, and for each state of the warehouse anew."""

from contextlib import suppress
from threading import Barrier, Event, Semaphore, Thread

import pytest

import regulars
from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.insights.view import View
from regulars.web import result_cache as module
from regulars.web.result_cache import AT_ONCE, Answers
from support.browser import load_late
from support.endless_query import endless_query
from support.small_shop import SHOP

EVERYTHING = View(period="all")
OF_FRANCE, OF_MARS = (View(period="all", where={"location": (one,)}) for one in ("FR", "Mars"))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LOOKS", 0)
    (tmp_path / "shop.csv").write_text(SHOP, "utf-8")
    regulars.build(tmp_path / "shop.csv", warehouse=tmp_path / "shop.duckdb")
    return str(tmp_path / "shop.duckdb")


class Counting:
    """A subject that counts how often it is worked out."""

    def __init__(self):
        self.times = 0

    def __call__(self, shop):
        self.times += 1
        return shop.rows("kpis")[0]["net_sales"]


def test_what_many_ask_at_once_is_worked_out_once(place):
    answers, subject, found = Answers(place, Settings()), Counting(), []
    state, together = answers.state(), Barrier(10)

    def ask():
        together.wait()
        found.append(answers.of(state, EVERYTHING, subject))

    people = [Thread(target=ask) for _ in range(10)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert subject.times == 1
    assert len(found) == 10
    assert len(set(found)) == 1


class LeaveError(Exception):
    """Somebody goes on to another page."""


def test_questions_that_everybody_has_left_hold_nobody_up(place, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_TO_COME_BACK", 0)
    leaving, begun = Event(), Semaphore(0)

    def meanwhile():
        if leaving.is_set():
            raise LeaveError

    def ask():
        def subject(shop):
            begun.release()
            return shop.fetched(endless_query(shop.warehouse))

        with suppress(LeaveError):
            answers.of(state, EVERYTHING, subject)

    answers = Answers(place, Settings(), meanwhile)
    state = answers.state()
    answers.basis(state)
    people = [Thread(target=ask) for _ in range(AT_ONCE)]
    for one in people:
        one.start()
        assert begun.acquire(timeout=60)
    leaving.set()
    for one in people:
        one.join(60)
    leaving.clear()
    assert answers.of(state, OF_FRANCE, Counting()) == 105


def test_another_view_is_another_answer(place):
    answers, subject = Answers(place, Settings()), Counting()
    of_france = answers.of(answers.state(), OF_FRANCE, subject)
    assert of_france == 105  # of the shop by hand
    assert answers.of(answers.state(), EVERYTHING, subject) != of_france
    assert subject.times == 2


def test_a_load_is_another_state_and_a_list_is_not(place, tmp_path):
    answers, subject = Answers(place, Settings()), Counting()
    first = answers.state()
    before = answers.of(first, EVERYTHING, subject)
    chosen = regulars.Selection(where={"location": "UK"})
    regulars.create_list("British", chosen, warehouse=place)
    assert answers.state() == first
    load_late(tmp_path, place)
    assert answers.state() != first
    assert answers.of(answers.state(), EVERYTHING, subject) == before + 1000


def test_who_asks_for_what_there_is_not_is_told_and_the_next_asks_again(place):
    answers, subject = Answers(place, Settings()), Counting()
    for _ in range(2):
        with pytest.raises(InputError, match='No location is "Mars"'):
            answers.of(answers.state(), OF_MARS, subject)
    assert answers.of(answers.state(), EVERYTHING, subject)


def test_a_question_that_is_wrong_costs_nobody_what_was_learnt(place):
    answers, subject = Answers(place, Settings()), Counting()
    state = answers.state()
    answers.of(state, EVERYTHING, subject)
    with answers.opened(state) as before:
        learnt = before.known
    with pytest.raises(InputError):
        answers.of(state, OF_MARS, subject)
    with answers.opened(state) as one, answers.opened(state) as another:
        assert one is before
        assert another.known is one.known is learnt


def test_what_was_learnt_of_a_state_is_not_taken_for_another(place, tmp_path):
    answers, subject = Answers(place, Settings()), Counting()
    first = answers.state()
    before = answers.of(first, EVERYTHING, subject)
    with answers.opened(first) as shop:
        learnt = shop.known
    load_late(tmp_path, place)
    now = answers.state()
    assert answers.of(now, EVERYTHING, subject) == before + 1000
    with answers.opened(now) as shop:
        assert shop.known is not learnt
