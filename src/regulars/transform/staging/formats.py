"""How a source is to be read: what its profile says, and for the rest what its columns show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from regulars.core.expressions import trimmed
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.profile import Dates, Decimal, Discount, Formats
from regulars.transform.staging import dates, numbers

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table

_IN_WORDS = {"iso": "year first", "day-first": "day first", "month-first": "month first"}


@dataclass(frozen=True)
class ReadAs:
    """The decision: how this source's text becomes dates, numbers and discounts.

    `date_formats` are the strptime formats of the reading that fit the shapes of the column;
    none where the column has dates of its own.
    """

    dates: Dates = "iso"
    date_formats: tuple[str, ...] = ()
    zoned: bool = False
    timezone: str | None = None
    decimal: Decimal = "point"
    discount: Discount = "fraction"

    @property
    def is_plain(self) -> bool:
        """Whether a sample is enough: rows further down could only be read in the same way."""
        return self.dates == "iso" and self.decimal == "point" and self.discount == "fraction"

    def as_json(self) -> str:
        """Return what was decided, in the words of a profile's [formats]."""
        decided = Formats(self.dates, self.decimal, self.discount, self.timezone)
        return json.dumps(vars(decided))

    def describe(self, *, with_discount: bool) -> str:
        """Return the decision in words, for the summary."""
        parts = [f"dates {_IN_WORDS[self.dates]}", f"decimal {self.decimal}"]
        return ", ".join(parts + ([f"discount as {self.discount}"] if with_discount else []))


def date_shapes(table: "Table", mapping: ColumnMapping) -> "Table | None":
    """Return the shapes of a source's dates, None where they are no text."""
    text = _text(table, mapping, "ordered_at")
    return None if text is None else dates.shapes(text)


def evidence(table: "Table", mapping: ColumnMapping, seen_shapes: Sequence[str]) -> "Table":
    """Return one row of counts over a source, from which `decide` reads its formats."""
    time = _text(table, mapping, "ordered_at")
    texts = [_text(table, mapping, ours) for ours in ("unit_price", "quantity", "discount")]
    counts = {} if time is None else dates.evidence(time, seen_shapes)
    counts |= numbers.number_evidence([text for text in texts if text is not None])
    if "discount" in mapping.columns:
        text = _text(table, mapping, "discount")
        given = table[mapping.columns["discount"]] if text is None else text
        counts |= numbers.discount_evidence(given)
    return table.aggregate(rows=table.count(), **counts)


def decide(
    source: str,
    mapping: ColumnMapping,
    counts: Mapping[str, Any],
    seen_shapes: Sequence[str],
    *,
    decimal_comma_likely: bool = False,
) -> ReadAs:
    """Return how to read a source, from its evidence and what its profile says.

    Raises AmbiguousFormatError where the evidence leaves two readings open.
    """
    told = mapping.profile.formats
    seen = {name: count or 0 for name, count in counts.items()}
    reading = told.dates if told.dates != "auto" else dates.decide(_at(source, mapping), seen)
    likely: Literal["point", "comma"] = "comma" if decimal_comma_likely else "point"
    return ReadAs(
        dates=reading,
        date_formats=dates.formats_for(reading, seen_shapes),
        zoned=bool(seen.get("dates_zoned")),
        timezone=told.timezone,
        decimal=(
            numbers.decide_decimal(source, seen, likely) if told.decimal == "auto" else told.decimal
        ),
        discount=_discount(source, mapping, seen),
    )


def _discount(source: str, mapping: ColumnMapping, seen: Mapping[str, Any]) -> Discount:
    told = mapping.profile.formats.discount
    name = mapping.columns.get("discount")
    if told != "auto":
        return told
    if name is None:
        return "fraction"
    return numbers.decide_discount(_at(source, mapping, "discount"), name, seen)


def _at(source: str, mapping: ColumnMapping, ours: str = "ordered_at") -> str:
    return f'{source}: column "{mapping.columns[ours]}"'


def _text(table: "Table", mapping: ColumnMapping, ours: str) -> "StringValue | None":
    theirs = mapping.columns.get(ours)
    if theirs is None or not table[theirs].type().is_string():
        return None
    return cast("StringValue", trimmed(table[theirs]))
