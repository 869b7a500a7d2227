"""A load that fails, is killed or runs into another one leaves the warehouse as it was."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from regulars.core.errors import InputError, SourceError, WarehouseError
from regulars.loads import load
from regulars.warehouse.warehouse import open_warehouse
from support.killing import kill_times, paused_before, run_and_kill
from support.loaded_warehouse import LoadedWarehouse
from support.postgres import Postgres
from support.small_shop import SHOP
from support.warehouses import profile_from

HEADING, *LINES = SHOP.splitlines()
STEPS = ("stage_sources", "resolve_order_versions", "record_load")


@pytest.fixture(scope="module")
def made() -> dict[str, LoadedWarehouse]:
    """Warehouses with the first half of the shop, by engine, to copy."""
    return {}


@pytest.fixture
def morning(
    made: dict[str, LoadedWarehouse],
    engine: str,
    shop: LoadedWarehouse,
    request: pytest.FixtureRequest,
) -> LoadedWarehouse:
    """A copy of a warehouse with the first half of the shop."""
    if engine not in made:
        made[engine] = _built(engine, request)
    if engine == "duckdb":
        shutil.copyfile(made[engine].location, shop.location)
        return shop
    server: Postgres = request.getfixturevalue("postgres")
    name = "morning_" + shop.location.rpartition("schema=shop_")[2]
    return LoadedWarehouse(server.new_database(name, like="morning").address("shop"), shop.folder)


def _built(engine: str, request: pytest.FixtureRequest) -> LoadedWarehouse:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("morning")
    location = str(folder / "morning.duckdb")
    if engine == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        location = server.new_database("morning").address("shop")
    first = LoadedWarehouse(location, folder)
    first.build(part(first, "first.csv", LINES[:15]))
    return first


def part(shop: LoadedWarehouse, name: str, lines: list[str]) -> Path:
    path = shop.folder / name
    path.write_text("\n".join([HEADING, *lines]) + "\n", "utf-8")
    return path


def rest(shop: LoadedWarehouse) -> Path:
    return part(shop, "rest.csv", LINES[15:])


def lines_in(location: str) -> int:
    with open_warehouse(location) as warehouse:
        sales = warehouse.table("fact_sales")
        [row] = warehouse.rows(sales.aggregate(rows=sales.count()))
        return int(row["rows"])


def paused_load(shop: LoadedWarehouse, step: str) -> AbstractContextManager[None]:
    return paused_before(lambda: shop.load(rest(shop)), load, step)


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_load_changes_nothing_and_the_next_load_works(
    morning: LoadedWarehouse, step: str
) -> None:
    before = morning.contents()
    with paused_load(morning, step):
        pass
    assert morning.contents() == before
    assert morning.load(rest(morning)).orders.new == 13
    assert lines_in(morning.location) == 30


def test_a_second_load_at_the_same_time_is_refused(morning: LoadedWarehouse) -> None:
    with (
        paused_load(morning, "record_load"),
        pytest.raises(WarehouseError, match=r"Another build, load or sync of .*is running"),
    ):
        morning.load(rest(morning))


def test_an_open_reader_sees_one_state_and_does_not_block_a_load(morning: LoadedWarehouse) -> None:
    with morning.open() as reader:
        sales = reader.table("fact_sales")
        count = sales.aggregate(rows=sales.count())
        assert list(reader.rows(count)) == [{"rows": 15}]
        morning.load(rest(morning))
        assert list(reader.rows(count)) == [{"rows": 15}]
        orders = reader.table("dim_order")
        assert list(reader.rows(orders.aggregate(orders=orders.count()))) == [{"orders": 10}]
    assert lines_in(morning.location) == 30


def test_an_unreadable_source_changes_nothing(morning: LoadedWarehouse) -> None:
    before = morning.contents()
    noise = morning.folder / "noise.csv"
    noise.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError):
        morning.load(rest(morning), noise)
    assert morning.contents() == before
    assert [load["operation"] for load in morning.rows("loads")] == ["build"]


def test_load_needs_a_warehouse(shop: LoadedWarehouse) -> None:
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        shop.load(part(shop, "first.csv", LINES[:15]))


def test_a_profile_with_another_policy_for_repeated_orders_is_refused(
    morning: LoadedWarehouse, tmp_path: Path
) -> None:
    union = profile_from(tmp_path, '[orders]\nrepeated = "union"')
    with pytest.raises(SourceError, match=r'has repeated = "union".*built with "replace"'):
        morning.load(rest(morning), profile=union)


@pytest.mark.parametrize(
    ("number", "message"),
    [(7, "There is no load 7"), (1, "would leave the warehouse empty")],
)
def test_some_loads_cannot_be_undone(morning: LoadedWarehouse, number: int, message: str) -> None:
    before = morning.contents()
    with pytest.raises(InputError, match=message):
        morning.undo(number)
    assert morning.contents() == before


def test_a_load_can_be_undone_only_once(morning: LoadedWarehouse) -> None:
    morning.load(rest(morning))
    morning.undo(2)
    with pytest.raises(InputError, match="already been undone"):
        morning.undo(2)
    with pytest.raises(InputError, match="is an undo"):
        morning.undo(3)


def test_loads_killed_at_random_moments_leave_all_or_nothing(morning: LoadedWarehouse) -> None:
    file = rest(morning)
    duration = run_and_kill(lambda: morning.load(file))
    lines = lines_in(morning.location)
    assert lines == 30, "a load that was not killed is complete"
    for moment in kill_times(duration, seed=4):
        undo_if_loaded(morning, lines)
        run_and_kill(lambda: morning.load(file), after=moment)
        lines = lines_in(morning.location)
        assert lines in (15, 30)
    undo_if_loaded(morning, lines)
    assert lines_in(morning.location) == 15


def undo_if_loaded(shop: LoadedWarehouse, lines: int) -> None:
    if lines == 30:
        shop.undo(max(load["load_id"] for load in shop.rows("loads")))
