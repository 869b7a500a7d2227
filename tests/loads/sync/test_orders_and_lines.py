"""A sync replaces whole orders, including their quarantined rows."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from regulars.core.errors import SourceError
from regulars.demo.sample_shop import DemoShop
from regulars.loads.report import LoadReport
from regulars.warehouse.quarantine import pending_rows
from support.mariadb import MariaDB
from support.synced_warehouse import ShopDatabase, SyncedWarehouse, source_lines

CREATE = (
    "CREATE TABLE sales (order_id text, order_date timestamp, customer_id text, sku text, "
    "quantity integer, price numeric(9, 2), updated_at timestamp)"
)
PROFILE = '[database]\nchanged = "updated_at"\n'


class Sales:
    """A shop in one table; every change moves its clock by an hour."""

    def __init__(
        self, connection: psycopg.Connection, synced: SyncedWarehouse, profile: str | None
    ) -> None:
        self.connection, self.synced, self.profile = connection, synced, profile
        self.hour = 0
        connection.execute(CREATE)
        connection.commit()

    def add(
        self, order: str | None, sku: str = "tea", price: str | None = "2.50", quantity: int = 1
    ) -> None:
        self.run("INSERT INTO sales VALUES (%s, '2024-03-05', 'Ann', %s, %s, %s, {now})",
                 order, sku, quantity, price)  # fmt: skip

    def run(self, statement: str, *values: object) -> None:
        self.hour += 1
        now = f"timestamp '2024-03-05' + interval '{self.hour} hours'"
        self.connection.execute(statement.format(now=now), values or None)
        self.connection.commit()

    def sync(self) -> LoadReport:
        return self.synced.sync(profile=self.profile, table="sales")

    def net_amounts(self) -> dict[str, Decimal]:
        return {
            row["order_id"]: row["net_amount"] for row in self.synced.warehouse.rows("order_lines")
        }

    def quarantined(self) -> list[str | None]:
        with self.synced.warehouse.open() as warehouse:
            return [row["order_id"] for row in warehouse.rows(pending_rows(warehouse))]


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "sales.toml"
    path.write_text(PROFILE)
    return str(path)


@pytest.fixture
def sales(database: ShopDatabase, synced: SyncedWarehouse, profile: str) -> Sales:
    return Sales(database[1], synced, profile)


@pytest.fixture
def sales_on_any_engine(
    database: ShopDatabase, synced_on_any_engine: SyncedWarehouse, profile: str
) -> Sales:
    return Sales(database[1], synced_on_any_engine, profile)


def test_a_quarantined_row_stays_when_other_lines_of_its_order_change(
    sales_on_any_engine: Sales,
) -> None:
    sales = sales_on_any_engine
    sales.add("1")
    sales.add("1", "mug", price=None)
    sales.sync()
    sales.run("UPDATE sales SET price = 9, updated_at = {now} WHERE sku = 'tea'")
    assert sales.sync().orders.changed == 1
    assert sales.quarantined() == ["1"]
    assert sales.sync().load == 0
    assert len(sales.synced.warehouse.rows("superseded_lines")) == 1


def test_an_order_without_valid_lines_is_removed(sales_on_any_engine: Sales) -> None:
    sales = sales_on_any_engine
    sales.add("1")
    sales.add("2")
    sales.sync()
    sales.run("UPDATE sales SET price = NULL, updated_at = {now} WHERE order_id = '1'")
    assert sales.sync().orders.removed == 1
    assert sales.net_amounts() == {"2": 2.5}
    assert sales.quarantined() == ["1"]
    assert sales.sync().load == 0
    sales.run("UPDATE sales SET price = 3, updated_at = {now} WHERE order_id = '1'")
    assert sales.sync().orders.new == 1
    assert sales.net_amounts() == {"1": 3, "2": 2.5}
    assert sales.quarantined() == []


def test_a_deleted_row_leaves_the_quarantine(sales: Sales) -> None:
    sales.add("1")
    sales.add("1", "mug", price=None)
    sales.add("2", price=None)
    sales.add("3")
    sales.sync()
    assert sorted(sales.quarantined(), key=str) == ["1", "2"]
    sales.run("DELETE FROM sales WHERE price IS NULL")
    assert sales.sync().load
    assert sales.quarantined() == []
    assert sales.sync().load == 0


def test_each_of_several_identical_malformed_rows_is_quarantined(sales: Sales) -> None:
    sales.add("1")
    sales.add("1", "mug", price=None)
    sales.add(None)
    sales.sync()
    hour = sales.hour
    for _ in range(2):
        sales.run("INSERT INTO sales SELECT * FROM sales WHERE order_id = '1' AND price IS NULL "
                  "LIMIT 1")  # fmt: skip
        sales.run("INSERT INTO sales SELECT * FROM sales WHERE order_id IS NULL LIMIT 1")
    assert sales.hour == hour + 4
    sales.sync()
    assert sorted(sales.quarantined(), key=str) == ["1", "1", "1", None, None, None]
    assert sales.sync().load == 0


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("uuid", "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"),
        ("text", " B1", "B2"),
        ("double precision", "123456", "7"),
        ("bigint", "12", "13"),
        ("char(6)", "x1", "x2"),
        ("text", "Übung/7", "Übung/8"),
    ],
)
def test_a_deleted_order_is_removed_for_every_type_of_id(
    type_: str, one: str, other: str, database: ShopDatabase, synced: SyncedWarehouse
) -> None:
    sales = Sales(database[1], synced, None)
    sales.run(f"ALTER TABLE sales ALTER order_id TYPE {type_} USING NULL")
    for number in (one, other):
        sales.add(number)
    sales.sync()
    assert set(sales.net_amounts()) == {one.strip(), other}
    sales.run("DELETE FROM sales WHERE order_id = %s", one)
    assert sales.sync().orders.removed == 1
    assert set(sales.net_amounts()) == {other}


def test_ids_that_differ_in_blanks_are_one_order(sales: Sales) -> None:
    sales.add("A1")
    sales.add("A1 ", "mug")
    sales.sync()
    sales.run("UPDATE sales SET price = 4, updated_at = {now} WHERE order_id = 'A1 '")
    sales.sync()
    lines = sales.synced.warehouse.rows("order_lines")
    assert sorted(row["unit_price"] for row in lines) == [2.5, 4]


def test_ids_that_only_mariadb_considers_equal_are_several_orders(
    mariadb: MariaDB, tmp_path: Path
) -> None:
    address = mariadb.new_database("alike")
    with mariadb.connect("alike") as connection, connection.cursor() as cursor:
        cursor.execute(CREATE.replace("text", "varchar(20)").replace("timestamp", "datetime(6)"))
        for order in ("a1", "A1", "ä1"):
            cursor.execute("INSERT INTO sales VALUES (%s, '2024-03-05', 'Ann', 'tea', 1, 2, now())",
                           (order,))  # fmt: skip
        connection.commit()
    synced = SyncedWarehouse(address, str(tmp_path / "w.duckdb"))
    synced.sync(table="sales")
    assert {row["order_id"] for row in synced.warehouse.rows("order_lines")} == {"a1", "A1", "ä1"}
    assert synced.sync(table="sales").load == 0


@pytest.mark.parametrize(("type_", "price"), [("money", 2.5), ("real", 123456.78)])
def test_prices_are_read_exactly(
    type_: str, price: float, database: ShopDatabase, synced: SyncedWarehouse
) -> None:
    sales = Sales(database[1], synced, None)
    sales.run(f"ALTER TABLE sales ALTER price TYPE {type_} USING NULL")
    sales.run(f"INSERT INTO sales VALUES ('1', '2024-03-05', 'Ann', 'tea', 1, {price})")
    sales.sync()
    assert float(sales.net_amounts()["1"]) == price


def test_a_line_without_a_date_does_not_stop_the_sync(sales: Sales) -> None:
    sales.add("1")
    sales.add("1", "mug")
    sales.add("2")
    sales.run("UPDATE sales SET order_date = NULL WHERE sku = 'mug'")
    sales.run("UPDATE sales SET order_date = 'infinity' WHERE order_id = '2'")
    sales.sync()
    assert sales.net_amounts() == {"1": 2.5}
    assert sorted(sales.quarantined(), key=str) == ["1", "2"]


def test_a_changed_mapping_reads_everything_again_with_a_warning(
    sales: Sales, tmp_path: Path
) -> None:
    sales.run("ALTER TABLE sales ADD offer numeric(9, 2) DEFAULT 1")
    sales.add("1")
    sales.add("2")
    sales.sync()
    path = tmp_path / "sales.toml"
    path.write_text(PROFILE + '[columns]\nunit_price = "offer"\n')
    report = sales.sync()
    assert sales.net_amounts() == {"1": 1, "2": 1}
    assert "all lines were read again" in " ".join(report.warnings)
    assert sales.sync().load == 0


def test_a_timestamp_in_the_future_does_not_hide_changes(sales: Sales) -> None:
    sales.add("1")
    sales.run("UPDATE sales SET updated_at = '2999-01-01'")
    sales.sync()
    sales.run("INSERT INTO sales VALUES ('2', '2024-03-05', 'Ann', 'tea', 1, 2, now())")
    sales.sync()
    sales.run("UPDATE sales SET price = 7, updated_at = now() WHERE order_id = '2'")
    sales.sync()
    assert sales.net_amounts()["2"] == 7


def test_text_dates_are_read_in_the_format_of_the_first_sync(
    database: ShopDatabase, synced: SyncedWarehouse
) -> None:
    sales = Sales(database[1], synced, None)
    sales.run("ALTER TABLE sales ALTER order_date TYPE text USING ''")
    for order, day in (("1", "25/12/2023"), ("2", "04/03/2024")):
        sales.run(f"INSERT INTO sales VALUES ('{order}', '{day}', 'Ann', 'tea', 1, 2)")
    synced.sync(table="sales")
    sales.run("INSERT INTO sales VALUES ('3', '05/03/2024', 'Ann', 'tea', 1, 2)")
    synced.sync(table="sales")
    days = {row["order_id"]: row["ordered_at"] for row in synced.warehouse.rows("order_lines")}
    assert (days["3"].month, days["3"].day) == (3, 5)


def test_undoing_a_sync_restores_superseded_lines(sales_on_any_engine: Sales) -> None:
    sales = sales_on_any_engine
    sales.add("1")
    sales.add("1", "mug", price=None)
    sales.add("2")
    sales.sync()
    sales.run("UPDATE sales SET price = NULL, updated_at = {now} WHERE order_id = '1'")
    report = sales.sync()
    assert sales.net_amounts() == {"2": 2.5}
    sales.synced.warehouse.undo(report.load)
    assert sales.net_amounts() == {"1": 2.5, "2": 2.5}
    assert sales.quarantined() == ["1"]


def test_a_sync_that_would_leave_no_valid_line_is_refused(sales: Sales) -> None:
    sales.add("1")
    sales.sync()
    sales.run("UPDATE sales SET price = NULL, updated_at = {now}")
    with pytest.raises(SourceError, match="no valid line left"):
        sales.sync()
    assert sales.net_amounts() == {"1": 2.5}


def test_lines_of_a_deleted_order_are_quarantined(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    shop.connection.cursor().execute(
        "ALTER TABLE order_lines DROP CONSTRAINT order_lines_order_id_fkey"
    )
    counting = "SELECT count(*) FROM order_lines WHERE order_id = 5"
    [orphans] = shop.connection.cursor().execute(counting).fetchone()
    shop.connection.cursor().execute("DELETE FROM orders WHERE order_id = 5")
    shop.connection.commit()
    assert synced.sync().orders.removed == 1
    rows = [row for row in synced.warehouse.rows("quarantine") if row["order_id"] is None]
    assert len(rows) == orphans > 0
    assert synced.sync().load == 0
    assert synced.lines() == source_lines(shop)
