"""The [formats] of a profile: how text becomes dates and numbers.

dates            auto, iso, day-first, month-first, excel (serial numbers), epoch or days
first_day        the date of day 1, if dates are numbers of days
date_format      strptime formats such as "%d.%m.%y", instead of `dates`
decimal          auto, point or comma; or a table of these by our column
discount         auto, fraction, percent, amount, unit-amount or included
price            auto, unit or line: what the column unit_price is
line_total       auto, gross or net: before or after discount
minor_units      whether prices are in cents
timezone         the shop's time zone, for times with an offset
source_timezone  the time zone of times without an offset, if it is another one
currency         the only currency to count
states           the columns that say what a row is or what became of an order; None detects them
refunded         "sale" if refunds have rows of their own, "return" if only a status says so
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, get_args
from zoneinfo import available_timezones

from regulars.core.errors import ProfileError, did_you_mean
from regulars.core.schema import MAPPED_COLUMNS
from regulars.sources.profiles.checks import check_keys, one_of, texts
from regulars.sources.profiles.currencies import currency_code

Dates = Literal["auto", "iso", "day-first", "month-first", "excel", "epoch", "days"]
Decimal = Literal["auto", "point", "comma"]
Discount = Literal["auto", "fraction", "percent", "amount", "unit-amount", "included"]
Price = Literal["auto", "unit", "line"]
LineTotal = Literal["auto", "gross", "net"]
Refunded = Literal["auto", "return", "sale"]

DIRECTIVES = "YymdHIMSfpbB"
"""The strptime directives that a date_format can have."""

_CHOICES: tuple[tuple[str, object], ...] = (
    ("dates", Dates),
    ("discount", Discount),
    ("price", Price),
    ("line_total", LineTotal),
    ("refunded", Refunded),
)


@dataclass(frozen=True)
class Formats:
    """How text becomes dates and numbers; "auto" and None are detected.

    A decimal mark can be given for all columns, or by our column name.
    """

    dates: Dates = "auto"
    decimal: Decimal | Mapping[str, Decimal] = "auto"
    discount: Discount = "auto"
    price: Price = "auto"
    line_total: LineTotal = "auto"
    timezone: str | None = None
    source_timezone: str | None = None
    date_format: tuple[str, ...] | None = None
    first_day: str | None = None
    minor_units: bool | None = None
    currency: str | None = None
    states: tuple[str, ...] | None = None
    refunded: Refunded = "auto"

    def decimal_of(self, name: str | None) -> Decimal:
        """Return the decimal mark of one of our columns, or of any other."""
        if isinstance(self.decimal, str):
            return self.decimal
        return self.decimal.get(name or "", "auto")

    def or_else(self, defaults: "Formats") -> "Formats":
        """Return the formats, with `defaults` for those that are not set."""
        chosen = {
            name: value if value not in ("auto", None) else getattr(defaults, name)
            for name, value in vars(self).items()
        }
        if not isinstance(self.decimal, str) and not isinstance(defaults.decimal, str):
            chosen["decimal"] = {**defaults.decimal, **self.decimal}
        return Formats(**chosen)


def formats_from(values: Mapping[str, Any]) -> Formats:
    """Return the formats that `vars` and JSON turned into a dictionary."""
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Formats(**(dict(values) | lists))


def parse_formats(section: Mapping[str, Any], where: str) -> Formats:
    """Return the [formats] of a profile.

    Raises ProfileError, naming the key and what is allowed.
    """
    where = f"{where}, [formats]"
    check_keys(section, [field.name for field in fields(Formats)], where)
    for key, allowed in _CHOICES:
        one_of(section.get(key, "auto"), get_args(allowed), f"{where} {key}")
    _check_decimal(section.get("decimal", "auto"), f"{where} decimal")
    for key in ("timezone", "source_timezone"):
        _check_zone(section.get(key), where)
    if "source_timezone" in section and "timezone" not in section:
        raise ProfileError(
            f"{where}: source_timezone needs the time zone of the shop, such as  "
            'timezone = "Europe/Paris"'
        )
    if not isinstance(section.get("minor_units", False), bool):
        raise ProfileError(f"{where} minor_units must be true or false.")
    if "first_day" in section and (
        section.get("dates", "days") != "days" or "date_format" in section
    ):
        raise ProfileError(f'{where} first_day needs dates = "days", without another format.')
    currency = section.get("currency")
    if currency is not None and (not isinstance(currency, str) or not currency.strip()):
        raise ProfileError(f'{where} currency = {currency!r} must be a code: "EUR".')
    parsed: dict[str, Any] = {"date_format": _date_formats(section, where)}
    if "first_day" in section:
        parsed |= {"dates": "days", "first_day": _day(section["first_day"], f"{where} first_day")}
    parsed |= {"currency": currency_code(currency)} if currency else {}
    if "states" in section:
        states = section["states"]
        parsed["states"] = states and texts(states, f"{where} states", '["Order status"]')
        parsed["states"] = tuple(parsed["states"])
    return Formats(**(dict(section) | parsed))


def _check_decimal(decimal: object, where: str) -> None:
    if not isinstance(decimal, dict):
        one_of(decimal, get_args(Decimal), where)
        return
    numbers = [name for name, column in MAPPED_COLUMNS.items() if column.type.startswith("decimal")]
    check_keys(decimal, numbers, where)
    for name, mark in decimal.items():
        one_of(mark, get_args(Decimal), f"{where}, {name}")


def _day(value: object, where: str) -> str:
    """Return a date as 2017-01-01."""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ProfileError(f'{where} = {value!r} must be a date such as "2017-01-01".') from None


def _check_zone(zone: object, where: str) -> None:
    if zone is not None and zone not in available_timezones():
        hint = did_you_mean(zone, available_timezones()) if isinstance(zone, str) else ""
        raise ProfileError(f'{where}: "{zone}" is not a time zone.{hint}')


def _date_formats(section: Mapping[str, Any], where: str) -> tuple[str, ...] | None:
    if "date_format" not in section:
        return None
    if section.get("dates", "auto") != "auto":
        raise ProfileError(f"{where} has both dates and date_format. Remove one of them.")
    given = texts(section["date_format"], f"{where} date_format", '"%d.%m.%y"')
    for format_ in given:
        used = re.findall("%(.?)", format_)
        if not set(used) <= set(DIRECTIVES) or not all(
            set(part) & set(used) for part in ("d", "mbB", "yY")
        ):
            raise ProfileError(
                f'{where} date_format = "{format_}" needs a day %d, a month (%m, %b for Jan or %B '
                "for January) and a year (%Y or %y). A time is written %H:%M:%S, or %I:%M %p with "
                "AM and PM. Leave out time zones: they are detected."
            )
    return given
