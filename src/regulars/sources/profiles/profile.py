"""Mapping profiles: how one shape of file maps to our sales line. A profile is data (TOML).

[columns]    our column = their column, or a list of names it goes by; [] where there is none
[formats]    dates, decimal, discount, timezone; "auto" decides from the whole column
[orders]     repeated = replace | union | error | keep; fill = columns given once an order
[file]       header, delimiter, encoding, table: only where they cannot be seen
[database]   table, join, query, changed: where a shop's database has its lines (`database.py`)
[people]     columns that tell who a customer is, kept apart from the star (people.py)
[[kinds]]    kind, because, and one or more column = pattern conditions; the first match wins
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import available_timezones

from regulars.core.conventions import Repeats
from regulars.core.errors import ProfileError, did_you_mean
from regulars.core.schema import KINDS, LINE_COLUMNS
from regulars.sources.profiles.checks import only_known
from regulars.sources.profiles.database import DatabaseShape, database_shape
from regulars.sources.profiles.people import People, people_of

Dates = Literal["auto", "iso", "day-first", "month-first"]
Decimal = Literal["auto", "point", "comma"]
Discount = Literal["auto", "fraction", "percent", "amount"]

SHIPPED = "regulars"
"""Where a profile comes from that comes with Regulars."""

GENERIC = "generic"
_SECTIONS: tuple[tuple[str, type, str], ...] = (
    ("columns", dict, "a section, [columns]"),
    ("formats", dict, "a section, [formats]"),
    ("orders", dict, "a section, [orders]"),
    ("file", dict, "a section, [file]"),
    ("database", dict, "a section, [database]"),
    ("people", dict, "a section, [people]"),
    ("kinds", list, "a list of sections, each headed [[kinds]]"),
)
_FILLABLE = ("customer_id", "location", "status", "category", "subcategory")
_FILE = {"header": bool, "delimiter": str, "encoding": str, "table": str}


@dataclass(frozen=True)
class KindRule:
    """Lines that meet every condition are of this kind, `because` of what the words say.

    A condition is a column and its patterns: globs for text ("C*", capitals or not), a
    comparison with a number for quantity and unit_price ("< 0"), or "present" / "missing".
    """

    kind: str
    because: str
    conditions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Formats:
    """How text becomes dates and numbers."""

    dates: Dates = "auto"
    decimal: Decimal = "auto"
    discount: Discount = "auto"
    timezone: str | None = None


@dataclass(frozen=True)
class FileShape:
    """What is told about the file itself; None where it is to be seen from the file."""

    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    table: str | None = None


@dataclass(frozen=True)
class Profile:
    """One shape of file: column names, formats, what to do with orders, and kinds of line."""

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    formats: Formats
    file: FileShape
    repeated_orders: Repeats
    fill: tuple[str, ...]
    kinds: tuple[KindRule, ...]
    source: str
    database: DatabaseShape = field(default_factory=DatabaseShape)
    people: People | None = None

    @property
    def is_shipped(self) -> bool:
        """Whether the profile came with Regulars rather than from the user."""
        return self.source == SHIPPED

    @property
    def version(self) -> str:
        """What tells this wording of the profile from any other."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    def reading(self, known: Formats) -> "Profile":
        """Return the profile for rows that were set aside: what it leaves open decided as known.

        Columns that name people were kept out of those rows.
        """
        told = {
            name: value if value not in ("auto", None) else getattr(known, name)
            for name, value in vars(self.formats).items()
        }
        people = self.people.without_columns() if self.people else None
        return replace(self, formats=Formats(**told), people=people)


def profile_names() -> list[str]:
    """Return the names of the profiles that come with Regulars, sorted."""
    found = files(__package__).iterdir()
    return sorted(
        entry.name.removesuffix(".toml") for entry in found if entry.name.endswith(".toml")
    )


def shipped_profiles() -> list[Profile]:
    """Return every profile that comes with Regulars, by name."""
    return [load_profile(name) for name in profile_names()]


