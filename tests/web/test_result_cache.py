"""The result cache: one computation for all users, repeated for each version of the warehouse."""

from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Event, Semaphore, Thread
from typing import Any

import pytest

import regulars
from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.insights.scope import Scope
from regulars.insights.view import View
from regulars.web import result_cache as module
from regulars.web.result_cache import MAX_PARALLEL_QUERIES, ResultCache
from support.browser import load_late
from support.endless_query import endless_query
from support.small_shop import SHOP

EVERYTHING = View(period="all")
FRANCE, MARS = (View(period="all", where={"location": (name,)}) for name in ("FR", "Mars"))


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(module, "VERSION_CHECK_SECONDS", 0)
    (tmp_path / "shop.csv").write_text(SHOP, "utf-8")
    regulars.build(tmp_path / "shop.csv", warehouse=tmp_path / "shop.duckdb")
    return str(tmp_path / "shop.duckdb")


class CountingSection:
    """A section that counts how often it is computed."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, scope: Scope) -> Decimal:
        self.calls += 1
        net_sales: Decimal = scope.rows("kpis")[0]["net_sales"]
        return net_sales


def test_parallel_requests_share_one_computation(warehouse: str) -> None:
    results, section, sums = ResultCache(warehouse, Settings()), CountingSection(), []
    version, together = results.version(), Barrier(10)

    def ask() -> None:
        together.wait()
        sums.append(results.get(version, EVERYTHING, section))

    threads = [Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert section.calls == 1
    assert len(sums) == 10
    assert len(set(sums)) == 1


class LeaveError(Exception):
    """A user opens another page."""


def test_abandoned_queries_do_not_block_others(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0)
    leaving, started = Event(), Semaphore(0)

    def while_waiting() -> None:
        if leaving.is_set():
            raise LeaveError

    def ask() -> None:
        def section(scope: Scope) -> list[dict[str, Any]]:
            started.release()
            return scope.fetch(endless_query(scope.warehouse))

        with suppress(LeaveError):
            results.get(version, EVERYTHING, section)

    results = ResultCache(warehouse, Settings(), while_waiting)
    version = results.version()
    results.summary(version)
    threads = [Thread(target=ask) for _ in range(MAX_PARALLEL_QUERIES)]
    for thread in threads:
        thread.start()
        assert started.acquire(timeout=60)
    leaving.set()
    for thread in threads:
        thread.join(60)
    leaving.clear()
    assert results.get(version, FRANCE, CountingSection()) == 105


def test_each_view_has_its_own_result(warehouse: str) -> None:
    results, section = ResultCache(warehouse, Settings()), CountingSection()
    france = results.get(results.version(), FRANCE, section)
    assert france == 105  # from the 30-line shop
    assert results.get(results.version(), EVERYTHING, section) != france
    assert section.calls == 2


def test_load_makes_a_new_version_and_saved_list_does_not(warehouse: str, tmp_path: Path) -> None:
    results, section = ResultCache(warehouse, Settings()), CountingSection()
    first = results.version()
    before = results.get(first, EVERYTHING, section)
    selection = regulars.Selection(where={"location": "UK"})
    regulars.create_list("British", selection, warehouse=warehouse)
    assert results.version() == first
    load_late(tmp_path, warehouse)
    assert results.version() != first
    assert results.get(results.version(), EVERYTHING, section) == before + 1000


def test_unknown_filter_value_raises_each_time(warehouse: str) -> None:
    results, section = ResultCache(warehouse, Settings()), CountingSection()
    for _ in range(2):
        with pytest.raises(InputError, match='No location is "Mars"'):
            results.get(results.version(), MARS, section)
    assert results.get(results.version(), EVERYTHING, section)


def test_invalid_query_keeps_the_query_cache(warehouse: str) -> None:
    results, section = ResultCache(warehouse, Settings()), CountingSection()
    version = results.version()
    results.get(version, EVERYTHING, section)
    with results.borrow(version) as first:
        queries = first.cache
    with pytest.raises(InputError):
        results.get(version, MARS, section)
    with results.borrow(version) as again, results.borrow(version) as second:
        assert again is first
        assert second.cache is again.cache is queries


def test_new_version_starts_with_an_empty_query_cache(warehouse: str, tmp_path: Path) -> None:
    results, section = ResultCache(warehouse, Settings()), CountingSection()
    first = results.version()
    before = results.get(first, EVERYTHING, section)
    with results.borrow(first) as opened:
        queries = opened.cache
    load_late(tmp_path, warehouse)
    now = results.version()
    assert results.get(now, EVERYTHING, section) == before + 1000
    with results.borrow(now) as opened:
        assert opened.cache is not queries
