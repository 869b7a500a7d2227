"""The section [currencies] of a profile: the currency to count in, and the rates into it."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError

SIGNS = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "￥": "JPY", "円": "JPY", "₹": "INR", "RS": "INR",
    "R$": "BRL", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "₺": "TRY", "TL": "TRY", "₽": "RUB",
    "₩": "KRW", "₪": "ILS",
    "US$": "USD", "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD",
    "FR": "CHF", "SFR": "CHF",
}  # fmt: skip
"""Signs that name one currency. A plain $ or kr can be of several countries and stays as it is."""

_DOLLAR = "$"


@dataclass(frozen=True)
class Currencies:
    """The currency that a source is converted into, and what one unit of each other is worth.

    base   the code of the currency; None if nothing is converted
    rates  decimal numbers as text, by code
    dated  rates that change: code, first day and rate, sorted; a rate is valid until the next one
    """

    base: str | None = None
    rates: Mapping[str, str] = field(default_factory=dict)
    dated: tuple[tuple[str, date, str], ...] = ()


def currency_code(text: str) -> str:
    """Return a currency as staging names it: a code in capitals, or a sign without a code."""
    name = text.strip().upper()
    return SIGNS.get(name.rstrip("."), name)


def may_be_same(one: str, other: str) -> bool:
    """Return whether two currencies may be the same: a plain $ can be any dollar."""
    both = {one, other}
    return len(both) == 1 or (_DOLLAR in both and all(c[-1] in ("$", "D") for c in both))


def parse_currencies(section: dict[str, Any], where: str, folder: Path) -> Currencies:
    """Return the currencies of a profile; a file of rates is in its folder.

    Raises ProfileError, naming the key or the row, if the base is missing or a rate is not a number
    above 0.
    """
    if not section:
        return Currencies()
    where, given = f"{where}, [currencies]", dict(section)
    base, file = given.pop("base", None), given.pop("rates", None)
    if not isinstance(base, str) or not base.strip() or not (given or file):
        raise ProfileError(
            f'{where} needs base = "EUR" and a rate for every other currency, such as '
            'USD = "0.92", or a file with rates by date: rates = "rates.csv".'
        )
    rates = {currency_code(code): _rate(rate, f"{where} {code}") for code, rate in given.items()}
    dated = _read_rates(file, f"{where} rates", folder) if file is not None else ()
    if twice := sorted({code for code, _, _ in dated} & rates.keys()):
        raise ProfileError(
            f"{where} has a rate for {twice[0]}, which is also in the file of rates."
        )
    return Currencies(currency_code(base), rates, dated)


def _read_rates(file: object, where: str, folder: Path) -> tuple[tuple[str, date, str], ...]:
    """Return the rates in a CSV file with the columns date, currency and rate."""
    if not isinstance(file, str):
        raise ProfileError(
            f'{where} = {file!r} must be the name of a CSV file, such as "rates.csv".'
        )
    path = folder / file
    try:
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{where}: {path} cannot be read: {error}") from None
    if not rows or not {"date", "currency", "rate"} <= rows[0].keys():
        raise ProfileError(
            f"{where}: {path} needs the columns date, currency and rate, separated by commas."
        )
    dated = [_dated_rate(row, f"{path}, row {number}") for number, row in enumerate(rows, 2)]
    return tuple(sorted(dated))


def _dated_rate(row: Mapping[str, str | None], where: str) -> tuple[str, date, str]:
    code, day = ((row[name] or "").strip() for name in ("currency", "date"))
    try:
        first_day = date.fromisoformat(day)
    except ValueError:
        raise ProfileError(f"{where}: write the date {day!r} as 2025-12-31.") from None
    if not code:
        raise ProfileError(f"{where}: the currency is missing.")
    return currency_code(code), first_day, _rate((row["rate"] or "").strip(), f"{where}: rate")


def _rate(value: object, where: str) -> str:
    """Return a rate as a plain decimal number with up to eight places."""
    text = str(value)
    try:
        rate = Decimal(text) if isinstance(value, (str, int, float)) else Decimal(0)
    except InvalidOperation:
        rate = Decimal(0)
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}(\.\d{1,8})?", text) or rate <= 0:
        raise ProfileError(
            f"{where} = {value!r} must be a number above 0 with up to eight decimals, such as "
            '"0.92".'
        )
    return text
