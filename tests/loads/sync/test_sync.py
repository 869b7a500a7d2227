"""A sync brings the warehouse to where the shop is, whatever has happened there."""

from datetime import datetime, timedelta
from pathlib import Path

from regulars.demo.sample_shop import DemoShop
from support.mariadb import MariaDB
from support.synced_warehouse import SyncedWarehouse, source_lines


def test_after_any_trading_the_warehouse_holds_what_the_shop_does(database, synced_anywhere):
    shop = DemoShop(database[1], seed=1)
    shop.open(customers=40, products=12)
    shop.sell(150, minutes_between=24 * 60)
    synced_anywhere.sync()
    for _ in range(2):
        shop.trade(60)
        synced_anywhere.sync()
        assert synced_anywhere.lines() == source_lines(shop)
        assert synced_anywhere.totals() == shop.totals()


def test_a_shop_in_mariadb_is_synced_alike(mariadb: MariaDB, tmp_path):
    address = mariadb.new_database("trading")
    shop = DemoShop(mariadb.connect("trading"), time_type="DATETIME(6)")
    shop.open(customers=40, products=12)
    shop.sell(150, minutes_between=24 * 60)
    synced = SyncedWarehouse(address, str(tmp_path / "warehouse.duckdb"))
    synced.sync()
    for _ in range(2):
        shop.trade(60)
        synced.sync()
        assert synced.lines() == source_lines(shop)
        assert synced.totals() == shop.totals()
    assert synced.sync().load == 0


def test_where_nothing_happened_nothing_is_written(shop, synced):
    synced.sync()
    before = Path(synced.location).stat().st_ino
    assert synced.sync().load == 0
    assert Path(synced.location).stat().st_ino == before
    assert len(synced.warehouse.rows("loads")) == 1


def test_a_deleted_order_is_set_aside_and_counted(shop, synced):
    synced.sync()
    orders, _, _ = shop.totals()
    shop.delete_order()
    shop.connection.commit()
    report = synced.sync()
    assert report.orders.removed == 1
    assert (report.orders.new, report.orders.changed) == (0, 0)
    assert synced.totals() == shop.totals()
    assert synced.totals()[0] == orders - 1
    assert synced.warehouse.rows("superseded_lines")


def test_an_order_entered_late_with_a_time_of_long_ago_is_found(shop, synced):
    synced.sync()
    shop.add_late()
    shop.connection.commit()
    assert synced.sync().orders.new == 1
    assert synced.lines() == source_lines(shop)


def test_one_order_deleted_and_one_entered_late_in_the_same_month_are_both_found(shop, synced):
    """So that as many orders and lines as before stand in that month."""
    synced.sync()
    cursor = shop.connection.cursor()
    cursor.execute("UPDATE orders SET order_number = 'LATE' WHERE order_id = 20")
    shop.connection.commit()
    report = synced.sync()
    assert (report.orders.new, report.orders.removed) == (1, 1)
    assert synced.lines() == source_lines(shop)


def test_a_deleted_line_changes_its_order(shop, synced):
    synced.sync()
    while synced.totals() == shop.totals():
        shop.delete_line()
        shop.connection.commit()
    report = synced.sync()
    assert (report.orders.changed, report.orders.removed) == (1, 0)
    assert synced.lines() == source_lines(shop)


def test_an_order_that_moved_to_another_month_is_read_again(shop, synced):
    synced.sync()
    shop.connection.cursor().execute(
        "UPDATE orders SET ordered_at = ordered_at + interval '40 days' WHERE order_id = 7"
    )
    shop.connection.commit()
    assert synced.sync().orders.changed == 1
    assert synced.lines() == source_lines(shop)


def test_a_product_renamed_later_keeps_its_name_on_what_was_sold_before(shop, synced):
    synced.sync()
    names = {row["product_name"] for row in synced.warehouse.rows("order_lines")}
    shop.connection.cursor().execute("UPDATE products SET name = 'Renamed', category = 'Other'")
    shop.now += timedelta(days=3)
    shop.sell(1)
    synced.sync()
    lines = synced.warehouse.rows("order_lines")
    assert {row["product_name"] for row in lines if row["order_id"] == "N0000301"} == {"Renamed"}
    assert {row["product_name"] for row in lines if row["order_id"] < "N0000290"} <= names


