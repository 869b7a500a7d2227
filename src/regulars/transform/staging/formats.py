"""The formats of a source: from its profile if set there, otherwise from its columns."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from regulars.core.cached import cached_expression
from regulars.core.expressions import trimmed
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.profile import Dates, Decimal, Discount, Formats
from regulars.transform.staging import dates, numbers
from regulars.transform.staging.states import States

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table

_IN_WORDS = {"iso": "year first", "day-first": "day first", "month-first": "month first"}


@dataclass(frozen=True)
class SourceFormats:
    """How to read the dates, numbers and discounts of a source.

    date_formats  the strptime formats that fit the column; empty if it is not text
    zoned         whether times have an offset
    states        the columns of states, and the rules for the kinds of lines
    """

    dates: Dates = "iso"
    date_formats: tuple[str, ...] = ()
    zoned: bool = False
    timezone: str | None = None
    decimal: Decimal = "point"
    discount: Discount = "fraction"
    states: States = field(default_factory=States)

    @property
    def is_plain(self) -> bool:
        """Whether a sample is enough, because other rows could not change these formats."""
        return self.dates == "iso" and self.decimal == "point" and self.discount == "fraction"

    def as_json(self) -> str:
        """Return the formats as JSON, with the keys of [formats] in a profile."""
        formats = Formats(
            self.dates,
            self.decimal,
            self.discount,
            self.timezone,
            states=tuple(column.name for column in self.states.columns),
            refunded=self.states.refunded,
        )
        return json.dumps(vars(formats))

    def describe(self, *, with_discount: bool) -> str:
        """Return the formats in words, for the summary of a load."""
        parts = [f"dates {_IN_WORDS[self.dates]}", f"decimal {self.decimal}"]
        return ", ".join(parts + ([f"discount as {self.discount}"] if with_discount else []))


@cached_expression
def date_shapes(table: "Table", mapping: ColumnMapping) -> "Table | None":
    """Return the shapes of the dates of a source; None if they are not text."""
    text = _text(table, mapping, "ordered_at")
    return None if text is None else dates.shapes(text)


@cached_expression
def evidence(table: "Table", mapping: ColumnMapping, shapes: Sequence[str]) -> "Table":
    """Return one row of counts over a source, as evidence for `decide`."""
    time = _text(table, mapping, "ordered_at")
    texts = [_text(table, mapping, name) for name in ("unit_price", "quantity", "discount")]
    counts = {} if time is None else dates.evidence(time, shapes)
    counts |= numbers.number_evidence([text for text in texts if text is not None])
    if "discount" in mapping.columns:
        text = _text(table, mapping, "discount")
        discounts = table[mapping.columns["discount"]] if text is None else text
        counts |= numbers.discount_evidence(discounts)
    return table.aggregate(rows=table.count(), **counts)


def decide(
    source: str,
    mapping: ColumnMapping,
    counts: Mapping[str, Any],
    shapes: Sequence[str],
    *,
    decimal_comma_likely: bool = False,
) -> SourceFormats:
    """Return the formats of a source, from its profile and its evidence.

    Raises AmbiguousFormatError if the evidence allows two readings.
    """
    given = mapping.profile.formats
    counts = {name: count or 0 for name, count in counts.items()}
    reading = given.dates
    if reading == "auto":
        reading = dates.decide(_column(source, mapping), counts)
    likely: Literal["point", "comma"] = "comma" if decimal_comma_likely else "point"
    return SourceFormats(
        dates=reading,
        date_formats=dates.formats_for(reading, shapes),
        zoned=bool(counts.get("dates_zoned")),
        timezone=given.timezone,
        decimal=(
            numbers.decide_decimal(source, counts, likely)
            if given.decimal == "auto"
            else given.decimal
        ),
        discount=_discount(source, mapping, counts),
    )


def _discount(source: str, mapping: ColumnMapping, counts: Mapping[str, Any]) -> Discount:
    given = mapping.profile.formats.discount
    if given != "auto":
        return given
    name = mapping.columns.get("discount")
    if name is None:
        return "fraction"
    return numbers.decide_discount(_column(source, mapping, "discount"), name, counts)


def _column(source: str, mapping: ColumnMapping, name: str = "ordered_at") -> str:
    return f'{source}: column "{mapping.columns[name]}"'


def _text(table: "Table", mapping: ColumnMapping, name: str) -> "StringValue | None":
    """Return a trimmed column of the source; None if it is missing or not text."""
    column = mapping.columns.get(name)
    if column is None or not table[column].type().is_string():
        return None
    return cast("StringValue", trimmed(table[column]))
