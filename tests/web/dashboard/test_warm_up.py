"""What the pages show first is worked out before anybody comes."""

import logging

from regulars.core.settings import Settings
from regulars.insights.html import fragments
from regulars.insights.view import EVERYTHING, View
from regulars.web import result_cache as module
from regulars.web.result_cache import Answers
from regulars.web.dashboard.pages.overview import CUSTOMERS, DATA, SALES
from regulars.web.dashboard.warm_up import warm_up
from support.browser import build_small_shop, load_late


def test_the_first_views_are_known_without_another_question(tmp_path, monkeypatch):
    answers = Answers(str(build_small_shop(tmp_path) / "shop.duckdb"), Settings())
    assert warm_up(answers, 7) == answers.state()
    monkeypatch.delattr(Answers, "opened")
    monkeypatch.delattr(fragments, "_template")
    for view, subjects in ((View(), [*SALES, *CUSTOMERS]), (EVERYTHING, DATA)):
        for subject in subjects:
            answers.drawn(answers.state(), view, subject, fragments.section)


def test_another_state_is_worked_out_as_well_and_the_same_is_not(tmp_path, monkeypatch):
    folder = build_small_shop(tmp_path)
    answers = Answers(str(folder / "shop.duckdb"), Settings())
    first = warm_up(answers, 7)
    load_late(folder, folder / "shop.duckdb")
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LOOKS", 0)
    second = warm_up(answers, 7, first)
    assert second != first
    monkeypatch.delattr(Answers, "opened")
    assert warm_up(answers, 7, second) == second
    answers.drawn(second, View(), SALES[0], fragments.section)


def test_without_a_warehouse_nothing_is_said(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        warm_up(Answers(str(tmp_path / "shop.duckdb"), Settings()), 7)
    assert caplog.records == []


def test_what_goes_wrong_is_logged_and_harms_nobody(tmp_path, caplog, monkeypatch):
    def broken(_):
        raise ZeroDivisionError

    monkeypatch.setattr(Answers, "state", broken)
    with caplog.at_level(logging.INFO):
        warm_up(Answers(str(tmp_path / "shop.duckdb"), Settings()), 7)
    [told] = caplog.records
    assert told.levelno == logging.INFO
