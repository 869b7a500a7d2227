"""What somebody else keeps in the file of a warehouse outlasts a build, as it does a load."""

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
def shop(tmp_path):
    with duckdb.connect(build_small_shop(tmp_path) / "shop.duckdb") as con:
        for statement in THEIRS:
            con.execute(statement)
    return tmp_path


def asked(shop, sql):
    with duckdb.connect(shop / "shop.duckdb", read_only=True) as con:
        return con.execute(sql).fetchall()


def test_tables_of_others_are_there_after_a_build_as_they_were(shop):
    told = ("FROM crm.unsubscribed", 'FROM "my ""own"" table"', "FROM stg_old")
    before = [asked(shop, sql) for sql in told]
    types = "SELECT data_type FROM duckdb_columns() WHERE schema_name = 'crm' ORDER BY 1"
    kinds = asked(shop, types)
    regulars.build(shop / "shop.csv", warehouse=shop / "shop.duckdb")
    assert [asked(shop, sql) for sql in told] == before
    assert asked(shop, types) == kinds
    [(net_sales,)] = asked(shop, "SELECT sum(net_amount) FROM fact_sales WHERE kind != 'cancelled'")
    assert net_sales == 360


def test_a_table_of_ours_is_not_taken_over_from_the_build_before(shop):
    with duckdb.connect(shop / "shop.duckdb") as con:
        con.execute("CREATE OR REPLACE TABLE people AS SELECT 'Ann' AS name")
    regulars.build(shop / "shop.csv", warehouse=shop / "shop.duckdb")
    assert asked(shop, "SELECT * FROM duckdb_tables() WHERE table_name = 'people'") == [] or (
        asked(shop, "SELECT count(*) FROM people") == [(0,)]
    )


def test_a_build_that_fails_leaves_them(shop):
    (shop / "bad.csv").write_text("nothing,here\n1,2\n")
    with pytest.raises(RegularsError):
        regulars.build(shop / "bad.csv", warehouse=shop / "shop.duckdb")
    assert len(asked(shop, "FROM crm.unsubscribed")) == 2
