"""A question that nobody waits for is broken off, whatever engine it was asked of."""

from threading import Thread
from time import monotonic

import pytest

from regulars.core.errors import QueryCancelledError
from regulars.engines.cancel import cancel_until_done
from regulars.warehouse.warehouse import open_warehouse
from support.endless_query import endless_query
from support.small_shop import SHOP
from support.warehouses import build_and_open


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def place(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stop")
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    file = folder / "shop.duckdb"
    where = (
        file if request.param == "duckdb" else request.getfixturevalue("postgres").address("stop")
    )
    build_and_open(where, [folder / "shop.csv"]).warehouse.close()
    return where


def ways():
    return {
        "as rows": lambda one: list(one.rows(endless_query(one))),
        "as a statement": lambda one: one.reader.execute(
            one.reader.prepare(endless_query(one)), []
        ),
    }


@pytest.mark.parametrize("way", ways())
def test_what_is_being_asked_ends_and_nothing_more_is_answered(place, way):
    with open_warehouse(place) as warehouse:
        told = []

        def ask():
            try:
                ways()[way](warehouse)
            except QueryCancelledError as error:
                told.append(error)

        asking = Thread(target=ask)
        asking.start()
        asking.join(0.5)
        assert asking.is_alive()
        begun = monotonic()
        warehouse.stop()
        asking.join(60)
        assert len(told) == 1
        assert monotonic() - begun < 30
        with pytest.raises(QueryCancelledError):
            list(warehouse.rows(warehouse.table("dim_customer")))


def test_a_warehouse_that_answers_nothing_can_be_stopped_and_others_answer_on(place):
    with open_warehouse(place) as one, open_warehouse(place) as another:
        one.stop()
        [row] = another.rows(another.ask("kpis"))
        assert row["net_sales"] == 360


def test_a_long_answer_ends_where_it_is(place, monkeypatch):
    monkeypatch.setattr("regulars.engines.postgres.reader.ROWS_AT_A_TIME", 2)
    with open_warehouse(place) as warehouse:
        rows = warehouse.table("fact_sales")
        lines = warehouse.rows(rows.cross_join(rows.select(other=rows.quantity)).select("other"))
        next(lines)
        warehouse.stop()
        with pytest.raises(QueryCancelledError):
            list(lines)


def test_one_that_is_closed_can_be_stopped(place):
    warehouse = open_warehouse(place)
    warehouse.close()
    warehouse.stop()


def test_an_engine_that_forgets_is_told_again_until_it_ends():
    told = []
    cancel_until_done(lambda: len(told) < 3, lambda: told.append("stop"))
    assert told == ["stop"] * 3


def test_an_engine_that_has_ended_is_told_nothing():
    told = []
    cancel_until_done(lambda: False, lambda: told.append("stop"))
    assert told == []