def test_a_sync_that_is_taken_back_is_made_good_by_the_next(shop, synced_anywhere):
    synced_anywhere.sync()
    before = synced_anywhere.lines()
    shop.trade(30)
    first = synced_anywhere.sync()
    shop.trade(30)
    synced_anywhere.sync()
    synced_anywhere.warehouse.undo(first.load)
    assert synced_anywhere.lines() != source_lines(shop)
    synced_anywhere.sync()
    assert synced_anywhere.lines() == source_lines(shop)
    assert synced_anywhere.sync().load == 0
    assert before


def test_taking_back_the_only_sync_restores_what_was_there(shop, synced):
    synced.sync()
    before = synced.warehouse.contents()
    shop.trade(40)
    shop.delete_order()
    shop.connection.commit()
    synced.warehouse.undo(synced.sync().load)
    assert synced.warehouse.contents() == before


def test_an_order_that_came_back_to_what_it_was_is_brought_back(shop, synced):
    """The very rows of a sync before are no news in a file, but they are in a database."""
    synced.sync()
    was = synced.lines()
    for change in ("+ 1", "- 1"):
        shop.now += timedelta(hours=1)
        shop.connection.cursor().execute(
            f"UPDATE order_lines SET quantity = quantity {change}, updated_at = %s "
            "WHERE order_id = 300", (shop.now,),
        )  # fmt: skip
        shop.connection.commit()
        assert synced.sync().orders.changed == 1
    assert synced.lines() == was


def test_rows_that_cannot_be_understood_wait_once_and_are_taken_in_when_mended(shop, synced):
    shop.connection.cursor().execute(
        "ALTER TABLE order_lines ALTER unit_price DROP NOT NULL, ALTER quantity DROP NOT NULL"
    )
    shop.sell(1)
    last = shop.orders
    shop.connection.cursor().execute(
        "UPDATE order_lines SET unit_price = NULL WHERE order_id = %s", (last,)
    )
    shop.connection.commit()
    report = synced.sync()
    lines, _ = report.total("quarantined")
    assert lines == sum(
        row["order_id"] == f"N{last:07}" for row in synced.warehouse.rows("quarantine")
    )
    assert synced.sync().load == 0
    shop.connection.cursor().execute(
        "UPDATE order_lines SET unit_price = 5, updated_at = %s WHERE order_id = %s",
        (shop.now, last),
    )
    shop.connection.commit()
    assert synced.sync().orders.new == 1
    assert synced.lines() == source_lines(shop)


def test_each_sync_adds_up(shop, synced):
    synced.sync()
    shop.trade(50)
    synced.sync()
    sums: dict[tuple[int, str], int] = {}
    for row in synced.warehouse.rows("ledger_entries"):
        key = (row["source_id"], "read" if row["outcome"] == "read" else "became")
        sums[key] = sums.get(key, 0) + row["rows"]
    sources = {source for source, _ in sums}
    assert sources == {1, 2}
    assert all(sums[source, "read"] == sums[source, "became"] for source in sources)


def test_files_and_a_database_live_in_one_warehouse(shop, synced, tmp_path):
    """Orders that only a file told are not withdrawn: the database never had them."""
    file = tmp_path / "old.csv"
    file.write_text(
        "Order ID,Order Date,Customer ID,SKU,Quantity,Price\nOLD-1,2023-05-01,Ann,P001,2,3.50\n"
    )
    synced.warehouse.build(file)
    synced.sync()
    orders, lines, worth = shop.totals()
    assert synced.totals() == (orders + 1, lines + 1, worth + 7)
    assert synced.sync().load == 0


def test_times_with_a_zone_are_told_in_the_shops_own(database, synced, tmp_path):
    connection = database[1]
    connection.execute(
        "CREATE TABLE sales (order_id text, order_date timestamptz, customer_id text, sku text, "
        "quantity integer, price numeric(8, 2), updated_at timestamptz)"
    )
    connection.execute(
        "INSERT INTO sales VALUES ('1', '2024-06-30 23:30+00', 'Ann', 'tea', 1, 2.50, now())"
    )
    connection.commit()
    profile = tmp_path / "berlin.toml"
    profile.write_text(
        '[formats]\ntimezone = "Europe/Berlin"\n[database]\nchanged = "updated_at"\n'
    )
    synced.sync(profile=str(profile), table="sales")
    [row] = synced.warehouse.rows("order_lines")
    assert row["ordered_at"] == datetime(2024, 7, 1, 1, 30)
