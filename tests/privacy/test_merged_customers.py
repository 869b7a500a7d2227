"""A person with several customer IDs is forgotten, exported and suppressed under each of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.core.errors import ForgottenError, InputError
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.privacy.export import export_customer
from regulars.warehouse.people.contacts import Contact, PeopleDirectory
from support.loaded_warehouse import LoadedWarehouse
from support.people import all_text
from support.same_people import buys, customers, merging

PSEUDONYM = 'customer_id = "pseudonym"'
LINES = [
    buys("1", "C-17", "1", "Ann@old.example"),
    buys("2", "ann@old.example", "2"),
    buys("3", "C-44", "4", "ann@old.example", "+44 20 7946 0958"),
    buys("4", "C-18", "8", "bob@oakes.example"),
]
LATER = [buys("5", "C-44", "16", "ann@new.example"), buys("6", "C-19", "32", "bob@oakes.example")]


def guests(*files: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Return files as if Ann had bought as a guest."""
    nobody = {"Customer ID": "", "E-Mail": "", "Phone": ""}
    hers = ("C-17", "C-44", "ann@old.example")
    return [[row | nobody if row["Customer ID"] in hers else row for row in rows] for rows in files]


@pytest.mark.parametrize(
    ("engine", "settings"),
    [
        pytest.param("duckdb", "", id="duckdb-ids", marks=pytest.mark.thorough),
        pytest.param("duckdb", PSEUDONYM, id="duckdb-pseudonyms"),
        pytest.param("postgresql", PSEUDONYM, id="postgresql", marks=pytest.mark.thorough),
    ],
    indirect=["engine"],
)
def test_a_person_is_forgotten_under_all_ids_by_their_email(
    shop: LoadedWarehouse, new_location: Callable[[], str], tmp_path: Path, settings: str
) -> None:
    profile = merging(tmp_path, settings)
    shop.build(shop.file("a.csv", LINES), profile=profile)
    shop.forget("ANN@old.example")
    shop.load(shop.file("b.csv", LATER), profile=profile)
    text = all_text(shop)
    assert [word for word in ("ann@", "c-17", "c-44", "7946") if word in text] == []
    assert sorted(customers(shop).values()) == [(2, 40)]
    expected = LoadedWarehouse(new_location(), tmp_path)
    files = [shop.file(f"{n}.csv", rows) for n, rows in enumerate(guests(LINES, LATER))]
    expected.build(*files, profile=profile)
    assert shop.contents() == expected.contents()
    with pytest.raises(ForgottenError):
        shop.forget("C-44")


def test_a_person_is_exported_and_suppressed_under_any_id_and_has_the_latest_email(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    profile = merging(tmp_path)
    shop.build(shop.file("a.csv", LINES), profile=profile)
    shop.load(shop.file("b.csv", LATER), profile=profile)
    # 1 + 2 + 4 + 16; C-17 has the first line.
    assert customers(shop) == {"C-17": (4, 23), "C-18": (2, 40)}
    person = export_customer("C-44", shop.location, Settings())
    assert [row["order_id"] for row in person.parts["lines"]] == ["1", "2", "3", "5"]
    assert len(person.parts["people"]) == 3
    with shop.open() as warehouse:
        directory = PeopleDirectory(ReaderTables(warehouse.reader), Settings())
        assert directory.contacts(["C-17"]) == {"C-17": Contact("ann@new.example")}
        [hers] = [row["customer_key"] for row in shop.rows("dim_customer")
                  if row["customer_id"] == "C-17"]  # fmt: skip
        for entry in ("C-44", "ann@old.example", "Ann@New.example"):
            assert directory.find_suppressed([entry]) == ({hers}, 0)


def test_an_email_of_several_people_asks_for_the_id(shop: LoadedWarehouse, tmp_path: Path) -> None:
    profile = merging(tmp_path, 'keep_apart = [["C-17", "C-44"]]')
    shop.build(shop.file("a.csv", LINES), profile=profile)
    with pytest.raises(InputError, match=r"Several customers have the email .*C-17, C-44"):
        shop.forget("ann@old.example ")
    shop.forget("C-44")
    assert "C-17" in customers(shop)
