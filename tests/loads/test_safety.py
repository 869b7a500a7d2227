"""A load that fails, is killed or meets another leaves the warehouse that was there."""

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
STEPS = ("land", "settle_again", "write_down")


@pytest.fixture(scope="module")
def made() -> dict[str, LoadedWarehouse]:
    """Warehouses with the first half of the shop, by engine, to be copied."""
    return {}


@pytest.fixture
def morning(
    made: dict[str, LoadedWarehouse],
    engine: str,
    kept: LoadedWarehouse,
    request: pytest.FixtureRequest,
) -> LoadedWarehouse:
    """A warehouse with the first half of the shop: a copy of one that was built once."""
    if engine not in made:
        made[engine] = _built(engine, request)
    if engine == "duckdb":
        shutil.copyfile(made[engine].location, kept.location)
        return kept
    server: Postgres = request.getfixturevalue("postgres")
    name = "morning_" + kept.location.rpartition("schema=kept_")[2]
    return LoadedWarehouse(server.new_database(name, like="morning").address("kept"), kept.folder)


def _built(engine: str, request: pytest.FixtureRequest) -> LoadedWarehouse:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("morning")
    place = str(folder / "morning.duckdb")
    if engine == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        place = server.new_database("morning").address("kept")
    first = LoadedWarehouse(place, folder)
    first.build(part(first, "first.csv", LINES[:15]))
    return first


def part(kept: LoadedWarehouse, name: str, lines: list[str]) -> Path:
    path = kept.folder / name
    path.write_text("\n".join([HEADING, *lines]) + "\n", "utf-8")
    return path


def rest(kept: LoadedWarehouse) -> Path:
    return part(kept, "rest.csv", LINES[15:])


def lines_in(place: str) -> int:
    with open_warehouse(place) as warehouse:
        sales = warehouse.table("fact_sales")
        [row] = warehouse.rows(sales.aggregate(rows=sales.count()))
        return int(row["rows"])


def stopped_load(kept: LoadedWarehouse, step: str) -> AbstractContextManager[None]:
    return paused_before(lambda: kept.load(rest(kept)), load, step)


@pytest.mark.parametrize("step", STEPS)
def test_a_load_that_is_killed_changes_nothing_and_the_next_goes_on(morning, step):
    before = morning.contents()
    with stopped_load(morning, step):
        pass
    assert morning.contents() == before
    assert morning.load(rest(morning)).orders.new == 13
    assert lines_in(morning.location) == 30


def test_two_loads_at_once_are_one_too_many(morning):
    with (
        stopped_load(morning, "write_down"),
        pytest.raises(WarehouseError, match=r"Another build, load or sync of .*is at work"),
    ):
        morning.load(rest(morning))


def test_who_reads_meanwhile_sees_one_state_and_is_not_in_the_way(morning):
    with morning.open() as reader:
        sales = reader.table("fact_sales")
        count = sales.aggregate(rows=sales.count())
        assert list(reader.rows(count)) == [{"rows": 15}]
        morning.load(rest(morning))
        assert list(reader.rows(count)) == [{"rows": 15}]
        orders = reader.table("dim_order")
        assert list(reader.rows(orders.aggregate(orders=orders.count()))) == [{"orders": 10}]
    assert lines_in(morning.location) == 30


def test_a_source_that_cannot_be_read_changes_nothing(morning):
    before = morning.contents()
    noise = morning.folder / "noise.csv"
    noise.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError):
        morning.load(rest(morning), noise)
    assert morning.contents() == before
    assert [load["operation"] for load in morning.rows("loads")] == ["build"]


def test_there_must_be_a_warehouse(kept):
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        kept.load(part(kept, "first.csv", LINES[:15]))


def test_another_way_with_orders_that_come_again_is_refused(morning, tmp_path):
    union = profile_from(tmp_path, '[orders]\nrepeated = "union"')
    with pytest.raises(SourceError, match=r'says repeated = "union".*built with "replace"'):
        morning.load(rest(morning), profile=union)


@pytest.mark.parametrize(
    ("number", "said"),
    [(7, "There is no load 7"), (1, "there would be nothing left")],
)
def test_loads_that_cannot_be_taken_back(morning, number, said):
    before = morning.contents()
    with pytest.raises(InputError, match=said):
        morning.undo(number)
    assert morning.contents() == before


def test_a_load_is_taken_back_once(morning):
    morning.load(rest(morning))
    morning.undo(2)
    with pytest.raises(InputError, match="taken back already"):
        morning.undo(2)
    with pytest.raises(InputError, match="took another one back"):
        morning.undo(3)


def test_loads_killed_at_random_moments_leave_all_or_nothing(morning):
    file = rest(morning)
    whole = run_and_kill(lambda: morning.load(file))
    found = lines_in(morning.location)
    assert found == 30, "a load that nobody kills is there"
    for moment in kill_times(whole, seed=4):
        take_back(morning, found)
        run_and_kill(lambda: morning.load(file), after=moment)
        found = lines_in(morning.location)
        assert found in (15, 30)
    take_back(morning, found)
    assert lines_in(morning.location) == 15


def take_back(kept, lines):
    if lines == 30:
        kept.undo(max(load["load_id"] for load in kept.rows("loads")))
