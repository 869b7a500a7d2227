"""How prices and discounts of a source are to be read, proved by the totals that it states.

A price can be that of a unit or of the line, a discount a fraction, a percentage or money. The
reading under which the stated totals come out right on nearly all lines of a sample decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.errors import AmbiguousFormatError
from regulars.core.formatting import counted
from regulars.sources.profiles.formats import Discount, LineTotal, Price
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.totals import hint_of
from regulars.transform.staging.control_sums import TAX, TOTAL
from regulars.transform.staging.discounts import decide_discount
from regulars.transform.staging.formats import SourceFormats

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, Table

AGREEMENT = 0.99
"""The share of lines whose total must agree with a reading to prove it."""

_MONEY: tuple[Discount, ...] = ("fraction", "percent", "amount", "unit-amount")
_PRICES: tuple[Price, ...] = ("unit", "line")
_LINE_TOTALS: tuple[LineTotal, ...] = ("gross", "net")


@dataclass(frozen=True)
class Reading:
    """One way to read the amounts of a line."""

    discount: Discount
    price: Price = "unit"
    line_total: LineTotal = "gross"


def readings_of(mapping: ColumnMapping) -> list[Reading]:
    """Return the readings to compare for a source with these columns."""
    discounts: tuple[Discount, ...] = ("included",)
    if "discount" in mapping.columns:
        discounts += _MONEY
    if "line_total" in mapping.columns:
        pairs = product(_LINE_TOTALS, discounts)
        return [Reading(discount, "line", line_total) for line_total, discount in pairs]
    return [Reading(discount, price) for price, discount in product(_PRICES, discounts)]


def reading_evidence(rows: "Table", readings: Sequence[Reading]) -> "Table":
    """Return one row of counts: on how many lines each total agrees with each reading.

    `rows` has quantity, price, discount and the stated totals and taxes, as numbers. Lines with a
    discount are counted separately from those without, of which one unit proves nothing.
    """
    q, p = rows.quantity.cast("float64"), rows.price.cast("float64")
    discount = ibis.coalesce(rows.discount.cast("float64"), 0.0).abs()
    taxes = [rows[name].cast("float64") for name in rows.columns if name.startswith(TAX)]
    tolerance = 0.006 + 0.005 * q.abs()
    counts: dict[str, NumericValue] = {}
    for number, name in enumerate(_totals(rows)):
        total = rows[name].cast("float64")
        is_known = total.notnull() & q.notnull() & p.notnull() & (p != 0)
        discounted = is_known & (discount > 0)
        plain = is_known & (discount == 0) & (q.abs() != 1)
        counts[f"discounted_{number}"] = _count(discounted)
        counts[f"plain_{number}"] = _count(plain)
        for position, reading in enumerate(readings):
            agrees = _agrees(reading, (q, p, discount, total), tolerance, taxes)
            counts[f"agree_{number}_{position}"] = _count(discounted & agrees)
            if reading.discount == "included":
                counts[f"plain_{number}_{position}"] = _count(plain & agrees)
    return rows.aggregate(**counts)


def with_reading(
    source: str,
    mapping: ColumnMapping,
    formats: SourceFormats,
    counts: Mapping[str, Any],
    prove: Callable[[SourceFormats], Reading | None],
) -> SourceFormats:
    """Return formats with the reading of prices and discounts: set, proved, or likely.

    counts  the evidence about the column of discounts (`formats.evidence`)
    prove   returns the reading that the totals prove, given the likely one

    Raises AmbiguousFormatError if two readings remain.
    """
    given = mapping.profile.formats
    likely, doubt = _likely_discount(source, mapping, counts)
    total = mapping.columns.get("line_total")
    hint = hint_of(total) if total else ""
    expected = replace(formats, discount=likely, line_total=hint or "gross")
    try:
        reading = prove(expected)
    except AmbiguousFormatError:
        if given.discount == "auto":
            raise
        reading = None
    if reading is not None:
        expected = replace(
            expected, discount=reading.discount, price=reading.price, line_total=reading.line_total
        )
    elif doubt is not None and given.discount == "auto":
        raise doubt
    elif total and "discount" in mapping.columns and not hint and given.line_total == "auto":
        raise _may_be_before_or_after_discount(source, total, mapping.columns["discount"])
    if total:
        expected = replace(expected, price="unit")
    chosen = {
        name: value
        for name in ("discount", "price", "line_total")
        if (value := getattr(given, name)) != "auto"
    }
    return replace(expected, **chosen)


def _likely_discount(
    source: str, mapping: ColumnMapping, counts: Mapping[str, Any]
) -> tuple[Discount, AmbiguousFormatError | None]:
    """Return what the discounts are, judged by size and column name, and why that may be wrong."""
    given, name = mapping.profile.formats.discount, mapping.columns.get("discount")
    if given != "auto":
        return given, None
    if name is None:
        return "fraction", None
    counts = {name: count or 0 for name, count in counts.items()}
    try:
        return decide_discount(f'{source}: column "{name}"', name, counts), None
    except AmbiguousFormatError as doubt:
        return "fraction", doubt


def _may_be_before_or_after_discount(
    source: str, total: str, discount: str
) -> AmbiguousFormatError:
    return AmbiguousFormatError(
        f'{source}: "{total}" can be the value of the line before or after "{discount}". Set it in '
        'your profile:\n  [formats]\n  line_total = "net"   # after discount, or "gross" for before'
    )


def _totals(rows: "Table") -> list[str]:
    return [name for name in rows.columns if name.startswith(TOTAL)]


def _agrees(
    reading: Reading,
    amounts: "tuple[NumericValue, ...]",
    tolerance: "NumericValue",
    taxes: "Sequence[NumericValue]",
) -> "BooleanValue":
    """Return whether a stated total is the net amount under a reading, with or without tax."""
    q, p, discount, total = amounts
    if reading.line_total == "net":
        return (p - (total - _off(reading, total, q, discount))).abs() <= tolerance
    gross = q * p if reading.price == "unit" else p
    rest = (total - (gross - _off(reading, gross, q, discount))).abs()
    agrees = rest <= tolerance
    for tax in taxes:
        agrees |= (rest - tax.abs()).abs() <= tolerance
    return cast("BooleanValue", agrees.fill_null(False))


def _off(
    reading: Reading, gross: "NumericValue", q: "NumericValue", discount: "NumericValue"
) -> "NumericValue":
    sign = ibis.ifelse(gross < 0, -1.0, 1.0)
    off = {
        "included": gross * 0.0,
        "fraction": gross * discount,
        "percent": gross * discount / 100.0,
        "amount": sign * discount,
        "unit-amount": sign * q.abs() * discount,
    }
    return cast("NumericValue", off[reading.discount])


def _count(condition: "BooleanValue") -> "NumericValue":
    return cast("NumericValue", ibis.ifelse(condition.fill_null(False), 1, 0).sum())


def proved_reading(
    source: str,
    formats: SourceFormats,
    totals: Sequence[str],
    readings: Sequence[Reading],
    counts: Mapping[str, Any],
) -> Reading | None:
    """Return the reading that the stated totals prove; None if they prove none.

    `formats` has the likely reading, which wins if the totals fit several.

    Raises AmbiguousFormatError if a total shows that the discount is either off already, or not.
    """
    counts = {name: count or 0 for name, count in counts.items()}
    fitting = [
        [
            reading
            for position, reading in enumerate(readings)
            if _is_proved(counts, number, position, readings)
        ]
        for number in range(len(totals))
    ]
    proofs = [set(proved) for proved in fitting if proved]
    if not proofs:
        return None
    discounted = any(counts[f"discounted_{number}"] for number in range(len(totals)))
    if not discounted:
        return _first(set.union(*proofs), formats, readings)
    off = [{one for one in proved if one.discount != "included"} for proved in proofs]
    off = [proved for proved in off if proved]
    if off:
        common = set.intersection(*off) or off[0]
        return _first(common, formats, readings)
    return _not_taken_off(source, formats, totals, fitting, counts)


def _is_proved(
    counts: Mapping[str, Any], number: int, position: int, readings: Sequence[Reading]
) -> bool:
    """Return whether a total agrees with a reading, on lines with and without discount."""
    reading = readings[position]
    plain = readings.index(replace(reading, discount="included"))
    agree = (
        (counts[f"agree_{number}_{position}"], counts[f"discounted_{number}"]),
        (counts[f"plain_{number}_{plain}"], counts[f"plain_{number}"]),
    )
    return any(total for _, total in agree) and all(
        part >= AGREEMENT * total for part, total in agree
    )


def _first(proved: set[Reading], formats: SourceFormats, readings: Sequence[Reading]) -> Reading:
    """Return the likely reading if it is proved, or else the first in the order of preference."""
    ranked = sorted(
        proved,
        key=lambda one: (
            one.price != formats.price,
            one.line_total != formats.line_total,
            one.discount != formats.discount,
            readings.index(one),
        ),
    )
    return ranked[0]


def _not_taken_off(
    source: str,
    formats: SourceFormats,
    totals: Sequence[str],
    fitting: Sequence[Sequence[Reading]],
    counts: Mapping[str, Any],
) -> Reading:
    """Return the reading if every total is the price without any discount taken off.

    Raises AmbiguousFormatError if the names do not say whether the totals are before discount.
    """
    number = next(number for number, proved in enumerate(fitting) if proved)
    reading = fitting[number][0]
    hints = {hint_of(name) for name, proved in zip(totals, fitting, strict=True) if proved}
    if "net" in hints:
        return reading
    if "gross" in hints:
        return replace(reading, discount=formats.discount)
    rows = counted(counts[f"discounted_{number}"], "row", "rows")
    raise AmbiguousFormatError(
        f'{source}: "{totals[number]}" is the full price on {rows} with a discount, so the '
        "discount is either already taken off the price, or still to be taken off. Set it in your "
        "profile:\n"
        '  [formats]\n  discount = "included"   # already taken off; to take it off, write what it '
        f"is: {', '.join(_quoted(_MONEY))}"
    )


def _quoted(choices: Sequence[str]) -> list[str]:
    return [f'"{choice}"' for choice in choices]
