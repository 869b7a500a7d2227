"""A small shop on both engines that support lists; each test gives its lists unique names.

ann, cem and a guest buy in Wales, bob, dee and eva in Kent. They buy toys and books:

    ann  a kite in January, an atlas in February      favourite: Books (30 to 10)
    bob  two kites in February                        Toys
    cem  an atlas and three kites in February         Books: 30 each, so the first by name
    dee  two kites in March, then returned each       Toys, with net sales of 0
    eva  something without a category                 none
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loads.conftest import file, new_location  # noqa: F401
from privacy.conftest import Fill
from regulars.core import schema
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.lists.api import Preview, SavedList, Selection, create_list, preview_list
from support.built_once import BuiltOnce
from support.loaded_warehouse import LoadedWarehouse, line
from support.postgres import Postgres
from support.warehouses import ResultRows

ON_POSTGRESQL_TOO = {
    "test_a_list_is_saved_with_everything_that_defines_it",
    "test_a_preview_begins_with_the_highest_matching_net_sales",
    "test_an_export_equals_the_list_members",
    "test_customers_are_matched_by_number_and_unknown_entries_counted",
    "test_customers_on_two_lists_are_counted",
    "test_customers_with_the_lowest_md5_are_held_out",
    "test_each_customer_is_excluded_for_the_first_reason_only",
    "test_each_export_is_logged_with_its_author",
    "test_everyone_bought_and_contacted_customers_spent_2_more",
    "test_segments_equal_rfm_and_give_the_reason",
}
"""Tests of the module's shop that `make test` runs on PostgreSQL too: each query once.

What a list means is the same expression on both engines, and `make thorough` runs all of them.
"""

Create = Callable[..., SavedList]
"""Creates a list in the shop of a test."""

KITE, ATLAS = {"Category": "Toys", "SKU": "kite"}, {"Category": "Books", "SKU": "atlas"}
WALES, KENT = {"Country": "Wales"}, {"Country": "Kent"}


def sale(
    order: str,
    customer: str,
    product: dict[str, str],
    country: dict[str, str],
    day: str,
    *,
    quantity: str = "1",
) -> dict[str, str]:
    price = {"kite": "10", "atlas": "30"}.get(product["SKU"], "5")
    cells = line(order, quantity=quantity, price=price, day=day, customer=customer)
    return cells | product | country


SHOP = [
    sale("1", "ann", KITE, WALES, "2024-01-05"),
    sale("2", "ann", ATLAS, WALES, "2024-02-05"),
    sale("3", "bob", KITE, KENT, "2024-02-20", quantity="2"),
    sale("4", "cem", ATLAS, WALES, "2024-02-25"),
    sale("5", "cem", KITE, WALES, "2024-02-26", quantity="3"),
    sale("6", "dee", KITE, KENT, "2024-03-01", quantity="2"),
    sale("7", "dee", KITE, KENT, "2024-03-02", quantity="-1"),
    sale("7", "dee", KITE, KENT, "2024-03-02", quantity="-1"),
    sale("8", "", KITE, WALES, "2024-03-03"),
    sale("9", "eva", {"Category": "", "SKU": "thing"}, KENT, "2024-01-20"),
]
ALL = Selection()
CUSTOMERS = ["ann", "bob", "cem", "dee", "eva"]


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Leave the tests that `ON_POSTGRESQL_TOO` does not name on PostgreSQL to `make thorough`."""
    for item in items:
        shares_shop = item.path.parent == Path(__file__).parent and "fresh" not in item.fixturenames
        name, _, variant = item.name.partition("[")
        if shares_shop and "postgresql" in variant and name not in ON_POSTGRESQL_TOO:
            item.add_marker("thorough")


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of a test with its own warehouse: DuckDB unless the test is parametrized."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for warehouses with lists."""
    return postgres.new_database("lists")


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LoadedWarehouse:
    """The small shop, built once per module."""
    return build_on_engine(request, tmp_path_factory, "lists", SHOP)


def build_on_engine(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    lines: list[dict[str, str]],
) -> LoadedWarehouse:
    """Return a new shop with these lines, on the engine that a fixture is parametrized with."""
    folder = tmp_path_factory.mktemp(name)
    built: BuiltOnce = request.getfixturevalue("built_once")
    location = str(folder / "shop.duckdb")
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        location = server.address(f"{name}_{abs(hash(request.node.nodeid)) % 10**9}")
    shop = LoadedWarehouse(location, folder)
    built.fill(shop, lines)
    return shop


@pytest.fixture
def fresh(
    new_location: Callable[[], str],  # noqa: F811
    tmp_path: Path,
) -> LoadedWarehouse:
    """A new warehouse for this test."""
    return LoadedWarehouse(new_location(), tmp_path)


@pytest.fixture
def fill(fresh: LoadedWarehouse, built_once: BuiltOnce) -> Fill:
    """Return a function that fills the new warehouse."""
    return partial(built_once.fill, fresh)


@pytest.fixture
def create(shop: LoadedWarehouse) -> Create:
    """Return a function that creates a list in the shop."""
    return partial(create_in, shop)


def create_in(
    shop: LoadedWarehouse, name: str, selection: Selection = ALL, **options: Any
) -> SavedList:
    options = {"author": "Olga", "settings": Settings(), **options}
    return create_list(name, selection, warehouse=shop.location, **options)


def preview_in(shop: LoadedWarehouse, selection: Selection = ALL, **options: Any) -> Preview:
    with shop.open() as warehouse:
        return preview_list(warehouse, selection, settings=Settings(), **options)


def record_export(shop: LoadedWarehouse, name: str, at: datetime) -> None:
    """Add an export of a list at a moment to the log."""
    record_exports(shop, (name, at, "treatment", 1))


def record_exports(shop: LoadedWarehouse, *exports: tuple[str, datetime, str, int]) -> None:
    """Add exports to the log, each with its list, moment, role and number of customers."""
    ids = {row["name"]: row["list_id"] for row in shop.rows("lists")}
    rows = [
        (ids[name], at, "Olga", role, "plain", customers, "file.csv")
        for name, at, role, customers in exports
    ]
    with engine_of(shop.location).open_store(memory_limit="1GB") as store:
        store.insert_rows("list_exports", schema.LEDGER_COLUMNS["list_exports"], rows)


def rows_of_list(shop: LoadedWarehouse, table: str, name: str) -> ResultRows:
    """Return the rows that a table has for one list, by customer."""
    [list_id] = [row["list_id"] for row in shop.rows("lists") if row["name"] == name]
    rows = [row for row in shop.rows(table) if row["list_id"] == list_id]
    return sorted(rows, key=lambda row: row.get("customer_id", ""))


def members_by_role(shop: LoadedWarehouse, name: str) -> dict[str, set[str]]:
    members: dict[str, set[str]] = {"treatment": set(), "control": set()}
    for row in rows_of_list(shop, "list_members", name):
        members[row["role"]].add(row["customer_id"])
    return members
