"""Sales lines with personal data, profiles for them, and a search through a whole warehouse."""

import hmac
from collections.abc import Callable
from pathlib import Path

from regulars.sources.profiles.profile import Profile
from support.loaded_warehouse import LoadedWarehouse, line
from support.warehouses import profile_from

COLUMNS = 'name = ["First", "Last"]\nemail = "E-Mail"\naddress = "Street"\n'
PEOPLE_TOML = f"[people]\n{COLUMNS}"
PSEUDONYMS = f'[people]\ncustomer_id = "pseudonym"\n{COLUMNS}'
EMPTY = {"First": "", "Last": "", "E-Mail": "", "Street": ""}
ANN = {"First": "Anneliese", "Last": "Brightwater", "E-Mail": "ann@brightwater.example",
       "Street": "7 Quince Lane"}  # fmt: skip
BOB = {"First": "Robert", "Last": "Oakes", "E-Mail": "bob@oakes.example", "Street": "1 Low Road"}
MakeProfile = Callable[[Path], Profile]
"""Writes a profile to a folder and returns it."""

TRACES_OF_ANN = ("anneliese", "brightwater", "quince")
"""The words that identify Ann in any text."""


def ann(order: str, product: str = "tea", customer: str = "C-17", **cells: str) -> dict[str, str]:
    return line(order, product, customer=customer, **cells) | ANN


def bob(order: str, product: str = "tea", customer: str = "C-18", **cells: str) -> dict[str, str]:
    return line(order, product, customer=customer, **cells) | BOB


def guest(order: str, product: str = "tea", **cells: str) -> dict[str, str]:
    return line(order, product, customer="", **cells) | EMPTY


def people_profile(folder: Path) -> Profile:
    return profile_from(folder, PEOPLE_TOML)


def pseudonym_profile(folder: Path) -> Profile:
    return profile_from(folder, PSEUDONYMS)


def pseudonym(key: str, customer: str) -> str:
    return hmac.new(key.encode(), customer.encode(), "sha256").hexdigest()


def all_text(shop: LoadedWarehouse) -> str:
    """Return every cell of every table as one lowercase text."""
    with shop.open() as warehouse:
        tables = {
            name: list(warehouse.rows(warehouse.table(name))) for name in warehouse.reader.tables()
        }
    return "\n".join(
        f"{name}: {value}".lower()
        for name, rows in tables.items()
        for row in rows
        for value in row.values()
    )
