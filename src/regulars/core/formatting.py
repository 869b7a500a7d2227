"""Values as text: by the unit and format of their card, so that a figure reads the same anywhere.

Nothing here reads or writes. Missing is –, minus is −, and money bears the shop's sign where it
has one.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, Protocol

from regulars.core.columns import Good, Unit

MISSING = "–"
SPACE = "\u00a0"
"""A blank at which no line breaks: between a number and its sign."""

_DEFAULT_FORMATS = {"money": ",.2f", "share": ".1%", "count": ",d", "score": "d"}
_LARGE = ((10**9, "billion"), (10**6, "million"))
LEVEL_CHANGE = 0.01
"""What moved by less is level."""

_LEVEL_POINTS = 0.005
_MOST_DIGITS_MORE = 4
_MANY = 0.01


class Card(Protocol):
    """What there is to know of a value in order to write it: a ColumnCard or a Metric."""

    @property
    def unit(self) -> Unit:
        """What is counted."""

    @property
    def fmt(self) -> str:
        """How it is written."""

    @property
    def good(self) -> Good:
        """Which direction is good."""


@dataclass(frozen=True)
class Change:
    """How a figure moved. The words say it all; arrow and verdict repeat it for the eye."""

    arrow: Literal["▲", "▼", "■"]
    verdict: Literal["good", "bad", "neutral"]
    words: str


def text(value: Any, card: Card, currency: str = "") -> str:
    """Return a value as its card says it is written."""
    if is_missing(value):
        return MISSING
    if card.unit == "yes/no":
        return "yes" if value else "no"
    if card.unit == "date":
        return format(value, card.fmt) if card.fmt else day(value)
    if card.unit == "text":
        return str(value)
    return _signed(value, _format(card), card, currency)


def apart(now: Any, before: Any, card: Card, currency: str = "") -> tuple[str, str]:
    """Return two figures that differ with as many digits as it takes to see that they do."""
    told = text(now, card, currency), text(before, card, currency)
    if now == before or is_missing(now) or is_missing(before):
        return told
    fmt = _format(card)
    for _ in range(_MOST_DIGITS_MORE):
        if told[0] != told[1]:
            break
        fmt = re.sub(r"\d+", lambda digits: str(int(digits[0]) + 1), fmt)
        told = _signed(now, fmt, card, currency), _signed(before, fmt, card, currency)
    return told


def counted(number: int, one: str, many: str) -> str:
    """Return a number of things in words: 1 row, 2 rows."""
    return f"{number:,} {one if number == 1 else many}"


def short(value: Any, card: Card, currency: str = "") -> str:
    """Return a figure for a sentence: 1.43 million; without pennies from a thousand up."""
    if is_missing(value) or card.unit not in ("money", "count", "units"):
        return text(value, card, currency)
    for size, name in _LARGE:
        if abs(value) >= size:
            return f"{_signed(float(value) / size, '.2f', card, currency)}{SPACE}{name}"
    return _signed(value, ",.0f", card, currency) if abs(value) >= 1000 else text(
        value, card, currency
    )  # fmt: skip


def percent(share: float) -> str:
    """Return a share for a sentence: 35 %, and 3.5 % where a digit more is needed."""
    return _number(share, ".0%" if abs(share) >= 0.0995 or share == 0 else ".1%")


def exact(amounts: "list[Decimal]", currency: str = "") -> list[str]:
    """Return amounts that a reader can add up: all with the decimals that the finest needs."""
    finest = max((-_exponent(amount) for amount in amounts), default=2)
    return [_money(_number(amount, f",.{max(finest, 2)}f"), currency) for amount in amounts]


def much_set_aside(rows: int, read: int) -> str:
    """Return how many of the rows read could not be understood, empty where they are few."""
    if rows <= read * _MANY:
        return ""
    return f"Of {read:,} rows read, {rows:,} ({percent(rows / read)}) could not be understood"


def change(now: Any, before: Any, card: Card) -> Change | None:
    """Return how a figure moved, in points if it is a share; None where that cannot be said."""
    if is_missing(now) or is_missing(before):
        return None
    if card.unit == "share":
        points = float(now) - float(before)
        return _change(points, _LEVEL_POINTS, f"{abs(points) * 100:.1f} points", card)
    if before <= 0:
        return None
    grown = float(now) / float(before) - 1
    return _change(grown, LEVEL_CHANGE, percent(abs(grown)), card)


def day(value: date) -> str:
    """Return a day: 9 December 2011."""
    return f"{value.day} {value:%B %Y}"


def month(value: date) -> str:
    """Return a month: December 2011."""
    return f"{value:%B %Y}"


def moment(value: datetime) -> str:
    """Return a time of day: 9 December 2011, 12:50."""
    return f"{day(value)}, {value:%H:%M}"


def is_missing(value: Any) -> bool:
    """Return whether there is nothing to write."""
    return value is None or (isinstance(value, float) and not isfinite(value))


def _format(card: Card) -> str:
    return card.fmt or _DEFAULT_FORMATS.get(card.unit, ",.1f")


def _change(by: float, level: float, size: str, card: Card) -> Change:
    if abs(by) < level:
        return Change("■", "neutral", f"level ({_number(by * 100, '+.1f')}{_unit(card)})")
    rose = by > 0
    verdict: Literal["good", "bad", "neutral"] = "neutral"
    if card.good != "neither":
        verdict = "good" if rose == (card.good == "up") else "bad"
    return Change("▲" if rose else "▼", verdict, f"{size} {'up' if rose else 'down'}")


def _unit(card: Card) -> str:
    return " points" if card.unit == "share" else f"{SPACE}%"


def _signed(value: Any, fmt: str, card: Card, currency: str) -> str:
    number = _number(value, fmt)
    return _money(number, currency) if card.unit == "money" else number


def _money(number: str, currency: str) -> str:
    if not currency:
        return number
    sign = currency + SPACE if currency[-1].isalpha() else currency
    bare = number.lstrip("+−")
    return number[: len(number) - len(bare)] + sign + bare


def _number(value: Any, fmt: str) -> str:
    """Return a formatted number with a real minus, never minus nothing, and a blank before %."""
    if fmt.endswith("d"):
        value = round(value)
    elif fmt.endswith("g"):
        value = float(value)  # a Decimal would keep the zeros at its end
    written = format(value, fmt)
    if written.startswith("-") and not any(digit in written for digit in "123456789"):
        written = written[1:]
    return written.replace("-", "−").replace("%", f"{SPACE}%")


def _exponent(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