def load_profile(name_or_path: str) -> Profile:
    """Return the profile of that name, or the one in that TOML file.

    Raises ProfileError, naming the line to mend, where the profile is not well formed.
    """
    if name_or_path in profile_names():
        return parse_profile(name_or_path, shipped_text(name_or_path), source=SHIPPED)
    path = Path(name_or_path)
    if not path.is_file():
        hint = did_you_mean(name_or_path, profile_names())
        raise ProfileError(f'There is no profile "{name_or_path}", nor a file of that name.{hint}')
    try:
        text = path.read_text("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise ProfileError(f"Profile {path} cannot be read as UTF-8 text: {error}") from None
    return parse_profile(path.stem, text, source=str(path))


def shipped_text(name: str) -> str:
    """Return the TOML of a profile that comes with Regulars."""
    return (files(__package__) / f"{name}.toml").read_text("utf-8")


def parse_profile(name: str, text: str, *, source: str) -> Profile:
    """Return the profile that a text in TOML says; `source` is where the text comes from.

    Raises ProfileError, naming the line to mend, where it is not well formed.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"Profile {source} is not well-formed TOML: {error}") from None
    where = f'Profile "{name}"'
    known = ("title", "columns", "formats", "orders", "file", "database", "people", "kinds")
    only_known(data, known, where)
    for key, type_, form in _SECTIONS:
        if not isinstance(data.get(key, type_()), type_):
            raise ProfileError(f"{where}: {key} is written as {form}.")
    base = None if name == GENERIC and source == SHIPPED else load_profile(GENERIC)
    orders = data.get("orders", {})
    only_known(orders, ("repeated", "fill"), f"{where}, [orders]")
    repeated = orders.get("repeated", base.repeated_orders if base else "replace")
    _one_of(repeated, get_args(Repeats), f"{where}, [orders] repeated")
    return Profile(
        name=name,
        title=data.get("title", name),
        columns=_columns(data.get("columns", {}), where),
        formats=_formats(data.get("formats", {}), where),
        file=_file(data.get("file", {}), where),
        repeated_orders=repeated,
        fill=_fill(orders.get("fill", []), f"{where}, [orders] fill"),
        kinds=_all_kinds(data.get("kinds", []), where, base, is_shipped=source == SHIPPED),
        source=source,
        database=database_shape(data.get("database", {}), f"{where}, [database]"),
        people=people_of(data.get("people", {}), where),
    )


def _columns(columns: dict[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    return {
        _known_column(ours, f"{where}, [columns]"): (
            _texts(theirs, f"{where}, [columns] {ours}") if theirs != [] else ()
        )
        for ours, theirs in columns.items()
    }


def _formats(formats: dict[str, Any], where: str) -> Formats:
    only_known(formats, ("dates", "decimal", "discount", "timezone"), f"{where}, [formats]")
    for key, allowed in (("dates", Dates), ("decimal", Decimal), ("discount", Discount)):
        _one_of(formats.get(key, "auto"), get_args(allowed), f"{where}, [formats] {key}")
    zone = formats.get("timezone")
    if zone is not None and zone not in available_timezones():
        hint = did_you_mean(zone, available_timezones()) if isinstance(zone, str) else ""
        raise ProfileError(f'{where}, [formats] timezone = "{zone}" is no time zone.{hint}')
    return Formats(**formats)


def _fill(columns: object, where: str) -> tuple[str, ...]:
    if not isinstance(columns, list) or not all(name in _FILLABLE for name in columns):
        raise ProfileError(f"{where} must be a list of any of: {', '.join(_FILLABLE)}.")
    return tuple(columns)


def _file(file: dict[str, Any], where: str) -> FileShape:
    only_known(file, tuple(_FILE), f"{where}, [file]")
    for key, value in file.items():
        if not isinstance(value, _FILE[key]):
            kind = "true or false" if _FILE[key] is bool else "text"
            raise ProfileError(f"{where}, [file] {key} = {value!r} must be {kind}.")
    return FileShape(**file)


def _all_kinds(
    rules: list[dict[str, Any]], where: str, base: Profile | None, *, is_shipped: bool
) -> tuple[KindRule, ...]:
    """Return the rules of a profile and, behind a user's own, those that hold anywhere.

    Who names what postage is would not have refunds become sales.
    """
    own = _kinds(rules, where)
    if base is None or (is_shipped and own):
        return own
    return (*own, *base.kinds)


def _kinds(rules: list[dict[str, Any]], where: str) -> tuple[KindRule, ...]:
    return tuple(_kind(rule, f"{where}, [[kinds]] number {n}") for n, rule in enumerate(rules, 1))


def _kind(rule: dict[str, Any], where: str) -> KindRule:
    conditions = {key: value for key, value in rule.items() if key not in ("kind", "because")}
    if not conditions or "kind" not in rule or "because" not in rule:
        raise ProfileError(f'{where} needs kind, because, and a condition such as order_id = "C*".')
    _one_of(rule["kind"], KINDS, f"{where}, kind")
    return KindRule(
        rule["kind"],
        rule["because"],
        {
            _known_column(column, where): _texts(patterns, f"{where}, {column}")
            for column, patterns in conditions.items()
        },
    )


def _one_of(value: object, allowed: tuple[str, ...], where: str) -> None:
    if value not in allowed:
        raise ProfileError(f'{where} = "{value}" must be one of: {", ".join(allowed)}.')


def _known_column(name: str, where: str) -> str:
    if name not in LINE_COLUMNS:
        raise ProfileError(
            f'{where}: we have no column "{name}".{did_you_mean(name, LINE_COLUMNS)}'
        )
    return name


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(text, str) for text in values):
        raise ProfileError(
            f'{where} must be text or a list of texts, such as ["Invoice", "Order"].'
        )
    return tuple(values)
