"""The options of the upload form, in the words of a shop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

AUTOMATIC, NONE = "Automatic", "–"


@dataclass(frozen=True)
class Option:
    """A choice of a control, and the value that it gives the setting."""

    label: str
    value: Any = None


NO_COLUMN: Mapping[str, Sequence[Option]] = {
    "customer_id": [Option("Not in the file: all are guests", [])],
    "quantity": [Option("Not in the file: one unit per row", {"value": 1})],
    "product_name": [Option("Not in the file: all are “Goods”", {"value": "Goods"})],
}
"""What can take the place of a column."""

REFUNDED = [
    Option(AUTOMATIC),
    Option("A sale and its return", "return"),
    Option("A sale: refunds have their own rows", "sale"),
]

DATES = [
    Option(AUTOMATIC),
    Option("Day first: 31/12/2025", "day-first"),
    Option("Month first: 12/31/2025", "month-first"),
    Option("Year first: 2025-12-31", "iso"),
    Option("Excel day numbers: 46022", "excel"),
    Option("Seconds since 1970", "epoch"),
]

DECIMAL = [
    Option(AUTOMATIC),
    Option("Point: 1,234.50", "point"),
    Option("Comma: 1.234,50", "comma"),
]

DISCOUNT = [
    Option(AUTOMATIC),
    Option("Percent: 10 is 10% off", "percent"),
    Option("Fraction: 0.1 is 10% off", "fraction"),
    Option("Money off the line", "amount"),
    Option("Money off each unit", "unit-amount"),
    Option("Already taken off the price", "included"),
]

LINE_TOTAL = [
    Option(AUTOMATIC),
    Option("Before discount", "gross"),
    Option("After discount", "net"),
]

PRICE = [Option(AUTOMATIC), Option("Of one unit", "unit"), Option("Of the whole line", "line")]

CENTS = [Option(AUTOMATIC), Option("10.00, as it is in cents", True), Option("1,000.00", False)]

REPEATED = [
    Option("The latest version counts"),
    Option("All their lines count once", "union"),
    Option("Every copy counts", "keep"),
    Option("Refuse if they differ", "error"),
]

HEADER = [Option(AUTOMATIC), Option("The file has no header", False)]

ENCODINGS = [
    Option(AUTOMATIC),
    Option("UTF-8", "utf-8"),
    Option("Western Europe (Windows-1252)", "cp1252"),
    Option("Western Europe (DOS, CP850)", "cp850"),
    Option("Western Europe (Mac)", "mac-roman"),
    Option("Central Europe (Windows-1250)", "cp1250"),
    Option("Cyrillic (Windows-1251)", "cp1251"),
    Option("Greek (Windows-1253)", "cp1253"),
    Option("Turkish (Windows-1254)", "cp1254"),
    Option("Japanese (Shift JIS)", "cp932"),
    Option("Chinese (GB 18030)", "gb18030"),
]

DELIMITERS = [
    Option(AUTOMATIC),
    Option("Comma", ","),
    Option("Semicolon", ";"),
    Option("Tab", "tab"),
    Option("Pipe |", "|"),
]


def time_zones() -> list[Option]:
    """Return UTC and the time zones of places."""
    names = ["UTC", *sorted(zone for zone in available_timezones() if "/" in zone)]
    return [Option(name, name) for name in names]
