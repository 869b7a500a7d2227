"""Helpers of these tests: lines that name people, profiles that keep them apart, a look round."""

import hmac

from support.loaded_warehouse import line
from support.warehouses import profile_from

COLUMNS = 'name = ["First", "Last"]\nemail = "E-Mail"\naddress = "Street"\n'
PEOPLE_TOML = f"[people]\n{COLUMNS}"
PSEUDONYMS = f'[people]\ncustomer_id = "pseudonym"\n{COLUMNS}'
EMPTY = {"First": "", "Last": "", "E-Mail": "", "Street": ""}
ANN = {"First": "Anneliese", "Last": "Brightwater", "E-Mail": "ann@brightwater.example",
       "Street": "7 Quince Lane"}  # fmt: skip
BOB = {"First": "Robert", "Last": "Oakes", "E-Mail": "bob@oakes.example", "Street": "1 Low Road"}
TRACES_OF_ANN = ("anneliese", "brightwater", "quince")
"""What tells of Ann in any text."""


def ann(order, product="tea", customer="C-17", **told):
    return line(order, product, customer=customer, **told) | ANN


def bob(order, product="tea", customer="C-18", **told):
    return line(order, product, customer=customer, **told) | BOB


def guest(order, product="tea", **told):
    return line(order, product, customer="", **told) | EMPTY


def people_profile(folder):
    return profile_from(folder, PEOPLE_TOML)


def pseudonym_profile(folder):
    return profile_from(folder, PSEUDONYMS)


def pseudonym(key, customer):
    return hmac.new(key.encode(), customer.encode(), "sha256").hexdigest()


def all_text(kept):
    """Return every cell of every table as one text, in small letters."""
    with kept.open() as warehouse:
        tables = {
            name: list(warehouse.rows(warehouse.table(name))) for name in warehouse.reader.tables()
        }
    return "\n".join(
        f"{name}: {value}".lower()
        for name, rows in tables.items()
        for row in rows
        for value in row.values()
    )
