"""The oldest supported PostgreSQL gives the same results as the newest."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import regulars as rg
from regulars.core.errors import WarehouseError
from support.equality import analysis_calls, same_value
from support.postgres import Postgres, running_postgres
from support.small_shop import SHOP
from support.warehouses import STAR, BuiltWarehouse, build_and_open

CALLS = [
    (name, options)
    for name, options in analysis_calls()
    if not options or options.get("by") in ("customer", "product")
]
"""Every analysis, and those by names, which are sorted. Other options call the same functions."""

BY_NAME = ("kpis", "sales_by", "rfm", "lines", "customer_summary", "product_summary")
"""Analyses that are sorted by names, and one that is not."""

SOME_CALLS = [(name, options) for name, options in CALLS if name in BY_NAME]


@pytest.fixture(scope="module")
def older() -> Iterator[Postgres]:
    """A PostgreSQL 16 server, which lacks the collation pg_c_utf8."""
    with running_postgres(version=16) as server:
        yield server


@pytest.mark.parametrize(
    "calls", [SOME_CALLS, pytest.param(CALLS, marks=pytest.mark.thorough)], ids=["some", "every"]
)
def test_analyses_give_the_same_results_on_an_older_server(
    older: Postgres,
    write: Callable[..., Path],
    build_shop: Callable[..., BuiltWarehouse],
    calls: list[tuple[str, dict[str, Any]]],
) -> None:
    """The small shop, with names in lower case, so that the collation matters."""
    source = write(SHOP.replace(",Bob,", ",bob,").replace(",Hat,", ",hat,").replace(",FR,", ",fr,"))
    shop, there = build_shop(source), build_and_open(older.address("shop"), [source])
    try:
        for name, options in calls:
            expected = shop.ask(name, **options)
            actual = there.ask(name, **options)
            assert len(actual) == len(expected)
            for ours, theirs in zip(actual, expected, strict=True):
                assert ours.keys() == theirs.keys()
                assert all(same_value(ours[column], theirs[column]) for column in ours), name
        for table in STAR:
            rows = list(there.warehouse.rows(there.warehouse.table(table)))
            assert sorted(rows, key=repr) == sorted(shop.table(table), key=repr)
    finally:
        there.warehouse.close()


def test_the_older_server_really_is_version_16(older: Postgres) -> None:
    import psycopg

    with psycopg.connect(older.uri) as con:
        assert con.info.server_version // 10_000 == 16


def test_an_unsupported_server_version_is_refused(
    older: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.engines.postgres.connection.OLDEST", 17)
    with pytest.raises(WarehouseError, match=r"is PostgreSQL 16; Regulars needs 17 or newer"):
        rg.open_warehouse(older.address("shop"))
