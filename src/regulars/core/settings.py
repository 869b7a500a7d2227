"""Settings of a shop, from `regulars.toml` in the current directory."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError, did_you_mean


@dataclass(frozen=True)
class Expectations:
    """What every load is expected to be like.

    fresh_within_days    the latest line is at most so many days old
    volume_at_least      a new day has at least this share of the lines and the money of the same
    volume_at_most       weekday before, and at most this
    quarantined_at_most  share of the rows read that may be quarantined
    gone_at_most         share of the orders known that a shop's database may have lost since
    more_nameless_by     the share of orders without a customer exceeds what it was by at most this
    """

    fresh_within_days: int = 7
    volume_at_least: float = 0.5
    volume_at_most: float = 2.0
    quarantined_at_most: float = 0.01
    more_nameless_by: float = 0.1
    gone_at_most: float = 0.05


@dataclass(frozen=True)
class Settings:
    """What a shop can set.

    fiscal_year_start      month in which the fiscal year begins, 1 to 12
    high_value_percentile  lifetime net sales above this percentile of customers are high value
    memory_limit           how much memory a build or a question may use before it works on disk
    currency               sign shown before money
    shop                   name of the shop, which heads its report
    credit                 whose data it is, if that has to be said, at the foot of the report
    warehouse              the warehouse where none is named: a file or an address without password
    profile                the profile where none is named: one that is shipped, or a file
    people_key_file        where the key is by which people are kept, if not in the environment
    suppression_table      a table beside the warehouse of customers who are on no list
    expectations           what every load is expected to be like, under [expectations]
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
            raise ProfileError(f"fiscal_year_start = {self.fiscal_year_start} must be 1 to 12.")
        if not 0 < self.high_value_percentile < 1:
            raise ProfileError(
                f"high_value_percentile = {self.high_value_percentile} must lie between 0 and 1."
            )


def load_settings(path: Path = Path("regulars.toml")) -> Settings:
    """Return the settings of that file, or the defaults where there is no such file.

    Raises ProfileError that names the file and the line to mend.
    """
    told = read_settings(path)
    # The dashboard's own, among them a secret: a warehouse keeps the others.
    told.pop("dashboard", None)
    expected = section(told, "expectations", str(path))
    check_settings(told, Settings, str(path))
    check_settings(expected, Expectations, f"{path}, [expectations]")
    return Settings(**told, expectations=Expectations(**expected))


def read_settings(path: Path) -> dict[str, Any]:
    """Return what that file says, by name; nothing where there is no such file.

    Raises ProfileError where it is not well-formed TOML.
    """
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path} is not well-formed TOML: {error}") from None


def section(told: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    """Take the section of that name out of what was told; empty where there is none.

    Raises ProfileError where the name is given to something else.
    """
    found = told.pop(name, {})
    if not isinstance(found, dict):
        raise ProfileError(f"{where}: {name} is written as a section, [{name}].")
    return found


def check_settings(told: Mapping[str, object], of: type, where: str) -> None:
    """Raise ProfileError for a name that is not known, or a value of another kind."""
    known = {field.name: type(field.default) for field in fields(of)}
    for name, value in told.items():
        if name not in known:
            raise ProfileError(f'{where}: unknown "{name}".{did_you_mean(name, known)}')
        if not _is_a(known[name], value):
            raise ProfileError(f"{where}: {name} = {value!r} should be a {known[name].__name__}.")


def _is_a(type_: type, value: object) -> bool:
    if isinstance(value, bool):
        return type_ is bool
    return isinstance(value, (int, float) if type_ is float else type_)
