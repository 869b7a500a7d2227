"""What the pages show first is worked out before anybody comes."""

import logging

from browsing import by_hand
from regulars.config import Settings
from regulars.dashboard import html
from regulars.dashboard.answers import Answers
from regulars.dashboard.pages import CUSTOMERS, DATA, SALES
from regulars.dashboard.view import View
from regulars.dashboard.warming import warm_up


def test_the_first_views_are_known_without_another_question(tmp_path, monkeypatch):
    answers = Answers(str(by_hand(tmp_path) / "shop.duckdb"), Settings())
    warm_up(answers, 7).join(120)
    monkeypatch.delattr(Answers, "opened")
    monkeypatch.delattr(html, "_template")
    for subject in (*SALES, *CUSTOMERS, *DATA):
        answers.drawn(answers.state(), View(), subject, html.section)


def test_without_a_warehouse_nothing_is_said(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        warm_up(Answers(str(tmp_path / "shop.duckdb"), Settings()), 7).join(120)
    assert caplog.records == []


def test_what_goes_wrong_is_logged_and_harms_nobody(tmp_path, caplog, monkeypatch):
    def broken(_):
        raise ZeroDivisionError

    monkeypatch.setattr(Answers, "state", broken)
    with caplog.at_level(logging.INFO):
        warm_up(Answers(str(tmp_path / "shop.duckdb"), Settings()), 7).join(120)
    [told] = caplog.records
    assert told.levelno == logging.INFO
