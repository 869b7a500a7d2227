"""What the pages show first is worked out before anybody comes."""

import logging

from browsing import by_hand, load_late
from regulars.config import Settings
from regulars.dashboard import answers as module
from regulars.dashboard import html
from regulars.dashboard.answers import Answers
from regulars.dashboard.pages import CUSTOMERS, DATA, SALES
from regulars.dashboard.view import EVERYTHING, View
from regulars.dashboard.warming import warm_up


def test_the_first_views_are_known_without_another_question(tmp_path, monkeypatch):
    answers = Answers(str(by_hand(tmp_path) / "shop.duckdb"), Settings())
    assert warm_up(answers, 7) == answers.state()
    monkeypatch.delattr(Answers, "opened")
    monkeypatch.delattr(html, "_template")
    for view, subjects in ((View(), [*SALES, *CUSTOMERS]), (EVERYTHING, DATA)):
        for subject in subjects:
            answers.drawn(answers.state(), view, subject, html.section)


def test_another_state_is_worked_out_as_well_and_the_same_is_not(tmp_path, monkeypatch):
    folder = by_hand(tmp_path)
    answers = Answers(str(folder / "shop.duckdb"), Settings())
    first = warm_up(answers, 7)
    load_late(folder, folder / "shop.duckdb")
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LOOKS", 0)
    second = warm_up(answers, 7, first)
    assert second != first
    monkeypatch.delattr(Answers, "opened")
    assert warm_up(answers, 7, second) == second
    answers.drawn(second, View(), SALES[0], html.section)


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
