"""A build that fails, is killed or meets another leaves the warehouse that was there."""

from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest

from regulars.core.errors import SourceError, WarehouseError
from regulars.engines.duckdb.engine import building
from regulars.loads import build
from regulars.warehouse.warehouse import open_warehouse
from support.killing import paused_before
from support.small_shop import SHOP
from support.warehouses import BuiltWarehouse, build_and_open

STEPS = ("stage", "fact_sales", "check", "ledger_of_build")


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_text(SHOP, "utf-8")
    return path


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder of its own, so that debris is seen."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder / "shop.duckdb"


def answering(shop: BuiltWarehouse) -> int:
    try:
        return shop.one("kpis")["orders"]
    finally:
        shop.warehouse.close()


def orders_in(path: Path) -> int:
    with open_warehouse(path) as warehouse:
        return warehouse.con.con.execute(
            "SELECT count(*) FROM dim_order WHERE kind = 'sale'"
        ).fetchone()[0]


def stopped_build(source: Path, place: Path, step: str) -> AbstractContextManager[None]:
    return paused_before(lambda: build_and_open(place, [source]), build, step)


def test_a_file_that_cannot_be_read_leaves_the_warehouse_that_was_there(source, place, tmp_path):
    assert answering(build_and_open(place, [source])) == 17
    before = place.read_bytes()
    noise = tmp_path / "noise.csv"
    noise.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError):
        build_and_open(place, [source, noise])
    assert place.read_bytes() == before
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("step", STEPS)
def test_a_build_that_is_killed_leaves_the_warehouse_and_the_next_build_tidies(source, place, step):
    build_and_open(place, [source]).warehouse.close()
    with stopped_build(source, place, step):
        pass
    assert orders_in(place) == 17
    assert answering(build_and_open(place, [source])) == 17
    assert list(place.parent.iterdir()) == [place]


def test_a_first_build_that_is_killed_leaves_no_warehouse(source, place):
    with stopped_build(source, place, "fact_sales"):
        pass
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        open_warehouse(place)
    assert answering(build_and_open(place, [source])) == 17
    assert list(place.parent.iterdir()) == [place]


def test_two_builds_at_once_are_one_too_many(source, place):
    with (
        stopped_build(source, place, "fact_sales"),
        pytest.raises(WarehouseError, match=r"Another build, load or sync of .* is at work"),
    ):
        build_and_open(place, [source])
    assert answering(build_and_open(place, [source])) == 17


def test_the_second_of_two_builds_does_the_first_no_harm(source, place):
    with stopped_build(source, place, "stage"):
        with pytest.raises(WarehouseError):
            build_and_open(place, [source])
        assert place.with_name(place.name + ".building").exists()


def test_two_builds_in_one_process_are_one_too_many(place):
    with (
        building(place, memory_limit="1GB"),
        pytest.raises(WarehouseError, match="Another build"),
        building(place, memory_limit="1GB"),
    ):
        pass


def test_who_has_the_old_warehouse_open_goes_on_reading_it(source, place, tmp_path):
    old = build_and_open(place, [source])
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(SHOP.splitlines()[:5]) + "\n")
    assert answering(build_and_open(place, [shorter])) == 2
    assert old.sql("SELECT count(*) FROM fact_sales") == [(30,)]
    old.warehouse.close()


def test_a_warehouse_in_a_folder_that_is_not_there(source, tmp_path):
    with pytest.raises(WarehouseError, match="There is no folder"):
        build_and_open(tmp_path / "nowhere" / "shop.duckdb", [source])


def test_a_warehouse_that_is_a_folder(source, tmp_path):
    with pytest.raises(WarehouseError, match="is a folder; name a file"):
        build_and_open(tmp_path, [source])


def test_a_warehouse_in_what_is_no_folder_but_a_file(source):
    with pytest.raises(WarehouseError, match="There is no folder"):
        build_and_open(source / "shop.duckdb", [source])


def test_a_file_that_is_no_warehouse_is_not_opened(tmp_path):
    (tmp_path / "text.duckdb").write_text("not a database")
    with pytest.raises(WarehouseError, match="is no DuckDB file and so no warehouse"):
        open_warehouse(tmp_path / "text.duckdb")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(WarehouseError, match="no warehouse of Regulars"):
        open_warehouse(tmp_path / "other.duckdb")


def test_a_warehouse_of_another_version_is_not_opened(source, place):
    build_and_open(place, [source]).warehouse.close()
    with duckdb.connect(str(place)) as con:
        con.execute("UPDATE warehouse_facts SET value = '0' WHERE fact = 'schema_version'")
    with pytest.raises(WarehouseError, match="another version"):
        open_warehouse(place)
