"""Values as text, by the unit and format of their card, so that a figure reads the same anywhere.

`text` is for tables, `headline` for cards, `short` and `percent` for sentences. A missing value is
"–", a minus is "−", and money carries the shop's currency sign if it has one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, Protocol

from regulars.core.columns import Good, Unit

MISSING = "–"
SPACE = "\u00a0"
"""A space at which no line breaks: between a currency code and its amount."""

_DEFAULT_FORMATS = {"money": ",.2f", "share": ".1%", "count": ",d", "score": "d"}
_LARGE = ((10**9, "bn"), (10**6, "m"))
_PENCE_BELOW = 10_000
MANIFOLD_FROM = 10
"""From 1,000% on, a percentage has no decimals, and growth in a sentence is a multiple."""

LEVEL_CHANGE = 0.01
"""A change smaller than this counts as flat."""

_LEVEL_POINTS = 0.005
_MOST_EXTRA_DIGITS = 4
_MANY_QUARANTINED = 0.01


class Card(Protocol):
    """What a value needs in order to be written: a ColumnCard or a Metric."""

    @property
    def unit(self) -> Unit:
        """What the value counts."""

    @property
    def fmt(self) -> str:
        """Its format specification."""

    @property
    def good(self) -> Good:
        """The direction that is good."""


@dataclass(frozen=True)
class Change:
    """A figure's change. `words` say it in full; arrow and verdict repeat it for the eye."""

    arrow: Literal["▲", "▼", "■"]
    verdict: Literal["good", "bad", "neutral"]
    words: str


def text(value: Any, card: Card, currency: str = "") -> str:
    """Return a value in the format of its card, in full, as tables show it."""
    if is_missing(value):
        return MISSING
    if card.unit == "yes/no":
        return "yes" if value else "no"
    if card.unit == "date":
        return format(value, card.fmt) if card.fmt else day(value)
    if card.unit == "text":
        return str(value)
    return _write(value, _format(card), card, currency)


def headline(value: Any, card: Card, currency: str = "") -> str:
    """Return a figure for a card: as `text`, without pence on money of 10,000 and more."""
    if card.unit == "money" and not is_missing(value) and abs(value) >= _PENCE_BELOW:
        return _write(value, re.sub(r"\.\d+", ".0", _format(card)), card, currency)
    return text(value, card, currency)


