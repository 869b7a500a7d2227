"""After a sync, the warehouse matches the shop database, whatever happened there."""

from datetime import datetime, timedelta
from pathlib import Path

from regulars.demo.sample_shop import DemoShop
from support.mariadb import MariaDB
from support.synced_warehouse import ShopDatabase, SyncedWarehouse, source_lines


def test_after_any_trading_the_warehouse_matches_the_shop(
    database: ShopDatabase, synced_on_any_engine: SyncedWarehouse
) -> None:
    shop = DemoShop(database[1], seed=1)
    shop.open(customers=40, products=12)
    shop.sell(150, minutes_between=24 * 60)
    synced_on_any_engine.sync()
    for _ in range(2):
        shop.trade(60)
        synced_on_any_engine.sync()
        assert synced_on_any_engine.lines() == source_lines(shop)
        assert synced_on_any_engine.totals() == shop.totals()


def test_a_shop_in_mariadb_syncs_the_same(mariadb: MariaDB, tmp_path: Path) -> None:
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


def test_a_sync_without_changes_writes_nothing(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    before = Path(synced.location).stat().st_ino
    assert synced.sync().load == 0
    assert Path(synced.location).stat().st_ino == before
    assert len(synced.warehouse.rows("loads")) == 1


def test_a_deleted_order_is_removed_and_counted(shop: DemoShop, synced: SyncedWarehouse) -> None:
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


def test_a_backdated_order_is_found(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    shop.add_late()
    shop.connection.commit()
    assert synced.sync().orders.new == 1
    assert synced.lines() == source_lines(shop)


def test_an_order_deleted_and_one_backdated_in_the_same_month_are_both_found(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    """The month then has the same number of orders and lines as before."""
    synced.sync()
    cursor = shop.connection.cursor()
    cursor.execute("UPDATE orders SET order_number = 'LATE' WHERE order_id = 20")
    shop.connection.commit()
    report = synced.sync()
    assert (report.orders.new, report.orders.removed) == (1, 1)
    assert synced.lines() == source_lines(shop)


def test_a_deleted_line_changes_its_order(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    while synced.totals() == shop.totals():
        shop.delete_line()
        shop.connection.commit()
    report = synced.sync()
    assert (report.orders.changed, report.orders.removed) == (1, 0)
    assert synced.lines() == source_lines(shop)


def test_an_order_moved_to_another_month_is_read_again(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    synced.sync()
    shop.connection.cursor().execute(
        "UPDATE orders SET ordered_at = ordered_at + interval '40 days' WHERE order_id = 7"
    )
    shop.connection.commit()
    assert synced.sync().orders.changed == 1
    assert synced.lines() == source_lines(shop)


def test_a_renamed_product_keeps_its_old_name_on_earlier_sales(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    synced.sync()
    names = {row["product_name"] for row in synced.warehouse.rows("order_lines")}
    shop.connection.cursor().execute("UPDATE products SET name = 'Renamed', category = 'Other'")
    shop.now += timedelta(days=3)
    shop.sell(1)
    synced.sync()
    lines = synced.warehouse.rows("order_lines")
    assert {row["product_name"] for row in lines if row["order_id"] == "N0000301"} == {"Renamed"}
    assert {row["product_name"] for row in lines if row["order_id"] < "N0000290"} <= names


def test_the_sync_after_an_undo_catches_up(
    shop: DemoShop, synced_on_any_engine: SyncedWarehouse
) -> None:
    synced_on_any_engine.sync()
    before = synced_on_any_engine.lines()
    shop.trade(30)
    first = synced_on_any_engine.sync()
    shop.trade(30)
    synced_on_any_engine.sync()
    synced_on_any_engine.warehouse.undo(first.load)
    assert synced_on_any_engine.lines() != source_lines(shop)
    synced_on_any_engine.sync()
    assert synced_on_any_engine.lines() == source_lines(shop)
    assert synced_on_any_engine.sync().load == 0
    assert before


def test_undoing_a_sync_restores_the_warehouse(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    before = synced.warehouse.contents()
    shop.trade(40)
    shop.delete_order()
    shop.connection.commit()
    synced.warehouse.undo(synced.sync().load)
    assert synced.warehouse.contents() == before


def test_an_order_changed_back_is_changed_back_in_the_warehouse(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    """A file with the rows of an earlier load changes nothing; a sync with such rows does."""
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


def test_malformed_rows_are_quarantined_once_and_loaded_when_corrected(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
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


def test_ledger_entries_of_each_sync_add_up(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    shop.trade(50)
    synced.sync()
    sums: dict[tuple[int, str], int] = {}
    for row in synced.warehouse.rows("ledger_entries"):
        key = (row["source_id"], "read" if row["outcome"] == "read" else "other")
        sums[key] = sums.get(key, 0) + row["rows"]
    sources = {source for source, _ in sums}
    assert sources == {1, 2}
    assert all(sums[source, "read"] == sums[source, "other"] for source in sources)


def test_files_and_a_database_share_one_warehouse(
    shop: DemoShop, synced: SyncedWarehouse, tmp_path: Path
) -> None:
    """Orders loaded from a file are not removed, although the database does not have them."""
    file = tmp_path / "old.csv"
    file.write_text(
        "Order ID,Order Date,Customer ID,SKU,Quantity,Price\nOLD-1,2023-05-01,Ann,P001,2,3.50\n"
    )
    synced.warehouse.build(file)
    synced.sync()
    orders, lines, worth = shop.totals()
    assert synced.totals() == (orders + 1, lines + 1, worth + 7)
    assert synced.sync().load == 0


def test_times_with_a_zone_are_converted_to_the_shops_zone(
    database: ShopDatabase, synced: SyncedWarehouse, tmp_path: Path
) -> None:
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
