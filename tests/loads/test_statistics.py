"""After a load, PostgreSQL has up-to-date statistics of the tables that changed."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from support.loaded_warehouse import LoadedWarehouse, line
from support.postgres import Postgres

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def query_pairs(shop: LoadedWarehouse, postgres: Postgres) -> Callable[[str], dict[str, int]]:
    """Return a function that runs a query with two columns, given the schema of the warehouse."""
    schema = shop.location.rpartition("schema=")[2] + "_1"

    def run(query: str) -> dict[str, int]:
        with psycopg.connect(postgres.uri) as con:
            return dict(con.execute(query, {"schema": schema}).fetchall())

    return run


@pytest.fixture
def hundred_more(shop: LoadedWarehouse) -> Path:
    """A warehouse with one order, and a file with a hundred others of the same day."""
    shop.build(shop.file("1.csv", [line("0")]))
    return shop.file("2.csv", [line(str(number), "mug") for number in range(1, 101)])


def test_the_server_knows_how_many_rows_each_table_has(
    shop: LoadedWarehouse,
    query_pairs: Callable[[str], dict[str, int]],
    postgres: Postgres,
    hundred_more: Path,
) -> None:
    shop.load(hundred_more)
    estimates = query_pairs(
        "SELECT oid::regclass::text, reltuples FROM pg_class "
        "WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r'"
    )
    with psycopg.connect(postgres.uri) as con:
        for table, rows in estimates.items():
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
            assert con.execute(count).fetchone() == (rows,), table
    assert {rows for name, rows in estimates.items() if name.endswith("fact_sales")} == {101}


def test_unchanged_tables_are_not_analysed_again(
    shop: LoadedWarehouse, query_pairs: Callable[[str], dict[str, int]], hundred_more: Path
) -> None:
    times = "SELECT relname, analyze_count FROM pg_stat_all_tables WHERE schemaname = %(schema)s"
    before = query_pairs(times)
    shop.load(hundred_more)
    again = {name for name, count in query_pairs(times).items() if count > before[name]}
    assert again >= {"fact_sales", "dim_order", "dim_product", "order_lines", "mart_segments"}
    assert not again & {"dim_date", "quarantine", "superseded_lines", "confirmed_orders"}
