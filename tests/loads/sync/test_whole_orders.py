"""A sync says whole orders: what it no longer says of one neither stands nor waits."""

import pytest

from regulars.core.errors import SourceError
from regulars.warehouse.quarantine import open_rows
from support.synced_warehouse import SyncedWarehouse, source_lines

CREATE = (
    "CREATE TABLE sales (order_id text, order_date timestamp, customer_id text, sku text, "
    "quantity integer, price numeric(9, 2), updated_at timestamp)"
)
PROFILE = '[database]\nchanged = "updated_at"\n'


class Sales:
    """A shop in one table, whose clock goes on by an hour with each change."""

    def __init__(self, connection, synced, profile):
        self.connection, self.synced, self.profile = connection, synced, profile
        self.hour = 0
        connection.execute(CREATE)
        connection.commit()

    def add(self, order, sku="tea", price="2.50", quantity=1):
        self.run("INSERT INTO sales VALUES (%s, '2024-03-05', 'Ann', %s, %s, %s, {now})",
                 order, sku, quantity, price)  # fmt: skip

    def run(self, statement, *values):
        self.hour += 1
        now = f"timestamp '2024-03-05' + interval '{self.hour} hours'"
        self.connection.execute(statement.format(now=now), values or None)
        self.connection.commit()

    def sync(self):
        return self.synced.sync(profile=self.profile, table="sales")

    def money(self):
        return {
            row["order_id"]: row["net_amount"] for row in self.synced.warehouse.rows("order_lines")
        }

    def waiting(self):
        with self.synced.warehouse.open() as warehouse:
            return [row["order_id"] for row in warehouse.rows(open_rows(warehouse))]


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "sales.toml"
    path.write_text(PROFILE)
    return str(path)


@pytest.fixture
def sales(database, synced, profile):
    return Sales(database[1], synced, profile)


@pytest.fixture
def sales_anywhere(database, synced_anywhere, profile):
    return Sales(database[1], synced_anywhere, profile)


def test_a_bad_row_goes_on_waiting_when_the_good_lines_of_its_order_change(sales_anywhere):
    sales = sales_anywhere
    sales.add("1")
    sales.add("1", "mug", price=None)
    sales.sync()
    sales.run("UPDATE sales SET price = 9, updated_at = {now} WHERE sku = 'tea'")
    assert sales.sync().orders.changed == 1
    assert sales.waiting() == ["1"]
    assert sales.sync().load == 0
    assert len(sales.synced.warehouse.rows("superseded_lines")) == 1


def test_an_order_that_lost_its_last_good_line_counts_no_longer(sales_anywhere):
    sales = sales_anywhere
    sales.add("1")
    sales.add("2")
    sales.sync()
    sales.run("UPDATE sales SET price = NULL, updated_at = {now} WHERE order_id = '1'")
    assert sales.sync().orders.removed == 1
    assert sales.money() == {"2": 2.5}
    assert sales.waiting() == ["1"]
    assert sales.sync().load == 0
    sales.run("UPDATE sales SET price = 3, updated_at = {now} WHERE order_id = '1'")
    assert sales.sync().orders.new == 1
    assert sales.money() == {"1": 3, "2": 2.5}
    assert sales.waiting() == []


def test_a_bad_line_that_was_deleted_waits_no_longer(sales):
    sales.add("1")
    sales.add("1", "mug", price=None)
    sales.add("2", price=None)
    sales.add("3")
    sales.sync()
    assert sorted(sales.waiting()) == ["1", "2"]
    sales.run("DELETE FROM sales WHERE price IS NULL")
    assert sales.sync().load
    assert sales.waiting() == []
    assert sales.sync().load == 0


def test_each_of_several_bad_rows_that_say_the_same_waits(sales):
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
    assert sorted(sales.waiting(), key=str) == ["1", "1", "1", None, None, None]
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
def test_an_order_of_any_kind_of_number_is_withdrawn(type_, one, other, database, synced):
    sales = Sales(database[1], synced, None)
    sales.run(f"ALTER TABLE sales ALTER order_id TYPE {type_} USING NULL")
    for number in (one, other):
        sales.add(number)
    sales.sync()
    assert set(sales.money()) == {one.strip(), other}
    sales.run("DELETE FROM sales WHERE order_id = %s", one)
    assert sales.sync().orders.removed == 1
    assert set(sales.money()) == {other}


def test_keys_that_are_one_order_here_are_read_as_one(sales):
    sales.add("A1")
    sales.add("A1 ", "mug")
    sales.sync()
    sales.run("UPDATE sales SET price = 4, updated_at = {now} WHERE order_id = 'A1 '")
    sales.sync()
    lines = sales.synced.warehouse.rows("order_lines")
    assert sorted(row["unit_price"] for row in lines) == [2.5, 4]


