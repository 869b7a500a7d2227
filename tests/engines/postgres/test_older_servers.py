"""Another server than the newest: the same figures."""

import pytest

import regulars as rg
from regulars.core.errors import WarehouseError
from support.equality import analysis_calls, same_value
from support.postgres import running_postgres
from support.small_shop import SHOP
from support.warehouses import STAR, build_and_open


@pytest.fixture(scope="module")
def older():
    """A server of PostgreSQL 16, which lacks the collation that later ones bring."""
    with running_postgres(version=16) as server:
        yield server


def test_every_answer_is_the_same_there(older, write, build_shop):
    """The shop drawn by hand, with names that people sort otherwise than by their bytes."""
    source = write(SHOP.replace(",Bob,", ",bob,").replace(",Hat,", ",hat,").replace(",FR,", ",fr,"))
    shop, there = build_shop(source), build_and_open(older.address("shop"), [source])
    try:
        for name, options in analysis_calls():
            expected = shop.ask(name, **options)
            found = list(there.warehouse.rows(there.warehouse.ask(name, **options)))
            assert len(found) == len(expected)
            for ours, theirs in zip(found, expected, strict=True):
                assert ours.keys() == theirs.keys()
                assert all(same_value(ours[column], theirs[column]) for column in ours), name
        for table in STAR:
            rows = list(there.warehouse.rows(there.warehouse.table(table)))
            assert sorted(rows, key=repr) == sorted(shop.table(table), key=repr)
    finally:
        there.warehouse.close()


def test_the_older_server_is_what_it_says(older):
    import psycopg

    with psycopg.connect(older.uri) as con:
        assert con.info.server_version // 10_000 == 16


def test_a_server_that_is_too_old_is_told_so(older, monkeypatch):
    monkeypatch.setattr("regulars.engines.postgres.connection.OLDEST", 17)
    with pytest.raises(WarehouseError, match=r"is PostgreSQL 16; Regulars needs 17 or newer"):
        rg.open_warehouse(older.address("shop"))
