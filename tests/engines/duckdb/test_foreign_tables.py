"""Tables that other programs saved in a warehouse file survive a build."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

import regulars
from regulars.core.errors import RegularsError
from support.browser import build_small_shop

THEIRS = (
    "CREATE SCHEMA crm",
    "CREATE TABLE crm.unsubscribed (customer_id TEXT PRIMARY KEY, since DATE)",
    "INSERT INTO crm.unsubscribed VALUES ('Ann', '2024-01-02'), ('O''Neil', NULL)",
    'CREATE TABLE "my ""own"" table" AS SELECT 1.50::DECIMAL(9, 2) AS "a sum"',
    "CREATE TABLE stg_old AS SELECT 1 AS x",
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with duckdb.connect(build_small_shop(tmp_path) / "shop.duckdb") as con:
        for statement in THEIRS:
            con.execute(statement)
    return tmp_path


def query(shop: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(shop / "shop.duckdb", read_only=True) as con:
        return con.execute(sql).fetchall()


def test_other_tables_are_unchanged_after_a_build(shop: Path) -> None:
    queries = ("FROM crm.unsubscribed", 'FROM "my ""own"" table"', "FROM stg_old")
    rows = [query(shop, sql) for sql in queries]
    type_query = "SELECT data_type FROM duckdb_columns() WHERE schema_name = 'crm' ORDER BY 1"
    types = query(shop, type_query)
    regulars.build(shop / "shop.csv", warehouse=shop / "shop.duckdb")
    assert [query(shop, sql) for sql in queries] == rows
    assert query(shop, type_query) == types
    [(net_sales,)] = query(shop, "SELECT sum(net_amount) FROM fact_sales WHERE kind != 'cancelled'")
    assert net_sales == 360


def test_a_table_of_the_warehouse_is_not_carried_over(shop: Path) -> None:
    with duckdb.connect(shop / "shop.duckdb") as con:
        con.execute("CREATE OR REPLACE TABLE people AS SELECT 'Ann' AS name")
    regulars.build(shop / "shop.csv", warehouse=shop / "shop.duckdb")
    assert query(shop, "SELECT * FROM duckdb_tables() WHERE table_name = 'people'") == [] or (
        query(shop, "SELECT count(*) FROM people") == [(0,)]
    )


def test_a_failed_build_leaves_other_tables_unchanged(shop: Path) -> None:
    (shop / "bad.csv").write_text("nothing,here\n1,2\n")
    with pytest.raises(RegularsError):
        regulars.build(shop / "bad.csv", warehouse=shop / "shop.duckdb")
    assert len(query(shop, "FROM crm.unsubscribed")) == 2
