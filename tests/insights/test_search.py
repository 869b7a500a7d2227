"""Finding products by words of their name, and customers by number, name and email."""

from pathlib import Path
from typing import Any

import pytest

from regulars.core.settings import Settings
from regulars.insights import search
from regulars.insights.parts import Match
from regulars.insights.scope import Scope
from regulars.insights.sections.product import ProductName
from regulars.web.dashboard.search import find_matches
from regulars.web.result_cache import ResultCache
from regulars.web.roles import Role
from support.browser import build_small_shop
from support.loaded_warehouse import LoadedWarehouse
from support.named_customers import ROWS, people_profile, person, pseudonym_profile
from support.warehouses import BuiltWarehouse

NAMES = ("Red Tea Set", "Tea, Café Crème", "Set of 3 Cups", "")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    """A shop with four products; the first sells best."""
    from support.warehouses import build_and_open, to_csv

    folder = tmp_path_factory.mktemp("named")
    rows = [
        {"Order ID": n, "Order Date": "2024-01-01", "Customer ID": f"{n}0", "Product ID": f"p{n}",
         "Product Name": name, "Quantity": 9 - n, "Unit Price": 1}
        for n, name in enumerate(NAMES, 1)
    ]  # fmt: skip
    (folder / "sales.csv").write_text(to_csv(rows), "utf-8")
    return Scope(build_and_open(folder / "shop.duckdb", [folder / "sales.csv"]).warehouse)


def products(scope: Scope, text: str) -> list[str]:
    return [match.label for match in search.find(search.products(scope), text, 8)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tea", ["Red Tea Set", "Tea, Café Crème"]),
        ("set TEA", ["Red Tea Set"]),
        ("cafe creme", ["Tea, Café Crème"]),
        ("3 set", ["Set of 3 Cups"]),
        ("p4", ["P4"]),
        ("coffee", []),
    ],
)
def test_every_word_must_be_in_the_name_or_code(named: Scope, text: str, found: list[str]) -> None:
    assert products(named, text) == found


def test_an_exact_code_comes_first_and_the_rest_by_net_sales() -> None:
    def entry(code: str) -> Any:
        return search._Entry(code, Match("product", code.upper(), code))

    entries = [entry("tea-set"), entry("tea-pot"), entry("tea")]
    assert [one.label for one in search.find(entries, "TEA", 2)] == ["tea", "tea-set"]


def test_customers_are_found_by_part_of_their_number(named: Scope) -> None:
    assert [one.member for one in search.CustomerNumbers("0")(named)] == ["10", "20", "30", "40"]
    assert [one.member for one in search.CustomerNumbers("30")(named)] == ["30"]
    assert search.CustomerNumbers("%")(named) == []


def test_text_that_no_database_stores_finds_nothing(named: Scope) -> None:
    for query in (search.CustomerNumbers, search.NearestNumbers, ProductName):
        for text in ("1\0", "\ud800"):
            assert not query(text)(named)


def test_an_unknown_number_has_neighbours(named: Scope, shop: BuiltWarehouse) -> None:
    def nearest(scope: Scope, number: str) -> list[str]:
        return [one.member for one in search.NearestNumbers(number)(scope)]

    assert nearest(named, "25") == ["10", "20", "30", "40"]
    assert nearest(named, "30") == ["30"]
    everyone = Scope(shop.warehouse)
    assert nearest(everyone, "Di") == ["Bob", "Cid", "Dee", "Eve", "Fay", "Gus"]
    assert nearest(everyone, "Eve") == ["Eve"]  # all of Eve's orders are cancelled


@pytest.mark.parametrize("profile", [people_profile, pseudonym_profile])
def test_names_and_emails_find_a_customer_under_ids_and_pseudonyms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    shop = LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)
    rows = [*ROWS, person("6", "21", "Zoë", "MÜLLER-Strauß", "")]
    shop.build(shop.file("shop.csv", rows), profile=profile(tmp_path))
    results = ResultCache(shop.location, Settings())

    def found(role: Role, text: str) -> list[str]:
        return [one.label for one in find_matches(results, results.version(), role, text)]

    assert found(Role.EXPORTER, "berg ann") == ["Ann van der Berg"]
    assert found(Role.ADMIN, "OAKES.example") == ["Robert Oakes"]
    assert found(Role.ADMIN, "strauss zoe Muller") == ["Zoë MÜLLER-Strauß"]
    assert found(Role.ADMIN, "oakes\0") == []
    assert found(Role.ANALYST, "oakes") == []
    assert found(Role.VIEWER, "oakes") == []
    [dee] = find_matches(results, results.version(), Role.ADMIN, "dee day")
    is_pseudonym = profile is pseudonym_profile
    assert (len(dee.member) == 64) if is_pseudonym else (dee.member == "20")


def test_viewers_find_products_only(tmp_path: Path) -> None:
    results = ResultCache(str(build_small_shop(tmp_path) / "shop.duckdb"), Settings())

    def found(role: Role) -> list[tuple[str, str]]:
        matches = find_matches(results, results.version(), role, "e")
        return [(one.page, one.member) for one in matches]

    # Tea and Pen have an e; so have Dee and Eve, who begins with one.
    assert found(Role.VIEWER) == [("product", "T1"), ("product", "P1")]
    assert found(Role.ANALYST)[2:] == [("customer", "Eve"), ("customer", "Dee")]
