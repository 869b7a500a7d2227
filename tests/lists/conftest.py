"""A shop drawn by hand, on both engines that keep lists; tests give their lists names of their own.

ann, cem and a guest buy in Wales, bob, dee and eva in Kent. Toys and books:

    ann  a kite in January, an atlas in February      favourite: Books (30 to 10)
    bob  two kites in February                        Toys
    cem  an atlas and three kites in February         Books: 30 each, the first by name
    dee  a kite in March, and brought it back         Toys, at net sales of 0
    eva  something without a category                 none
"""

from collections.abc import Callable

import pytest

from loads.conftest import file, kept, new_place  # noqa: F401
from regulars.core.settings import Settings
from regulars.lists.api import Selection, create_list, preview_list
from support.loaded_warehouse import LoadedWarehouse, line
from support.postgres import Postgres

KITE, ATLAS = {"Category": "Toys", "SKU": "kite"}, {"Category": "Books", "SKU": "atlas"}
WALES, KENT = {"Country": "Wales"}, {"Country": "Kent"}


def bought(order, customer, what, where, day, quantity="1"):
    price = {"kite": "10", "atlas": "30"}.get(what["SKU"], "5")
    told = line(order, quantity=quantity, price=price, day=day, customer=customer)
    return told | what | where


SHOP = [
    bought("1", "ann", KITE, WALES, "2024-01-05"),
    bought("2", "ann", ATLAS, WALES, "2024-02-05"),
    bought("3", "bob", KITE, KENT, "2024-02-20", "2"),
    bought("4", "cem", ATLAS, WALES, "2024-02-25"),
    bought("5", "cem", KITE, WALES, "2024-02-26", "3"),
    bought("6", "dee", KITE, KENT, "2024-03-01"),
    bought("7", "dee", KITE, KENT, "2024-03-02", "-1"),
    bought("8", "", KITE, WALES, "2024-03-03"),
    bought("9", "eva", {"Category": "", "SKU": "thing"}, KENT, "2024-01-20"),
]
ALL = Selection()
EVERYBODY = ["ann", "bob", "cem", "dee", "eva"]


@pytest.fixture(params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> str:
    """Where a shop of its own is kept, unless a test asks for more."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres(postgres: Postgres) -> Postgres:
    """A database for warehouses that keep lists."""
    return postgres.new_database("lists")


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LoadedWarehouse:
    """The shop drawn by hand, built once for all tests of a module."""
    folder = tmp_path_factory.mktemp("lists")
    place = str(folder / "shop.duckdb")
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        place = server.address(f"lists_{abs(hash(request.node.nodeid)) % 10**9}")
    shop = LoadedWarehouse(place, folder)
    shop.build(shop.file("shop.csv", SHOP))
    return shop


@pytest.fixture
def created(shop: LoadedWarehouse) -> Callable[..., object]:
    """Take a list in the shop."""

    def create(name, selection=ALL, **told):
        return take(shop, name, selection, **told)

    return create


def take(shop, name, selection=ALL, **told):
    told = {"author": "Olga", "settings": Settings(), **told}
    return create_list(name, selection, warehouse=shop.location, **told)


def previewed(shop, selection=ALL, **told):
    with shop.open() as warehouse:
        return preview_list(warehouse, selection, settings=Settings(), **told)


def rows_of(shop, table, name):
    """Return the rows of a table of lists that are of one list, in order."""
    [number] = [row["list_id"] for row in shop.rows("lists") if row["name"] == name]
    rows = [row for row in shop.rows(table) if row["list_id"] == number]
    return sorted(rows, key=lambda row: row.get("customer_id", ""))


def by_role(shop, name):
    """Return the members of a list by their role."""
    told = {"treatment": set(), "control": set()}
    for row in rows_of(shop, "list_members", name):
        told[row["role"]].add(row["customer_id"])
    return told
