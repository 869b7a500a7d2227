"""The next sync uses the profile and table of the last one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.core.errors import ProfileError, SourceError
from regulars.demo.sample_shop import DemoShop
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


def run(shop: DemoShop, *statements: str) -> None:
    for statement in statements:
        shop.connection.cursor().execute(statement)
    shop.connection.commit()


@pytest.fixture
def unknown(shop: DemoShop) -> DemoShop:
    """A shop that no shipped profile fits, with one view of its sales."""
    run(shop, VIEW.format(name="sales"), "ALTER TABLE customers RENAME country TO nation")
    return shop


@pytest.fixture
def profile(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "own.toml"
        path.write_text(text)
        return path

    return written


def profiles_of(synced: SyncedWarehouse) -> set[str]:
    return {row["profile"] for row in synced.warehouse.rows("load_sources")}


def test_a_column_removed_from_a_joined_table_is_a_warning(
    shop: DemoShop, synced_on_any_engine: SyncedWarehouse
) -> None:
    synced_on_any_engine.sync()
    run(shop, "ALTER TABLE products RENAME category TO department")
    shop.trade(5)
    warnings = synced_on_any_engine.sync().warnings
    assert "products no longer has the column category." in warnings
    assert "products has a new column, department, which is not read." in warnings
    assert synced_on_any_engine.lines() == source_lines(shop)
    assert profiles_of(synced_on_any_engine) == {"shop-database"}


@pytest.mark.parametrize("options", [{}, {"table": "sales"}], ids=["detected", "given"])
def test_a_new_view_that_also_looks_like_sales_is_ignored(
    options: dict[str, str], unknown: DemoShop, synced: SyncedWarehouse
) -> None:
    synced.sync(**options)
    run(unknown, VIEW.format(name="sales_too"))
    unknown.trade(5)
    assert synced.sync().orders.new
    assert synced.lines() == source_lines(unknown)
    with pytest.raises(SourceError, match="several tables that look like sales"):
        SyncedWarehouse(synced.address, synced.location + ".new").sync()


def test_a_profile_without_a_table_is_remembered_with_the_given_table(
    unknown: DemoShop, synced: SyncedWarehouse, profile: Callable[[str], Path]
) -> None:
    run(unknown, VIEW.format(name="sales_too"))
    synced.sync(profile=str(profile(COLUMNS)), table="sales")
    assert synced.sync().load == 0
    unknown.trade(5)
    synced.sync()
    assert synced.lines() == source_lines(unknown)
    assert profiles_of(synced) == {"own"}


def test_a_profile_with_a_query_is_remembered(
    shop: DemoShop, synced: SyncedWarehouse, profile: Callable[[str], Path]
) -> None:
    synced.sync(profile=str(profile(QUERY)))
    shop.trade(5)
    synced.sync()
    assert synced.lines() == source_lines(shop)
    assert profiles_of(synced) == {"own"}


def test_a_missing_profile_file_is_an_error_with_its_path(
    shop: DemoShop, synced: SyncedWarehouse, profile: Callable[[str], Path]
) -> None:
    path = profile(QUERY)
    synced.sync(profile=str(path))
    path.unlink()
    with pytest.raises(ProfileError, match=rf"{path}, but there is no such file.*--profile"):
        synced.sync()


def test_after_syncs_of_several_tables_one_has_to_be_named(
    shop: DemoShop, synced: SyncedWarehouse, profile: Callable[[str], Path]
) -> None:
    own = str(profile(COLUMNS))
    run(shop, VIEW.format(name="sales"), VIEW.format(name="sales_too"))
    synced.sync()
    for options in ({"table": "sales"}, {"profile": own, "table": "sales_too"}):
        shop.trade(5)
        synced.sync(**options)
    with pytest.raises(SourceError) as raised:
        synced.sync()
    first, *suggestions = str(raised.value).splitlines()
    assert "Several tables" in first
    assert sorted(map(str.strip, suggestions)) == sorted(
        ["--profile shop-database", "--table sales", f"--profile {own} --table sales_too"]
    )
    for options in (
        {"profile": "shop-database"},
        {"table": "sales"},
        {"profile": own, "table": "sales_too"},
    ):
        synced.sync(**options)
        assert synced.lines() == source_lines(shop)


def test_options_win_over_the_last_sync(
    shop: DemoShop, synced: SyncedWarehouse, profile: Callable[[str], Path]
) -> None:
    synced.sync()
    synced.sync(profile=str(profile(QUERY)))
    assert profiles_of(synced) == {"shop-database", "own"}


def test_an_undone_sync_is_not_remembered(
    unknown: DemoShop, synced: SyncedWarehouse, tmp_path: Path
) -> None:
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
