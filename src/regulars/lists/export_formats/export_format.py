"""Read an export format, and fill in the columns of its file for each customer."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from operator import itemgetter
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError, did_you_mean
from regulars.lists.selection import COLUMNS
from regulars.warehouse.people.contacts import Contact

PENNY = Decimal("0.01")
LAST_ORDER = "last_order_on"
"""The field with the day of the last order, which a list does not store."""


def _rounded(member: Mapping[str, Any]) -> Decimal:
    return Decimal(member["monetary"]).quantize(PENNY)


def _exact(member: Mapping[str, Any]) -> Decimal:
    """Return the net sales of a member with as many decimals as they have, but at least two."""
    amount, rounded = Decimal(member["monetary"]), _rounded(member)
    return rounded if rounded == amount else amount


MEMBER_FIELDS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    **{column: itemgetter(column) for column in ("role", *COLUMNS, LAST_ORDER)},
    "monetary": _exact,
    "net_sales": _rounded,
}
PERSONAL_FIELDS: Mapping[str, Callable[[Contact], str | None]] = {
    "email": lambda contact: contact.email,
    "name": lambda contact: contact.name,
    "first_name": lambda contact: (contact.name or "").partition(" ")[0] or None,
    "last_name": lambda contact: (contact.name or "").partition(" ")[2] or None,
}
LIST_FIELDS: Mapping[str, Callable[[str], str]] = {
    "list": lambda name: name,
    "tag": lambda name: name.replace(",", " "),  # a comma separates tags
}
FIELDS = (*MEMBER_FIELDS, *PERSONAL_FIELDS, *LIST_FIELDS)
"""What a column of an export can hold: data of the member, of the person, or of the list."""


@dataclass(frozen=True)
class ExportFormat:
    """The columns of an export file.

    columns      the field in each column, by heading; fields are those of `FIELDS`
    needs_email  whether to leave out customers without an email address
    """

    name: str
    columns: Mapping[str, str]
    needs_email: bool

    @property
    def has_personal_data(self) -> bool:
        """Whether any column comes from personal data, which is stored apart from customers."""
        return any(field in PERSONAL_FIELDS for field in self.columns.values())

    @property
    def has_last_order(self) -> bool:
        """Whether any column has the day of the last order."""
        return LAST_ORDER in self.columns.values()

    def row(self, member: Mapping[str, Any], contact: Contact, list_name: str) -> dict[str, Any]:
        """Return the row of the file for one member of a list."""
        return {
            heading: _value(field, member, contact, list_name)
            for heading, field in self.columns.items()
        }


def _value(field: str, member: Mapping[str, Any], contact: Contact, list_name: str) -> Any:
    if field in PERSONAL_FIELDS:
        return PERSONAL_FIELDS[field](contact)
    if field in LIST_FIELDS:
        return LIST_FIELDS[field](list_name)
    return MEMBER_FIELDS[field](member)


def format_names() -> list[str]:
    """Return the names of the built-in export formats, sorted."""
    names = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_format(name: str) -> ExportFormat:
    """Load a built-in export format by name, or a custom one from a TOML file.

    Raises ProfileError if there is none, or it is not valid.
    """
    if name in format_names():
        return _parse(name, (files(__package__) / f"{name}.toml").read_text("utf-8"))
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise ProfileError(
            f'There is no export format "{name}".{did_you_mean(name, format_names())} To use '
            "your own format, pass the path to its .toml file."
        )
    return _parse(path.stem, path.read_text("utf-8"))


def _parse(name: str, text: str) -> ExportFormat:
    try:
        keys = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"Export format {name} is not valid TOML: {error}") from None
    columns, needs_email = keys.pop("columns", None), keys.pop("needs_email", False)
    if keys or not isinstance(columns, dict) or not columns or not isinstance(needs_email, bool):
        raise ProfileError(
            f"Export format {name} needs a [columns] section, and can set needs_email to true or "
            "false. Remove anything else."
        )
    for heading, field in columns.items():
        if field not in FIELDS:
            hint = did_you_mean(str(field), FIELDS)
            raise ProfileError(
                f'Export format {name}: column "{heading}" cannot hold "{field}".{hint}'
            )
    return ExportFormat(name, columns, needs_email)
