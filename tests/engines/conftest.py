"""Real orders and a small shop, in PostgreSQL and Spark."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from regulars.engines.spark.engine import Spark
from regulars.engines.spark.session import SESSION_SETTINGS
from support.postgres import Postgres, RunSql
from support.small_shop import SHOP
from support.spark import OWN_SETTINGS, Cluster
from support.warehouses import SAMPLE_FILES, BuiltWarehouse, build_and_open

WHOLE_SHOP = "REGULARS_WHOLE_SHOP" in os.environ
TWO_PARTITIONS = {"spark.sql.shuffle.partitions": "2"}


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database of its own for warehouses."""
    return postgres.new_database("warehouses")


@pytest.fixture(scope="session")
def compared_files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every fiftieth order of Online Retail II; with REGULARS_WHOLE_SHOP, all of them.

    Every third of these orders is of one of two stores, which take turns, the others of none.
    """
    path = tmp_path_factory.mktemp("compared") / "orders.parquet"
    chosen = "true" if WHOLE_SHOP else "regexp_matches(Invoice, '[05]7$')"
    number = "regexp_extract(Invoice, '[0-9]+')::INT // 10"
    store = f"CASE ({number}) % 6 WHEN 0 THEN 'Città Alta' WHEN 3 THEN 'Zürich' END AS Store"
    duckdb.read_parquet(SAMPLE_FILES).filter(chosen).project(f"*, {store}").write_parquet(str(path))
    return [str(path)]


@pytest.fixture(scope="session")
def in_duckdb(
    compared_files: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BuiltWarehouse]:
    """The orders to compare, under the standard conventions."""
    shop = build_and_open(tmp_path_factory.mktemp("in duckdb") / "shop.duckdb", compared_files)
    yield shop
    shop.warehouse.close()


@pytest.fixture(scope="session")
def in_postgres(postgres: Postgres, compared_files: list[str]) -> Iterator[BuiltWarehouse]:
    """The orders to compare, under the standard conventions."""
    shop = build_and_open(postgres.address("real"), compared_files)
    yield shop
    shop.warehouse.close()


@pytest.fixture(scope="session")
def in_spark(spark: Cluster, compared_files: list[str]) -> Iterator[BuiltWarehouse]:
    """The orders to compare, under the standard conventions, without marts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spark, "stores_marts", False)
        for name, value in (OWN_SETTINGS if WHOLE_SHOP else TWO_PARTITIONS).items():
            patch.setitem(SESSION_SETTINGS, name, value)
        shop = build_and_open(spark.address("real"), compared_files)
    yield shop
    shop.warehouse.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The small shop, as a file."""
    path = tmp_path / "shop.csv"
    path.write_text(SHOP, "utf-8")
    return path


@pytest.fixture
def location(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a new warehouse, removed after the test."""
    schema = f"test_{abs(hash(request.node.name)) % 10**9}"
    yield postgres.address(schema)
    with psycopg.connect(postgres.uri, autocommit=True) as con:
        for name in schemas_of(con, schema):
            con.execute(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture
def run_sql(postgres: Postgres) -> RunSql:
    """Run SQL directly on the server."""

    def run(query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(postgres.uri, autocommit=True) as con:
            cursor = con.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    return run


def schemas_of(con: psycopg.Connection, schema: str) -> list[str]:
    query = "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s ORDER BY nspname"
    return [name for (name,) in con.execute(query, (f"{schema}%",)).fetchall()]
