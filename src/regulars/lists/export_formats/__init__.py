"""The forms that lists are written in, as data: which columns, called how, holding what."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError, did_you_mean
from regulars.warehouse.people.contacts import Contact

PENNY = Decimal("0.01")
FIELDS = ("customer_id", "email", "name", "first_name", "last_name", "list", "tag", "role",
          "segment", "recency", "frequency", "monetary", "net_sales", "favourite_category",
          "reason")  # fmt: skip
"""What a column of a form can hold."""

OF_PEOPLE = ("email", "name", "first_name", "last_name")


@dataclass(frozen=True)
class Form:
    """How a list is written.

    columns      the heading of each column and what it holds, one of `FIELDS`
    needs_email  whether a customer without an e-mail address is of no use there
    """

    name: str
    columns: Mapping[str, str]
    needs_email: bool

    @property
    def tells_people(self) -> bool:
        """Whether anything in it is kept of people apart from the warehouse's customers."""
        return any(field in OF_PEOPLE for field in self.columns.values())

    def row(self, member: Mapping[str, Any], contact: Contact, list_name: str) -> dict[str, Any]:
        """Return a member of a list as the form has it."""
        first, _, last = (contact.name or "").partition(" ")
        worth = Decimal(member["monetary"])
        to_the_penny = worth.quantize(PENNY)
        told = {
            **member,
            "email": contact.email, "name": contact.name,
            "first_name": first or None, "last_name": last or None,
            "list": list_name, "tag": list_name.replace(",", " "),  # a comma parts two tags
            "net_sales": to_the_penny,
            "monetary": to_the_penny if to_the_penny == worth else worth,
        }  # fmt: skip
        return {heading: told[field] for heading, field in self.columns.items()}


def form_names() -> list[str]:
    """Return the names of the forms that come with Regulars, sorted."""
    found = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def form_of(name: str) -> Form:
    """Return the form of that name, or the one in a TOML file.

    Raises ProfileError where there is none, or it is not well formed.
    """
    if name in form_names():
        return _form(name, (files(__package__) / f"{name}.toml").read_text("utf-8"))
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise ProfileError(
            f'There is no form "{name}".{did_you_mean(name, form_names())} One of your own is a '
            "file that ends in .toml."
        )
    return _form(path.stem, path.read_text("utf-8"))


def _form(name: str, text: str) -> Form:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"The form {name} is not well-formed TOML: {error}") from None
    columns, needs_email = told.pop("columns", None), told.pop("needs_email", False)
    if told or not isinstance(columns, dict) or not columns or not isinstance(needs_email, bool):
        raise ProfileError(f"The form {name} is a section [columns], and needs_email or none.")
    for heading, field in columns.items():
        if field not in FIELDS:
            hint = did_you_mean(str(field), FIELDS)
            raise ProfileError(f'The form {name}: "{heading}" cannot hold "{field}".{hint}')
    return Form(name, columns, needs_email)
