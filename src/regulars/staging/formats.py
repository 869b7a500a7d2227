"""How a source writes dates, numbers and discounts: evidence from a column, then one decision.

A date such as 03/04/2011 can be read in two ways. It is decided once for the whole column, never
row by row; where the column leaves both readings open, the user is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import ibis

from regulars.errors import AmbiguousFormatError
from regulars.expr import parsed_time
from regulars.profiles import Dates, Decimal, Discount, Formats
from regulars.profiles.recognise import ColumnMapping, plain

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, StringValue, Table, TimestampValue

_TIMES = (
    " %H:%M:%S",
    "",
    " %H:%M",
    "T%H:%M:%S",
    " %H:%M:%S.%f",
    "T%H:%M:%S.%f",
    " %I:%M %p",
    " %I:%M:%S %p",
    "T%H:%M",
)
_DAYS = {
    "iso": ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"),
    "day-first": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y"),
    "month-first": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y", "%m.%d.%y"),
}
_WORDED_DAYS = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_ZONE = r" ?(Z|UTC|[+-]\d\d:?\d\d)$"
_DECIMAL_POINT = r"\.(\d{1,2}|\d{4,})$"
_DECIMAL_COMMA = r",(\d{1,2}|\d{4,})$"
MIXED = 0.01
"""A reading that fits fewer of the rows than this is a slip of the pen, not another format."""


@dataclass(frozen=True)
class ReadAs:
    """The decision: how this source's text becomes dates, numbers and discounts."""

    dates: Dates = "iso"
    zoned: bool = False
    timezone: str | None = None
    decimal: Decimal = "point"
    discount: Discount = "fraction"

    def describe(self) -> str:
        """Return the decision in words, for the summary."""
        words = {"iso": "dates year first", "day-first": "dates day first"}
        parts = [words.get(self.dates, "dates month first"), f"decimal {self.decimal}"]
        return ", ".join([*parts, f"discount as {self.discount}"])


def read_time(text: "StringValue", read_as: ReadAs) -> "TimestampValue":
    """Return text as a local time, empty where it is no date.

    An offset such as -05:00 is what the shop's clock showed, so the time stands as printed,
    unless the profile names the shop's timezone; then the moment is converted to it.
    """
    if not read_as.zoned:
        return parsed_time(text, _date_formats(read_as.dates))
    local = parsed_time(text.re_replace(_ZONE, ""), _date_formats(read_as.dates))
    if read_as.timezone is None:
        return local
    offset = text.re_extract(r"([+-]\d\d):?\d\d$", 1).nullif("").cast("int32")
    utc = local - ibis.coalesce(offset, 0).as_interval("h")
    zoned = utc.cast("timestamp('UTC')").cast(f"timestamp('{read_as.timezone}')")
    return cast("TimestampValue", zoned.cast("timestamp"))


def read_number(text: "StringValue", decimal: Decimal, type_: str) -> "NumericValue":
    """Return text as a number of that type, empty where it is none.

    Currency signs and thousands separators are understood; anything else in the text is not.
    """
    if decimal == "comma":
        return _bare_number(text, thousands=r"[. ']", point=",").try_cast(type_)
    tidy = _bare_number(text, thousands=r"[, ']", point=".").try_cast(type_)
    return cast("NumericValue", ibis.coalesce(text.try_cast(type_), tidy))


def evidence(table: "Table", mapping: ColumnMapping) -> "Table":
    """Return one row of counts over a source, from which `decide` reads its formats."""
    counts = _date_evidence(table, mapping) | _number_evidence(table, mapping)
    return table.aggregate(rows=table.count(), **(counts | _discount_evidence(table, mapping)))


def decide(
    source: str,
    mapping: ColumnMapping,
    counts: Mapping[str, Any],
    *,
    decimal_comma_likely: bool = False,
) -> ReadAs:
    """Return how to read a source, from its evidence and what its profile says.

    Raises AmbiguousFormatError where the evidence leaves two readings open.
    """
    told = mapping.profile.formats
    seen = {name: count or 0 for name, count in counts.items()}
    return ReadAs(
        dates=told.dates if told.dates != "auto" else _decide_dates(source, mapping, seen),
        zoned=bool(seen.get("dates_zoned")),
        timezone=told.timezone,
        decimal=_decide_decimal(told, seen, likely="comma" if decimal_comma_likely else "point"),
        discount=_decide_discount(source, mapping, seen),
    )


def is_plain(read_as: ReadAs) -> bool:
    """Return whether a sample is enough: no row further down could be read in another way."""
    return replace(read_as, timezone=None, discount="fraction") == ReadAs(zoned=read_as.zoned)


def _date_formats(dates: Dates) -> list[str]:
    """Return the strptime formats of a reading; a two-digit year is tried before four."""
    days = _DAYS[dates] if dates == "iso" else (*_DAYS[dates], *_WORDED_DAYS)
    return [day + time for day in days for time in _TIMES]


def _bare_number(text: "StringValue", *, thousands: str, point: str) -> "StringValue":
    """Return the digits, sign and decimal point of a well-formed amount, else empty."""
    digits = text.re_replace(r"^([-+]?) ?(?:[A-Z]{3}|[$£€¥]) ?|(?: ?(?:[A-Z]{3}|[$£€¥%]))$", r"\1")
    mark = "\\" + point
    grouped = rf"^[-+]?(\d+|\d{{1,3}}({thousands}\d{{3}})+)({mark}\d+)?$"
    bare = digits.re_replace(thousands, "").replace(point, ".")
    return cast("StringValue", ibis.ifelse(digits.re_search(grouped), bare, ibis.null("string")))


