"""The first views are computed before anyone opens them."""

import logging
from pathlib import Path

import pytest

from regulars.core.settings import Settings
from regulars.insights.html import fragments
from regulars.insights.view import EVERYTHING, View
from regulars.web import result_cache as module
from regulars.web.dashboard.pages.figures import CUSTOMERS, DATA, SALES
from regulars.web.dashboard.warm_up import warm_up
from regulars.web.result_cache import ResultCache
from support.browser import build_small_shop, load_late


def test_first_views_need_no_further_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = ResultCache(str(build_small_shop(tmp_path) / "shop.duckdb"), Settings())
    assert warm_up(results) == results.version()
    monkeypatch.delattr(ResultCache, "borrow")
    monkeypatch.delattr(fragments, "_parts")
    for view, sections in ((View(), [*SALES, *CUSTOMERS]), (EVERYTHING, DATA)):
        for section in sections:
            results.html(results.version(), view, section, fragments.section)


def test_only_a_new_version_is_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build_small_shop(tmp_path)
    results = ResultCache(str(folder / "shop.duckdb"), Settings())
    first = warm_up(results)
    load_late(folder, folder / "shop.duckdb")
    monkeypatch.setattr(module, "VERSION_CHECK_SECONDS", 0)
    second = warm_up(results, first)
    assert second != first
    monkeypatch.delattr(ResultCache, "borrow")
    assert warm_up(results, second) == second
    results.html(second, View(), SALES[0], fragments.section)


def test_missing_warehouse_is_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        warm_up(ResultCache(str(tmp_path / "shop.duckdb"), Settings()))
    assert caplog.records == []


def test_unexpected_error_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ResultCache, "version", broken)
    with caplog.at_level(logging.INFO):
        warm_up(ResultCache(str(tmp_path / "shop.duckdb"), Settings()))
    [record] = caplog.records
    assert record.levelno == logging.INFO
