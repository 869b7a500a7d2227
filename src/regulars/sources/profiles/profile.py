"""Parse mapping profiles (TOML), which map the columns of one kind of source to our order lines.

[columns]    our column = their column, or a list of possible names; [] if there is none;
             joined or constant columns (built_columns.py)
[formats]    dates, decimal, discount: "auto" detects each from the whole column (formats.py)
[currencies] base, and the rates of other currencies (currencies.py)
[orders]     repeated = replace | union | error | keep; fill = columns given once per order;
             unique_per = "store" if each store numbers its own orders (per_store.py);
             corrections_within, not_corrections (corrections.py)
[file]       header, header_row, skip_rows, footer, delimiter, encoding, table: only if they
             cannot be detected
[files]      table, columns, join: how several files are joined into lines (files.py)
[database]   table, join, query, changed: where a shop database has its order lines (database.py)
[people]     columns with personal data, stored outside the star, and words for nobody (people.py)
[[kinds]]    kind, because, and one or more conditions column = pattern; the first match wins
             (a condition can name any column of the source)
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from regulars.core.conventions import Repeats
from regulars.core.errors import ProfileError, did_you_mean
from regulars.core.schema import MAPPED_COLUMNS, OPTIONAL_COLUMNS
from regulars.sources.profiles.built_columns import BuiltColumn, parse_built
from regulars.sources.profiles.checks import check_keys, one_of, texts
from regulars.sources.profiles.corrections import Corrections, parse_corrections
from regulars.sources.profiles.currencies import Currencies, parse_currencies
from regulars.sources.profiles.database import LineSource, parse_database
from regulars.sources.profiles.file_options import FileOptions, parse_file
from regulars.sources.profiles.files import JoinedFiles, parse_files
from regulars.sources.profiles.fill import parse_fill
from regulars.sources.profiles.formats import Formats, parse_formats
from regulars.sources.profiles.kind_rules import KindRule, parse_kinds
from regulars.sources.profiles.people import Nobody, People, parse_nobody, parse_people
from regulars.sources.profiles.unique_per import parse_unique_per

SHIPPED = "regulars"
"""The `source` of profiles that ship with Regulars."""

GENERIC = "generic"
_SECTIONS: tuple[tuple[str, type, str], ...] = (
    ("columns", dict, "a [columns] section"),
    ("formats", dict, "a [formats] section"),
    ("currencies", dict, "a [currencies] section"),
    ("orders", dict, "an [orders] section"),
    ("file", dict, "a [file] section"),
    ("files", dict, "a [files] section"),
    ("database", dict, "a [database] section"),
    ("people", dict, "a [people] section"),
    ("kinds", list, "one or more [[kinds]] sections"),
)
_ORDERS = ("repeated", "fill", "unique_per", "corrections_within", "not_corrections")
_EXAMPLE = '["Invoice", "Order"]'


@dataclass(frozen=True)
class Profile:
    """The column names, formats, order rules and line kinds of one kind of source.

    columns  possible names by our column name; none if the source has no such column
    built    columns of ours that are joined from several or constant
    own_rules  how many of `kinds` are a user's own; the others are shipped
    recognised_by  columns that show that a source is this export, each by its possible names; by
                   default all of `columns`
    based_on       the shipped profile whose columns it has, if it only adds to them
    own_columns    the columns that a user added to a shipped profile
    files          how several files are joined into lines; None if a file has its lines complete
    per_store      our columns of ids that are unique per store: order_id, customer_id or both
    corrections    which credits cancel an order
    refused        why this export cannot be read, and which one can; empty if it can be read
    """

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    formats: Formats
    file: FileOptions
    repeated_orders: Repeats
    fill: tuple[str, ...]
    kinds: tuple[KindRule, ...]
    source: str
    files: JoinedFiles | None = None
    database: LineSource = field(default_factory=LineSource)
    people: People | None = None
    built: Mapping[str, BuiltColumn] = field(default_factory=dict)
    currencies: Currencies = field(default_factory=Currencies)
    own_rules: int = 0
    nobody: Nobody = field(default_factory=Nobody)
    recognised_by: tuple[tuple[str, ...], ...] = ()
    refused: str = ""
    based_on: str = ""
    own_columns: tuple[str, ...] = ()
    per_store: tuple[str, ...] = ()
    corrections: Corrections = field(default_factory=Corrections)

    @property
    def is_shipped(self) -> bool:
        """Whether the profile ships with Regulars."""
        return self.source == SHIPPED

    @property
    def has_no_customers(self) -> bool:
        """Whether it says that no column names the customer: every order is a guest's."""
        return self.columns.get("customer_id") == ()

    def names(self, ours: str) -> bool:
        """Return whether the profile itself says where one of our columns comes from.

        The generic profile only knows common names.
        """
        return not (self.is_shipped and self.name == GENERIC) and (
            bool(self.columns.get(ours)) or ours in self.built
        )

    @property
    def only_has_settings(self) -> bool:
        """Whether it names at most money, so that it adds to a shipped profile that fits."""
        return (
            not self.is_shipped
            and self.columns.keys() <= {*OPTIONAL_COLUMNS, "discount"}
            and not self.built
            and self.files is None
            and self.database == LineSource()
        )

    @property
    def can_lack_columns(self) -> bool:
        """Whether a source may lack columns that it names: a user did not ask for them."""
        return self.is_shipped or bool(self.based_on)

    def over(self, base: "Profile") -> "Profile":
        """Return the profile with the columns, the kinds and the settings of a shipped one."""
        return replace(
            self,
            based_on=base.name,
            columns={**base.columns, **self.columns},
            own_columns=tuple(self.columns),
            built={ours: one for ours, one in base.built.items() if ours not in self.columns},
            files=base.files,
            formats=self.formats.or_else(base.formats),
            fill=self.fill or base.fill,
            people=self.people.over(base.people) if self.people else base.people,
            kinds=(*self.kinds[: self.own_rules], *base.kinds),
        )

    @property
    def is_generic(self) -> bool:
        """Whether this is the profile of common names, which any other falls back to."""
        return self.is_shipped and self.name == GENERIC

    @property
    def built_from(self) -> tuple[str, ...]:
        """The columns of the source that built columns are joined from."""
        return tuple(name for column in self.built.values() for name in column.columns)

    @property
    def version(self) -> str:
        """Hash of the profile's content."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    def with_formats(self, defaults: Formats) -> "Profile":
        """Return the profile with `defaults` for "auto" formats, and without personal data columns.

        Quarantined rows are stored without those columns, and with order numbers filled in: between
        other rows, they would get the number of another order.
        """
        people = self.people.without_columns() if self.people else None
        filled = ("order_id", "ordered_at", *(["store"] if self.per_store else []))
        fill = tuple(name for name in self.fill if name not in filled)
        return replace(self, formats=self.formats.or_else(defaults), people=people, fill=fill)


@cache
def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that ship with Regulars, sorted."""
    names = [entry.name for entry in files(__package__).iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def shipped_profiles() -> list[Profile]:
    """Return every profile that ships with Regulars, sorted by name."""
    return [load_profile(name) for name in profile_names()]


def load_profile(name_or_path: str) -> Profile:
    """Return the shipped profile with this name, or the one in this TOML file.

    Raises ProfileError if there is neither, or if the profile is malformed.
    """
    if name_or_path in profile_names():
        return _shipped(name_or_path)
    path = Path(name_or_path)
    return parse_profile(path.stem, profile_text(name_or_path), source=str(path))


def profile_text(name_or_path: str) -> str:
    """Return the TOML text of the shipped profile with this name, or of this file.

    Raises ProfileError if there is neither.
    """
    if name_or_path in profile_names():
        return shipped_text(name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        hint = did_you_mean(name_or_path, profile_names())
        raise ProfileError(f'There is no profile or file "{name_or_path}".{hint}')
    try:
        return path.read_text("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise ProfileError(f"Profile {path} cannot be read as UTF-8 text: {error}") from None


@cache
def _shipped(name: str) -> Profile:
    return parse_profile(name, shipped_text(name), source=SHIPPED)


def shipped_text(name: str) -> str:
    """Return the TOML text of a profile that ships with Regulars."""
    return (files(__package__) / f"{name}.toml").read_text("utf-8")


def parse_profile(name: str, text: str, *, source: str) -> Profile:
    """Return the profile in a TOML text; `source` is SHIPPED or the path of its file.

    Raises ProfileError, naming the section and key, if the profile is malformed.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"Profile {source} is not valid TOML: {error}") from None
    where = f'Profile "{name}"'
    of_shipped = ("recognised_by", "refused", "adds_kinds") if source == SHIPPED else ()
    check_keys(data, ("title", *of_shipped, *(key for key, _, _ in _SECTIONS)), where)
    for key, type_, form in _SECTIONS:
        if not isinstance(data.get(key, type_()), type_):
            raise ProfileError(f"{where}: write {key} as {form}.")
    base = None if name == GENERIC and source == SHIPPED else load_profile(GENERIC)
    orders = data.get("orders", {})
    check_keys(orders, _ORDERS, f"{where}, [orders]")
    repeated = orders.get("repeated", base.repeated_orders if base else "replace")
    one_of(repeated, get_args(Repeats), f"{where}, [orders] repeated")
    return Profile(
        name=name,
        title=data.get("title", name),
        columns=_columns(data.get("columns", {}), where),
        formats=parse_formats(data.get("formats", {}), where),
        file=parse_file(data.get("file", {}), where),
        repeated_orders=repeated,
        fill=parse_fill(orders.get("fill", []), f"{where}, [orders] fill"),
        kinds=parse_kinds(
            data.get("kinds", []),
            where,
            base.kinds if base else (),
            is_alone=source == SHIPPED and not data.get("adds_kinds"),
        ),
        own_rules=0 if source == SHIPPED else len(data.get("kinds", [])),
        source=source,
        files=parse_files(data.get("files", {}), f"{where}, [files]"),
        database=parse_database(data.get("database", {}), f"{where}, [database]"),
        people=parse_people(data.get("people", {}), where),
        built=_built(data.get("columns", {}), where),
        currencies=parse_currencies(data.get("currencies", {}), where, Path(source).parent),
        nobody=parse_nobody(data.get("people", {}), where),
        recognised_by=tuple(
            (names,) if isinstance(names, str) else tuple(names)
            for names in data.get("recognised_by", ())
        ),
        refused=data.get("refused", ""),
        per_store=parse_unique_per(data, where),
        corrections=parse_corrections(orders, f"{where}, [orders]"),
    )


def _columns(columns: dict[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    return {
        _known_column(ours, f"{where}, [columns]", MAPPED_COLUMNS): (
            texts(theirs, f"{where}, [columns] {ours}", _EXAMPLE) if theirs != [] else ()
        )
        for ours, theirs in columns.items()
        if not isinstance(theirs, dict)
    }


def _built(columns: dict[str, Any], where: str) -> dict[str, BuiltColumn]:
    return {
        _known_column(ours, f"{where}, [columns]", MAPPED_COLUMNS): parse_built(
            ours, definition, f"{where}, [columns] {ours}"
        )
        for ours, definition in columns.items()
        if isinstance(definition, dict)
    }


def _known_column(name: str, where: str, known: Mapping[str, object]) -> str:
    if name not in known:
        raise ProfileError(f'{where}: unknown column "{name}".{did_you_mean(name, known)}')
    return name
