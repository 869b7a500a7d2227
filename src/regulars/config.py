"""Settings of a shop, from `regulars.toml` in the current directory."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from regulars.errors import ProfileError, did_you_mean


@dataclass(frozen=True)
class Settings:
    """What a shop can set.

    fiscal_year_start      month in which the fiscal year begins, 1 to 12
    high_value_percentile  lifetime net sales above this percentile of customers are high value
    memory_limit           how much memory a build may use before it works on disk
    currency               sign shown before money
    shop                   name of the shop, which heads its report
    credit                 whose data it is, if that has to be said, at the foot of the report
    warehouse              the warehouse where none is named: a file or an address without password
    """

    fiscal_year_start: int = 1
    high_value_percentile: float = 0.8
    memory_limit: str = "1GB"
    currency: str = ""
    shop: str = ""
    credit: str = ""
    warehouse: str = "regulars.duckdb"

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
    if not path.is_file():
        return Settings()
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path} is not well-formed TOML: {error}") from None
    known = {field.name: type(field.default) for field in fields(Settings)}
    for name, value in told.items():
        if name not in known:
            raise ProfileError(f'{path}: unknown "{name}".{did_you_mean(name, known)}')
        if not _is_a(known[name], value):
            raise ProfileError(f"{path}: {name} = {value!r} should be a {known[name].__name__}.")
    return Settings(**told)


def _is_a(type_: type, value: object) -> bool:
    if isinstance(value, bool):
        return type_ is bool
    return isinstance(value, (int, float) if type_ is float else type_)
