"""The demo has made-up emails to try exports with, which change no figure."""

from pathlib import Path

import pytest

from lists.conftest import create_in, preview_in
from regulars.core.errors import WarehouseError
from regulars.core.settings import Settings
from regulars.demo.build_demo import add_contacts
from regulars.demo.made_up_people import made_up_contact
from regulars.demo.sample_sales import demo_settings
from regulars.engines.locate import engine_of
from regulars.engines.protocols import ReaderTables
from regulars.lists.api import export_list
from regulars.warehouse.people.contacts import PeopleDirectory
from support.loaded_warehouse import LoadedWarehouse, line

SALES = [line("1", customer="12346"), line("2", customer="12347"), line("3", customer="12358"),
         line("4", customer="")]  # fmt: skip
"""Customer 12358 is one of the few without an email."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadedWarehouse:
    """A warehouse in the current folder, with made-up contacts and without any other key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REGULARS_PEOPLE_KEY", raising=False)
    shop = LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)
    shop.build(shop.file("a.csv", SALES))
    before = shop.contents()
    add_contacts(engine_of(shop.location), "1GB")
    assert shop.contents() == before
    return shop


def test_nine_in_ten_customers_have_an_address_of_their_own_that_reaches_no_one() -> None:
    contacts = [made_up_contact(str(number)) for number in range(12346, 18288)]
    emails = {email for _, email in filter(None, contacts)}
    assert len(emails) == sum(one is not None for one in contacts)
    assert 0.89 < len(emails) / len(contacts) < 0.91
    assert all(email.endswith("@example.com") for email in emails)
    assert made_up_contact("12346") == ("Sophie Chapman", "sophie.chapman.12346@example.com")
    assert "made up" in demo_settings().credit


def test_a_list_of_the_demo_is_exported_for_klaviyo(shop: LoadedWarehouse) -> None:
    assert preview_in(shop).with_email == 2
    create_in(shop, "all")
    file = shop.folder / "all.csv"
    result = export_list("all", file, form="klaviyo", warehouse=shop.location, settings=Settings())
    assert (result.rows, result.without_email) == (2, 1)
    assert '"sophie.chapman.12346@example.com"' in file.read_text("utf-8")


def test_a_list_shows_names_where_they_are_known(shop: LoadedWarehouse) -> None:
    with shop.open() as warehouse:
        people = PeopleDirectory(ReaderTables(warehouse.reader), Settings())
        assert people.names(["12346", "12347", "12358"]) == {
            "12346": "Sophie Chapman", "12347": "Peter Wright"
        }  # fmt: skip


def test_the_key_of_the_demo_is_not_that_of_the_folder(shop: LoadedWarehouse) -> None:
    assert [path.name for path in shop.folder.iterdir() if path.suffix == ".key"] == [
        "regulars-demo.key"
    ]
    (shop.folder / "regulars-demo.key").unlink()
    assert preview_in(shop).with_email is None
    with pytest.raises(WarehouseError, match=r"nor in regulars-demo\.key"):
        shop.forget("12346")


def test_a_forgotten_customer_has_no_contact_in_the_next_demo(shop: LoadedWarehouse) -> None:
    shop.forget("12346")
    shop.build(shop.folder / "a.csv")
    add_contacts(engine_of(shop.location), "1GB")
    assert [row["name"] for row in shop.rows("people")] == ["Peter Wright"]
    assert [row["fact"] for row in shop.rows("people_facts")] == ["key", "key_file"]
    assert [row["orders"] for row in shop.ask("kpis")] == [4]
    assert not (shop.folder / ".regulars-people.key").exists()