def tell_apart(now: Any, before: Any, card: Card, currency: str = "") -> tuple[str, str]:
    """Return two figures for cards, with as many digits as it takes to show that they differ."""
    both = headline(now, card, currency), headline(before, card, currency)
    if now == before or is_missing(now) or is_missing(before):
        return both
    for extra in range(_MOST_EXTRA_DIGITS + 1):
        if both[0] != both[1]:
            break
        fmt = _finer(_format(card), extra)
        both = _write(now, fmt, card, currency), _write(before, fmt, card, currency)
    return both


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: 1 row, 2 rows."""
    return f"{number:,} {one if number == 1 else many}"


def short(value: Any, card: Card, currency: str = "") -> str:
    """Return a figure for a sentence: 1.43m; as `headline` below a million."""
    if is_missing(value) or card.unit not in ("money", "count", "units"):
        return text(value, card, currency)
    for size, letter in _LARGE:
        if abs(value) >= size:
            return f"{_write(float(value) / size, '.2f', card, currency)}{letter}"
    return headline(value, card, currency)


def signed(amount: Any, write: Callable[[Any], str]) -> str:
    """Return a change with its sign: +£1.43m."""
    return f"{'+' if amount > 0 else '−'}{write(abs(amount))}"


def percent(share: float) -> str:
    """Return a share or a growth for a sentence: 35.0%, without decimals from 1,000% on."""
    return _share(share, ".1%")


def growth_in_words(growth: float) -> str:
    """Return the size of a change for a sentence: 35.0%, or 32-fold from 1,000% on."""
    return f"{1 + growth:,.0f}-fold" if growth >= MANIFOLD_FROM else percent(abs(growth))


def exact(amounts: "list[Decimal]", currency: str = "") -> list[str]:
    """Return amounts that a reader can add up: all with the decimals that the finest needs."""
    finest = max((-_exponent(amount) for amount in amounts), default=2)
    return [_money(_number(amount, f",.{max(finest, 2)}f"), currency) for amount in amounts]


def quarantine_warning(rows: int, read: int) -> str:
    """Return how many rows could not be read; empty if they are few."""
    if rows <= read * _MANY_QUARANTINED:
        return ""
    return f"{rows:,} of {counted(read, 'row', 'rows')} ({percent(rows / read)}) could not be read"


def change(now: Any, before: Any, card: Card) -> Change | None:
    """Return how a figure moved, in points if it is a share; None if that cannot be computed."""
    if is_missing(now) or is_missing(before):
        return None
    if card.unit == "share":
        points = float(now) - float(before)
        size, flat = f"{abs(points) * 100:.1f} points", f"{_number(points * 100, '+.1f')} points"
        return _change(points, _LEVEL_POINTS, size, flat, card.good)
    if before <= 0:
        return None
    growth = float(now) / float(before) - 1
    size, flat = growth_in_words(growth), _number(growth, "+.1%")
    return _change(growth, LEVEL_CHANGE, size, flat, card.good)


def day(value: date) -> str:
    """Return a date: 9 December 2011."""
    return f"{value.day} {value:%B %Y}"


def month(value: date) -> str:
    """Return a month: December 2011."""
    return f"{value:%B %Y}"


def moment(value: datetime) -> str:
    """Return a date and time: 9 December 2011, 12:50."""
    return f"{day(value)}, {value:%H:%M}"


def is_missing(value: Any) -> bool:
    """Return whether there is no value: None, NaN or infinity."""
    return value is None or (isinstance(value, float) and not isfinite(value))


def _format(card: Card) -> str:
    return card.fmt or _DEFAULT_FORMATS.get(card.unit, ",.1f")


def _finer(fmt: str, extra: int) -> str:
    """Return a format with more decimals."""
    return re.sub(r"\d+", lambda digits: str(int(digits[0]) + extra), fmt)


def _change(by: float, level: float, size: str, flat: str, good: Good) -> Change:
    if abs(by) < level:
        return Change("■", "neutral", f"flat ({flat})")
    rose = by > 0
    verdict: Literal["good", "bad", "neutral"] = "neutral"
    if good != "neither":
        verdict = "good" if rose == (good == "up") else "bad"
    return Change("▲" if rose else "▼", verdict, f"{'up' if rose else 'down'} {size}")


def _write(value: Any, fmt: str, card: Card, currency: str) -> str:
    if card.unit == "share":
        return _share(value, fmt)
    number = _number(value, fmt)
    return _money(number, currency) if card.unit == "money" else number


def _share(value: Any, fmt: str) -> str:
    if fmt.endswith("p"):
        points = fmt.removesuffix("p").replace(".", ",.")
        return f"{_number(value * 100, f'{points}f')} points"
    if abs(value) < MANIFOLD_FROM:
        return _number(value, fmt)
    return _number(value, "+,.0%" if fmt.startswith("+") else ",.0%")


def _money(number: str, currency: str) -> str:
    if not currency:
        return number
    sign = currency + SPACE if currency[-1].isalpha() else currency
    bare = number.lstrip("+−")
    return number[: len(number) - len(bare)] + sign + bare


def _number(value: Any, fmt: str) -> str:
    """Return a formatted number with a real minus sign, and never minus zero."""
    if fmt.endswith("d"):
        value = round(value)
    elif fmt.endswith("g"):
        value = float(value)  # a Decimal would keep its trailing zeros
    number = format(value, fmt)
    if number.startswith("-") and not any(digit in number for digit in "123456789"):
        number = number[1:]
    return number.replace("-", "−")


def _exponent(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