def _text(table: "Table", mapping: ColumnMapping, ours: str) -> "StringValue | None":
    theirs = mapping.columns.get(ours)
    if theirs is None or not table[theirs].type().is_string():
        return None
    return cast("StringValue", table[theirs].strip().nullif(""))


def _date_evidence(table: "Table", mapping: ColumnMapping) -> dict[str, "NumericValue"]:
    text = _text(table, mapping, "ordered_at")
    if text is None:
        return {}
    bare = text.re_replace(_ZONE, "")
    readings = {
        name: parsed_time(bare, _date_formats(name)) for name in ("iso", "day-first", "month-first")
    }
    day, month = readings["day-first"], readings["month-first"]
    return {
        "dates": text.count(),
        "dates_zoned": _count(text.re_search(r":\d\d.*" + _ZONE)),
        "dates_iso": readings["iso"].count(),
        "dates_day_first": day.count(),
        "dates_month_first": month.count(),
        "dates_day_first_only": _count(day.notnull() & month.isnull()),
        "dates_month_first_only": _count(month.notnull() & day.isnull()),
        "dates_differ": _count(day != month),
    }


def _number_evidence(table: "Table", mapping: ColumnMapping) -> dict[str, "NumericValue"]:
    texts = [_text(table, mapping, ours) for ours in ("unit_price", "quantity", "discount")]
    present = [text for text in texts if text is not None]
    if not present:
        return {}
    return {
        "numbers_with_point": sum(_count(text.re_search(_DECIMAL_POINT)) for text in present),
        "numbers_with_comma": sum(_count(text.re_search(_DECIMAL_COMMA)) for text in present),
        "numbers_with_any_comma": sum(_count(text.contains(",")) for text in present),
    }


def _discount_evidence(table: "Table", mapping: ColumnMapping) -> dict[str, "NumericValue"]:
    theirs = mapping.columns.get("discount")
    if theirs is None:
        return {}
    text = _text(table, mapping, "discount")
    value = table[theirs] if text is None else text.re_replace("[^0-9.,-]", "").replace(",", ".")
    size = value.try_cast("float64").abs()
    return {
        "discounts": _count(size > 0),
        "discounts_over_one": _count(size > 1),
        "discounts_with_percent": _count(text.contains("%"))
        if text is not None
        else ibis.literal(0),
        "discounts_highest": size.max(),
    }


def _decide_dates(source: str, mapping: ColumnMapping, seen: Mapping[str, Any]) -> Dates:
    day, month = seen.get("dates_day_first", 0), seen.get("dates_month_first", 0)
    if seen.get("dates_iso", 0) >= max(day, month):  # also where the column has real dates
        return "iso"
    only_day, only_month = seen["dates_day_first_only"], seen["dates_month_first_only"]
    if min(only_day, only_month) > MIXED * max(day, month):
        raise AmbiguousFormatError(
            f"{_column(source, mapping, 'ordered_at')} mixes dates: {only_day:,} rows can only be "
            f"day first, {only_month:,} only month first. Split the file, or make its dates ISO."
        )
    if only_day == only_month and seen["dates_differ"]:
        raise AmbiguousFormatError(
            f"{_column(source, mapping, 'ordered_at')} can be read day first or month first in all "
            f"{max(day, month):,} rows. Say which in your profile:\n"
            '  [formats]\n  dates = "day-first"   # or "month-first"'
        )
    return "day-first" if only_day >= only_month else "month-first"


def _decide_decimal(
    told: Formats, seen: Mapping[str, Any], likely: Literal["point", "comma"]
) -> Decimal:
    if told.decimal != "auto":
        return told.decimal
    points, commas = seen.get("numbers_with_point", 0), seen.get("numbers_with_comma", 0)
    if points == commas:
        return likely if seen.get("numbers_with_any_comma") else "point"
    return "point" if points > commas else "comma"


def _decide_discount(source: str, mapping: ColumnMapping, seen: Mapping[str, Any]) -> Discount:
    told = mapping.profile.formats.discount
    if told != "auto" or "discounts" not in seen:
        return told if told != "auto" else "fraction"
    name = plain(mapping.columns["discount"])
    if seen["discounts_with_percent"] or "percent" in name or "pct" in name:
        return "percent"
    if "amount" in name:
        return "amount"
    if seen["discounts_over_one"] <= MIXED * seen["discounts"]:
        return "fraction"
    highest = f"{seen['discounts_highest']:g}"
    raise AmbiguousFormatError(
        f"{_column(source, mapping, 'discount')} goes up to {highest}: percent, or "
        "money off the line? Say which in your profile:\n"
        '  [formats]\n  discount = "percent"   # or "amount"'
    )


def _column(source: str, mapping: ColumnMapping, ours: str) -> str:
    return f'{source}: column "{mapping.columns[ours]}"'


def _count(condition: "BooleanValue") -> "NumericValue":
    return cast("NumericValue", condition.cast("int64").sum())
