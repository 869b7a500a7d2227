"""Running queries can be cancelled, in every engine."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from regulars.core.errors import QueryCancelledError
from regulars.engines.cancel import cancel_until_done
from regulars.warehouse.warehouse import Warehouse, open_warehouse
from support.endless_query import endless_query
from support.small_shop import SHOP
from support.warehouses import build_and_open


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def location(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str | Path:
    folder = tmp_path_factory.mktemp("stop")
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    location = (
        folder / "shop.duckdb"
        if request.param == "duckdb"
        else request.getfixturevalue("postgres").address("stop")
    )
    build_and_open(location, [folder / "shop.csv"]).warehouse.close()
    return location


WAYS_TO_QUERY: dict[str, Callable[[Warehouse], object]] = {
    "stream": lambda warehouse: list(warehouse.rows(endless_query(warehouse))),
    "statement": lambda warehouse: warehouse.reader.execute(
        warehouse.reader.prepare(endless_query(warehouse)), []
    ),
}


@pytest.mark.parametrize("way", WAYS_TO_QUERY)
def test_stop_cancels_a_running_query_and_refuses_new_ones(location: str | Path, way: str) -> None:
    with open_warehouse(location) as warehouse:
        errors = []

        def query() -> None:
            try:
                WAYS_TO_QUERY[way](warehouse)
            except QueryCancelledError as error:
                errors.append(error)

        thread = Thread(target=query)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        stopped_at = monotonic()
        warehouse.stop()
        thread.join(60)
        assert len(errors) == 1
        assert monotonic() - stopped_at < 30
        with pytest.raises(QueryCancelledError):
            list(warehouse.rows(warehouse.table("dim_customer")))


def test_stopping_an_idle_warehouse_does_not_affect_others(location: str | Path) -> None:
    with open_warehouse(location) as one, open_warehouse(location) as another:
        one.stop()
        [row] = another.rows(another.ask("kpis"))
        assert row["net_sales"] == 360


def test_stop_ends_a_stream_in_the_middle(
    location: str | Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.engines.postgres.reader.ROWS_AT_A_TIME", 2)
    with open_warehouse(location) as warehouse:
        rows = warehouse.table("fact_sales")
        lines = warehouse.rows(rows.cross_join(rows.select(other=rows.quantity)).select("other"))
        next(lines)
        warehouse.stop()
        with pytest.raises(QueryCancelledError):
            list(lines)


def test_a_closed_warehouse_can_be_stopped(location: str | Path) -> None:
    warehouse = open_warehouse(location)
    warehouse.close()
    warehouse.stop()


def test_cancel_is_repeated_until_the_query_ends() -> None:
    calls: list[str] = []
    cancel_until_done(lambda: len(calls) < 3, lambda: calls.append("cancel"))
    assert calls == ["cancel"] * 3


def test_cancel_is_not_sent_if_no_query_is_running() -> None:
    calls: list[str] = []
    cancel_until_done(lambda: False, lambda: calls.append("cancel"))
    assert calls == []
