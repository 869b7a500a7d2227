"""The settings of a shop: `regulars.toml` in the current directory."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError, did_you_mean

_TYPES = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}


@dataclass(frozen=True)
class Expectations:
    """The limits within which a load counts as normal.

    fresh_within_days    the latest line is at most this many days old
    volume_at_least      lines and net sales of a new day, as a share of the usual for its weekday
    volume_at_most       the same share, at most
    quarantined_at_most  the share of rows that may be quarantined
    more_nameless_by     by how much the share of orders without a customer may rise
    gone_at_most         the share of known orders that a shop's database may have lost
    """

    fresh_within_days: int = 7
    volume_at_least: float = 0.5
    volume_at_most: float = 2.0
    quarantined_at_most: float = 0.01
    more_nameless_by: float = 0.1
    gone_at_most: float = 0.05


@dataclass(frozen=True)
class Settings:
    """The settings of a shop.

    fiscal_year_start      the first month of the fiscal year, 1 to 12
    high_value_percentile  customers whose lifetime net sales reach this percentile are high value
    memory_limit           the memory a build or query may use before it spills to disk
    currency               the sign before amounts of money
    shop                   the shop's name, shown as the title of the report
    credit                 the owner of the data, if they must be credited at the foot of the report
    warehouse              the default warehouse: a file, or an address without a password
    profile                the default profile: a built-in one or a file
    people_key_file        the file with the key for pseudonyms, unless the environment has the key
    suppression_table      a table of customers to leave out of every list, in the same database
    expectations           the limits within which a load counts as normal; [expectations]
    """

    fiscal_year_start: int = 1
    high_value_percentile: float = 0.8
    memory_limit: str = "1GB"
    currency: str = ""
    shop: str = ""
    credit: str = ""
    warehouse: str = "regulars.duckdb"
    profile: str = ""
    people_key_file: str = ".regulars-people.key"
    suppression_table: str = ""
    expectations: Expectations = Expectations()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", self.memory_limit):
            raise ProfileError(
                f'memory_limit = "{self.memory_limit}" must be a size such as "2GB".'
            )
        if not 1 <= self.fiscal_year_start <= 12:
            raise ProfileError(
                f"fiscal_year_start = {self.fiscal_year_start} must be between 1 and 12."
            )
        if not 0 < self.high_value_percentile < 1:
            raise ProfileError(
                f"high_value_percentile = {self.high_value_percentile} must be between 0 and 1."
            )


def load_settings(path: Path = Path("regulars.toml")) -> Settings:
    """Return the settings in a file, or the defaults if it does not exist.

    Raises ProfileError with the file and the setting to fix.
    """
    values = read_settings(path)
    # A warehouse stores the settings of its shop, and these are of its servers: they can contain a
    # secret.
    for servers in ("dashboard", "api"):
        values.pop(servers, None)
    expectations = section(values, "expectations", str(path))
    check_settings(values, Settings, str(path))
    check_settings(expectations, Expectations, f"{path}, [expectations]")
    return Settings(**values, expectations=Expectations(**expectations))


def read_settings(path: Path) -> dict[str, Any]:
    """Return the contents of a settings file; empty if it does not exist.

    Raises ProfileError if it is not valid TOML.
    """
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path} is not valid TOML: {error}") from None


def section(values: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    """Remove a section from settings and return it; empty if there is none.

    Raises ProfileError if the name is not a section.
    """
    contents = values.pop(name, {})
    if not isinstance(contents, dict):
        raise ProfileError(f"{where}: {name} must be a section. Write it as [{name}].")
    return contents


def check_settings(values: Mapping[str, object], settings: type, where: str) -> None:
    """Raise ProfileError for an unknown setting or a value of the wrong type."""
    known = {field.name: type(field.default) for field in fields(settings)}
    for name, value in values.items():
        if name not in known:
            raise ProfileError(f'{where}: unknown setting "{name}".{did_you_mean(name, known)}')
        if not _is_a(known[name], value):
            raise ProfileError(f"{where}: {name} = {value!r} must be {_TYPES[known[name]]}.")


def _is_a(type_: type, value: object) -> bool:
    if isinstance(value, bool):
        return type_ is bool
    return isinstance(value, (int, float) if type_ is float else type_)
