"""A sync reads the database in its address, and no other on the same server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.core.errors import MappingError, SourceError
from support.mariadb import MariaDB
from support.synced_warehouse import ShopDatabase, SyncedWarehouse

SALES = (
    "CREATE TABLE {} (order_id INT, ordered_at DATE, customer_id INT, product_name VARCHAR(20), "
    "quantity INT, unit_price DECIMAL(9, 2))"
)
ROW = "INSERT INTO {} VALUES (1, '2024-01-01', 1, '{}', 1, {})"


@pytest.fixture
def woo(mariadb: MariaDB, tmp_path: Path) -> Iterator[SyncedWarehouse]:
    """The database woo, without a table of sales, beside the database other, which has one."""
    address = mariadb.new_database("woo")
    mariadb.new_database("other")
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute(SALES.format("other.sales"))
        cursor.execute(ROW.format("other.sales", "SECRET", 999))
        cursor.execute("CREATE TABLE woo.notes (note VARCHAR(20))")
        connection.commit()
    yield SyncedWarehouse(address, str(tmp_path / "warehouse.duckdb"))
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE woo")
        cursor.execute("DROP DATABASE other")


def test_tables_of_another_database_are_neither_read_nor_named(woo: SyncedWarehouse) -> None:
    with pytest.raises(SourceError, match="has no table with order") as error:
        woo.sync()
    assert "notes" in str(error.value)
    assert "sales" not in str(error.value)


def test_a_table_of_another_database_cannot_be_chosen(woo: SyncedWarehouse) -> None:
    with pytest.raises(SourceError, match=r'has no table "other\.sales"'):
        woo.sync(table="other.sales")


def test_a_table_of_the_same_name_is_that_of_the_database(
    woo: SyncedWarehouse, mariadb: MariaDB
) -> None:
    with mariadb.connect("woo") as connection, connection.cursor() as cursor:
        cursor.execute(SALES.format("sales"))
        cursor.execute(ROW.format("sales", "Tea", 10))
        connection.commit()
    report = woo.sync()
    assert report.total("accepted")[1] == 10
    with pytest.raises(SourceError, match=r'has no table "other\.sales"'):
        woo.sync(table="other.sales")


def test_schemas_of_postgresql_are_not_mixed(
    database: ShopDatabase, synced: SyncedWarehouse
) -> None:
    connection = database[1]
    connection.execute("CREATE SCHEMA archive")
    for table, price in (("sales", 10), ("archive.sales", 999)):
        connection.execute(SALES.format(table))
        connection.execute(ROW.format(table, "Tea", price))
    connection.commit()
    with pytest.raises(SourceError, match=r"several tables(?s:.*)archive\.sales"):
        synced.sync()
    assert synced.sync(table="public.sales").total("accepted")[1] == 10


def test_a_column_of_json_needs_a_query(database: ShopDatabase, synced: SyncedWarehouse) -> None:
    connection = database[1]
    connection.execute(SALES.format("sales").replace("VARCHAR(20)", "JSONB"))
    connection.execute(ROW.format("sales", '{"en_US": "Tea"}', 10))
    connection.commit()
    with pytest.raises(MappingError, match=r'"product_name" holds JSON(?s:.*)query = '):
        synced.sync()
