"""The section [currencies] of a profile: the currency to count in, and the rates into it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.core.errors import ProfileError

SIGNS = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "円": "JPY", "₹": "INR", "RS": "INR", "R$": "BRL",
    "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "₺": "TRY", "₽": "RUB", "₩": "KRW", "₪": "ILS",
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
    """

    base: str | None = None
    rates: Mapping[str, str] = field(default_factory=dict)


def currency_code(text: str) -> str:
    """Return a currency as staging names it: a code in capitals, or a sign without a code."""
    name = text.strip().upper()
    return SIGNS.get(name.rstrip("."), name)


def may_be_same(one: str, other: str) -> bool:
    """Return whether two currencies may be the same: a plain $ can be any dollar."""
    both = {one, other}
    return len(both) == 1 or (_DOLLAR in both and all(c[-1] in ("$", "D") for c in both))


def parse_currencies(section: dict[str, Any], where: str) -> Currencies:
    """Return the currencies of a profile.

    Raises ProfileError, naming the key, if the base is missing or a rate is not a number above 0.
    """
    if not section:
        return Currencies()
    base, rates = section.get("base"), {k: v for k, v in section.items() if k != "base"}
    if not isinstance(base, str) or not base.strip() or not rates:
        raise ProfileError(
            f'{where} needs base = "EUR" and a rate for every other currency, such as USD = "0.92".'
        )
    return Currencies(
        currency_code(base),
        {currency_code(code): _rate(rate, f"{where} {code}") for code, rate in rates.items()},
    )


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