def test_keys_that_only_look_alike_in_mariadb_are_several_orders(mariadb, tmp_path):
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
def test_prices_are_read_as_they_stand(type_, price, database, synced):
    sales = Sales(database[1], synced, None)
    sales.run(f"ALTER TABLE sales ALTER price TYPE {type_} USING NULL")
    sales.run(f"INSERT INTO sales VALUES ('1', '2024-03-05', 'Ann', 'tea', 1, {price})")
    sales.sync()
    assert float(sales.money()["1"]) == price


def test_a_line_without_a_date_holds_nothing_up(sales):
    sales.add("1")
    sales.add("1", "mug")
    sales.add("2")
    sales.run("UPDATE sales SET order_date = NULL WHERE sku = 'mug'")
    sales.run("UPDATE sales SET order_date = 'infinity' WHERE order_id = '2'")
    sales.sync()
    assert sales.money() == {"1": 2.5}
    assert sorted(sales.waiting()) == ["1", "2"]


def test_another_mapping_reads_everything_again_and_says_so(sales, tmp_path):
    sales.run("ALTER TABLE sales ADD offer numeric(9, 2) DEFAULT 1")
    sales.add("1")
    sales.add("2")
    sales.sync()
    path = tmp_path / "sales.toml"
    path.write_text(PROFILE + '[columns]\nunit_price = "offer"\n')
    report = sales.sync()
    assert sales.money() == {"1": 1, "2": 1}
    assert "otherwise than before" in " ".join(report.warnings)
    assert sales.sync().load == 0


def test_a_time_far_in_the_future_hides_no_change(sales):
    sales.add("1")
    sales.run("UPDATE sales SET updated_at = '2999-01-01'")
    sales.sync()
    sales.run("INSERT INTO sales VALUES ('2', '2024-03-05', 'Ann', 'tea', 1, 2, now())")
    sales.sync()
    sales.run("UPDATE sales SET price = 7, updated_at = now() WHERE order_id = '2'")
    sales.sync()
    assert sales.money()["2"] == 7


def test_dates_in_text_are_read_as_at_first(database, synced):
    sales = Sales(database[1], synced, None)
    sales.run("ALTER TABLE sales ALTER order_date TYPE text USING ''")
    for order, day in (("1", "25/12/2023"), ("2", "04/03/2024")):
        sales.run(f"INSERT INTO sales VALUES ('{order}', '{day}', 'Ann', 'tea', 1, 2)")
    synced.sync(table="sales")
    sales.run("INSERT INTO sales VALUES ('3', '05/03/2024', 'Ann', 'tea', 1, 2)")
    synced.sync(table="sales")
    days = {row["order_id"]: row["ordered_at"] for row in synced.warehouse.rows("order_lines")}
    assert (days["3"].month, days["3"].day) == (3, 5)


def test_taking_a_sync_back_brings_back_what_it_had_set_aside(sales_anywhere):
    sales = sales_anywhere
    sales.add("1")
    sales.add("1", "mug", price=None)
    sales.add("2")
    sales.sync()
    sales.run("UPDATE sales SET price = NULL, updated_at = {now} WHERE order_id = '1'")
    report = sales.sync()
    assert sales.money() == {"2": 2.5}
    sales.synced.warehouse.undo(report.load)
    assert sales.money() == {"1": 2.5, "2": 2.5}
    assert sales.waiting() == ["1"]


def test_a_shop_of_which_nothing_could_be_understood_any_more_is_refused(sales):
    sales.add("1")
    sales.sync()
    sales.run("UPDATE sales SET price = NULL, updated_at = {now}")
    with pytest.raises(SourceError, match="Nothing would be left"):
        sales.sync()
    assert sales.money() == {"1": 2.5}


def test_lines_whose_order_is_gone_wait(shop, synced):
    synced.sync()
    shop.connection.execute("ALTER TABLE order_lines DROP CONSTRAINT order_lines_order_id_fkey")
    counting = "SELECT count(*) FROM order_lines WHERE order_id = 5"
    [orphans] = shop.connection.execute(counting).fetchone()
    shop.connection.execute("DELETE FROM orders WHERE order_id = 5")
    shop.connection.commit()
    assert synced.sync().orders.removed == 1
    rows = [row for row in synced.warehouse.rows("quarantine") if row["order_id"] is None]
    assert len(rows) == orphans > 0
    assert synced.sync().load == 0
    assert synced.lines() == source_lines(shop)
