"""A build that fails, is killed or runs into another one leaves the old warehouse unchanged."""

from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest

from regulars.core.errors import SourceError, WarehouseError
from regulars.engines.locate import engine_of
from regulars.loads import build
from regulars.warehouse.warehouse import open_warehouse
from support.killing import paused_before
from support.small_shop import SHOP
from support.warehouses import BuiltWarehouse, build_and_open

STEPS = ("stage", "fact_sales", "check_balance", "ledger_of_build")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_text(SHOP, "utf-8")
    return path


@pytest.fixture
def location(tmp_path: Path) -> Path:
    """A location in an empty folder, to notice files left behind."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    return folder / "shop.duckdb"


def count_orders(shop: BuiltWarehouse) -> int:
    try:
        return int(shop.one("kpis")["orders"])
    finally:
        shop.warehouse.close()


def orders_in(path: Path) -> int:
    with open_warehouse(path) as warehouse:
        query = "SELECT count(*) FROM dim_order WHERE kind = 'sale'"
        return int(warehouse.con.con.execute(query).fetchone()[0])


def paused_build(source: Path, location: Path, step: str) -> AbstractContextManager[None]:
    return paused_before(lambda: build_and_open(location, [source]), build, step)


def test_an_unreadable_file_leaves_the_old_warehouse(
    source: Path, location: Path, tmp_path: Path
) -> None:
    assert count_orders(build_and_open(location, [source])) == 17
    before = location.read_bytes()
    noise = tmp_path / "noise.csv"
    noise.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError):
        build_and_open(location, [source, noise])
    assert location.read_bytes() == before
    assert list(location.parent.iterdir()) == [location]


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_build_leaves_the_old_warehouse_and_the_next_build_cleans_up(
    source: Path, location: Path, step: str
) -> None:
    build_and_open(location, [source]).warehouse.close()
    with paused_build(source, location, step):
        pass
    assert orders_in(location) == 17
    assert count_orders(build_and_open(location, [source])) == 17
    assert list(location.parent.iterdir()) == [location]


def test_a_killed_first_build_leaves_no_warehouse(source: Path, location: Path) -> None:
    with paused_build(source, location, "fact_sales"):
        pass
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        open_warehouse(location)
    assert count_orders(build_and_open(location, [source])) == 17
    assert list(location.parent.iterdir()) == [location]


def test_a_second_build_at_the_same_time_is_refused(source: Path, location: Path) -> None:
    with (
        paused_build(source, location, "fact_sales"),
        pytest.raises(WarehouseError, match=r"Another build, load or sync of .* is running"),
    ):
        build_and_open(location, [source])
    assert count_orders(build_and_open(location, [source])) == 17


def test_a_refused_build_does_not_disturb_the_running_one(source: Path, location: Path) -> None:
    with paused_build(source, location, "stage"):
        with pytest.raises(WarehouseError):
            build_and_open(location, [source])
        assert location.with_name(location.name + ".building").exists()


def test_a_second_build_in_the_same_process_is_refused(location: Path) -> None:
    with (
        engine_of(location).open_workspace(memory_limit="1GB"),
        pytest.raises(WarehouseError, match="Another build"),
        engine_of(location).open_workspace(memory_limit="1GB"),
    ):
        pass


def test_an_open_reader_still_sees_the_old_warehouse_after_a_build(
    source: Path, location: Path, tmp_path: Path
) -> None:
    old = build_and_open(location, [source])
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(SHOP.splitlines()[:5]) + "\n")
    assert count_orders(build_and_open(location, [shorter])) == 2
    assert old.sql("SELECT count(*) FROM fact_sales") == [(30,)]
    old.warehouse.close()


def test_build_refuses_a_missing_folder(source: Path, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="There is no folder"):
        build_and_open(tmp_path / "nowhere" / "shop.duckdb", [source])


def test_build_refuses_a_folder_as_warehouse(source: Path, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"is a folder\. Choose a file"):
        build_and_open(tmp_path, [source])


def test_build_refuses_a_file_as_folder(source: Path) -> None:
    with pytest.raises(WarehouseError, match="There is no folder"):
        build_and_open(source / "shop.duckdb", [source])


def test_a_file_without_a_warehouse_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("not a database")
    with pytest.raises(WarehouseError, match="is not a DuckDB file, so it is not a warehouse"):
        open_warehouse(tmp_path / "text.duckdb")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(WarehouseError, match="not a Regulars warehouse"):
        open_warehouse(tmp_path / "other.duckdb")


def test_a_warehouse_from_another_version_is_not_opened(source: Path, location: Path) -> None:
    build_and_open(location, [source]).warehouse.close()
    with duckdb.connect(str(location)) as con:
        con.execute("UPDATE warehouse_facts SET value = '0' WHERE fact = 'schema_version'")
    with pytest.raises(WarehouseError, match="another version"):
        open_warehouse(location)
