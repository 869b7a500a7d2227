"""What a shop was synced by is remembered: its profile, or the table that was told or found."""

import pytest

from regulars.core.errors import ProfileError, SourceError
from support.synced_warehouse import SyncedWarehouse, source_lines

VIEW = """
    CREATE VIEW {name} AS
    SELECT o.order_number AS order_id, o.ordered_at AS order_date, o.customer_id, p.sku,
        l.quantity, l.unit_price, o.status, greatest(o.updated_at, l.updated_at) AS updated_at
    FROM order_lines l JOIN orders o ON o.order_id = l.order_id
    JOIN products p ON p.product_id = l.product_id
"""
COLUMNS = '[columns]\norder_id = "order_id"\n[database]\nchanged = "updated_at"\n'
QUERY = f"[database]\nquery = '''{VIEW.partition('AS')[2]}'''\nchanged = \"updated_at\"\n"


def run(shop, *statements):
    for statement in statements:
        shop.connection.execute(statement)
    shop.connection.commit()


@pytest.fixture
def unknown(shop):
    """A shop whose tables no profile knows, with one view of its sales."""
    run(shop, VIEW.format(name="sales"), "ALTER TABLE customers RENAME country TO land")
    return shop


@pytest.fixture
def profile(tmp_path):
    def written(text):
        path = tmp_path / "own.toml"
        path.write_text(text)
        return path

    return written


def profiles_of(synced):
    return {row["profile"] for row in synced.warehouse.rows("load_sources")}


def test_a_column_that_is_gone_from_a_joined_table_is_a_warning(shop, synced_anywhere):
    synced_anywhere.sync()
    run(shop, "ALTER TABLE products RENAME category TO kategorie")
    shop.trade(5)
    warnings = synced_anywhere.sync().warnings
    assert "products has no column category any more." in warnings
    assert "products has a new column, kategorie, which is not read." in warnings
    assert synced_anywhere.lines() == source_lines(shop)
    assert profiles_of(synced_anywhere) == {"shop-database"}


@pytest.mark.parametrize("told", [{}, {"table": "sales"}], ids=["found", "told"])
def test_a_new_view_that_looks_like_sales_as_well_is_left_alone(told, unknown, synced):
    synced.sync(**told)
    run(unknown, VIEW.format(name="sales_too"))
    unknown.trade(5)
    assert synced.sync().orders.new
    assert synced.lines() == source_lines(unknown)
    with pytest.raises(SourceError, match="several tables that may be meant"):
        SyncedWarehouse(synced.address, synced.location + ".new").sync()


def test_a_profile_of_columns_is_remembered_with_its_table(unknown, synced, profile):
    run(unknown, VIEW.format(name="sales_too"))
    synced.sync(profile=str(profile(COLUMNS)), table="sales")
    assert synced.sync().load == 0
    unknown.trade(5)
    synced.sync()
    assert synced.lines() == source_lines(unknown)
    assert profiles_of(synced) == {"own"}


def test_a_profile_of_a_query_is_remembered(shop, synced, profile):
    synced.sync(profile=str(profile(QUERY)))
    shop.trade(5)
    synced.sync()
    assert synced.lines() == source_lines(shop)
    assert profiles_of(synced) == {"own"}


def test_a_profile_whose_file_is_gone_is_named(shop, synced, profile):
    path = profile(QUERY)
    synced.sync(profile=str(path))
    path.unlink()
    with pytest.raises(ProfileError, match=rf"{path}, and there is no such file.*--profile"):
        synced.sync()


def test_of_several_tables_that_were_synced_one_has_to_be_told(shop, synced, profile):
    own = str(profile(COLUMNS))
    run(shop, VIEW.format(name="sales"), VIEW.format(name="sales_too"))
    synced.sync()
    for told in ({"table": "sales"}, {"profile": own, "table": "sales_too"}):
        shop.trade(5)
        synced.sync(**told)
    with pytest.raises(SourceError) as raised:
        synced.sync()
    first, *options = str(raised.value).splitlines()
    assert "Several tables" in first
    assert sorted(map(str.strip, options)) == sorted(
        ["--profile shop-database", "--table sales", f"--profile {own} --table sales_too"]
    )
    for told in (
        {"profile": "shop-database"},
        {"table": "sales"},
        {"profile": own, "table": "sales_too"},
    ):
        synced.sync(**told)
        assert synced.lines() == source_lines(shop)


def test_what_is_told_comes_before_what_is_remembered(shop, synced, profile):
    synced.sync()
    synced.sync(profile=str(profile(QUERY)))
    assert profiles_of(synced) == {"shop-database", "own"}


def test_by_what_a_sync_read_that_was_taken_back_is_forgotten(unknown, synced, tmp_path):
    file = tmp_path / "old.csv"
    file.write_text(
        "Order ID,Order Date,Customer ID,SKU,Quantity,Price\nOLD-1,2023-05-01,Ann,P001,2,3.50\n"
    )
    synced.warehouse.build(file)
    load = synced.sync().load
    run(unknown, "ALTER VIEW sales RENAME TO sold")
    with pytest.raises(SourceError, match='no table "sales"'):
        synced.sync()
    synced.warehouse.undo(load)
    synced.sync()
    assert set(source_lines(unknown)) < set(synced.lines())
