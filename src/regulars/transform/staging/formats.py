"""The formats of a source: from its profile if set there, otherwise from its columns."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.errors import AmbiguousFormatError
from regulars.core.expressions import trimmed
from regulars.core.schema import MAPPED_COLUMNS, MONEY, QUANTITY
from regulars.sources.profiles.formats import Dates, Discount, Formats, LineTotal, Price
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.transform.staging import dates, numbers
from regulars.transform.staging.dates import DateReading
from regulars.transform.staging.decide_dates import decide_dates
from regulars.transform.staging.discounts import discount_evidence
from regulars.transform.staging.numbers import Mark
from regulars.transform.staging.other_rows import Suspects
from regulars.transform.staging.states import States

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue, Table, Value

_DISCOUNTS = {
    "fraction": "discount as fraction",
    "percent": "discount as percent",
    "amount": "discount as amount",
    "unit-amount": "discount as amount per unit",
    "included": "discount already taken off",
}
_IN_WORDS = {
    "iso": "year first", "day-first": "day first", "month-first": "month first",
    "excel": "as Excel serial numbers", "epoch": "as Unix time",
}  # fmt: skip
_CENTS = re.compile(
    r"(?i)(?:\b|_)(?:cents?|minor|pence|centimes?|centavos?|céntimos|centesimi)(?:\b|_)"
    r"|(?-i:[a-z]Cents?\b)"
    # Stripe counts in cents.
    r"|(?-i:^unit_amount|^amount_(?:total|subtotal|due|paid)$)"
)
FACTORS = ("quantity", "unit_price", "line_total")
"""Our columns that amounts are computed from."""
_DISCOUNT = "decimal(18, 6)"
"""Not a rate, because a discount can be an amount or a percentage."""
_EXACT = {QUANTITY: "decimal(17, 8)", MONEY: "decimal(20, 10)"}
"""The types of columns that have more decimals: their product still fits Spark's 38 digits."""


@dataclass(frozen=True)
class SourceFormats:
    """How to read the dates, numbers and discounts of a source.

    times        how to read its dates
    marks        the decimal mark of each of our columns of numbers that is text
    exact        our columns that have more decimals than the star stores
    minor_units  whether prices are in cents
    states       the state columns, and the rules for the kinds of lines
    totals       which lines that can be totals are totals
    """

    times: DateReading = field(default_factory=DateReading)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()
    minor_units: bool = False
    discount: Discount = "fraction"
    states: States = field(default_factory=States)
    totals: tuple[Suspects, ...] = ()
    price: Price = "unit"
    line_total: LineTotal = "gross"

    @property
    def is_plain(self) -> bool:
        """Whether a sample is enough, because other rows could not change these formats."""
        return (
            self.times.is_plain
            and "comma" not in self.marks.values()
            and not self.exact
            and self.discount == "fraction"
            # Nothing fails if other money cannot be read.
            and self.marks.keys() <= {*FACTORS, "discount"}
        )

    @property
    def dates(self) -> Dates:
        """How to read its dates, in a word."""
        return self.times.reading

    @property
    def decimal(self) -> Mark:
        """The decimal mark of most columns of numbers."""
        marks: list[Mark] = [mark for mark in self.marks.values() if mark != "none"]
        return max(marks, key=marks.count, default="point")

    def type_of(self, name: str) -> str:
        """Return the type in which one of our columns of numbers is read."""
        type_ = _type_of(name)
        return _EXACT.get(type_, type_) if name in self.exact else type_

    def read_number(self, value: "Value", name: str) -> "NumericValue":
        """Return the values of one of our columns as numbers; NULL for what is not a number.

        A quantity or price that its type would round is NULL, so that it fails and the source is
        read again with exact types. Other money is rounded.
        """
        type_, mark = self.type_of(name), self.marks.get(name, self.decimal)
        if name not in FACTORS and _type_of(name) == MONEY:
            number = _rounded_money(value, mark)
        else:
            number = _as_number(value, mark, type_, has_units=name == "quantity")
        if self.minor_units and _type_of(name) == MONEY:
            number = numbers.hundredths(number, type_)
        return number

    def read_amount(self, value: "Value") -> "NumericValue":
        """Return the values of a column of amounts that is not one of ours as money."""
        number = _rounded_money(value, self.decimal)
        return numbers.hundredths(number, MONEY) if self.minor_units else number

    def as_formats(self) -> Formats:
        """Return the formats as the [formats] of a profile."""
        marks = {name: mark for name, mark in self.marks.items() if mark != "none"}
        decimal = marks if len(set(marks.values())) > 1 else self.decimal
        return Formats(
            dates=self.times.reading,
            decimal=cast(Any, decimal),
            discount=self.discount,
            timezone=self.times.timezone,
            source_timezone=self.times.source_timezone,
            date_format=self.times.formats if self.times.reading == "auto" else None,
            first_day=self.times.first_day,
            minor_units=self.minor_units,
            states=tuple(column.name for column in self.states.columns),
            refunded=self.states.refunded,
            price=self.price,
            line_total=self.line_total,
        )

    def as_json(self) -> str:
        """Return the formats as JSON, with the keys of [formats] in a profile."""
        return json.dumps(vars(self.as_formats()))

    def describe(self, *, with_discount: bool) -> str:
        """Return the formats in words, for the summary of a load."""
        reading = _IN_WORDS.get(self.times.reading) or "as " + " or ".join(self.times.formats)
        if self.times.has_serials:
            reading += " and Excel serial numbers"
        if self.times.first_day:
            reading = f"as days from {self.times.first_day}"
        parts = [f"dates {reading}", f"decimal {self.decimal}"]
        parts += [
            f"{mark} in {name}" for name, mark in self.marks.items()
            if mark not in ("none", self.decimal)
        ]  # fmt: skip
        parts += ["prices in cents"] if self.minor_units else []
        parts += ["prices of whole lines"] if self.price == "line" else []
        return ", ".join(parts + ([_DISCOUNTS[self.discount]] if with_discount else []))


@cached_expression
def date_shapes(table: "Table", mapping: ColumnMapping) -> "Table | None":
    """Return the shapes of the dates of a source, with rows and an example; None for real dates."""
    text = dates.date_text(cell(table, mapping, "ordered_at"))
    return None if text is None else dates.shapes(text)


@cached_expression
def evidence(table: "Table", mapping: ColumnMapping, shapes: Sequence[str]) -> "Table":
    """Return one row of counts over a source, as evidence for `decide`."""
    time = dates.date_text(cell(table, mapping, "ordered_at"))
    names = _number_columns(mapping)
    # In a subquery, as each is counted in many ways: DuckDB would plan a much longer statement.
    cells = table.select(
        **({} if time is None else {"ordered_at": time}),
        **{name: cell(table, mapping, name) for name in names},
    )
    cells = numbers.with_amounts(cells, names)
    counts: dict[str, Value] = {}
    if time is not None:
        cells = dates.with_readings(cells, shapes, mapping.profile.formats)
        counts |= dates.evidence(cells, shapes, mapping.profile.formats)
    for name in names:
        counts |= numbers.number_evidence(cells, name, _type_of(name))
    if "discount" in mapping.columns:
        counts |= discount_evidence(cells.discount)
    return cells.aggregate(rows=cells.count(), **counts)


def decide(
    source: str,
    mapping: ColumnMapping,
    counts: Mapping[str, Any],
    shapes: Sequence[Mapping[str, Any]],
    *,
    likely: Mark = "point",
) -> SourceFormats:
    """Return the formats of a source, from its profile, its evidence and the shapes of its dates.

    `likely` is the decimal mark that an error proposes first. How prices and discounts are to be
    read follows later (`staging.readings`).

    Raises AmbiguousFormatError if the evidence allows two readings, or none.
    """
    given = mapping.profile.formats
    counts = {name: count or 0 for name, count in counts.items()}
    columns = {name: mapping.columns[name] for name in _number_columns(mapping)}
    factors = [name for name in columns if name in FACTORS]
    is_exact = any(counts.get(f"{name}_rounded") for name in factors)
    marks = numbers.decide_marks(source, columns, counts, given.decimal, likely=likely)
    return SourceFormats(
        times=decide_dates(_column(source, mapping), counts, shapes, given),
        marks=marks,
        # Ibis multiplies a quantity and a price only if both are exact or none is.
        exact=frozenset(factors if is_exact else ()),
        minor_units=_minor_units(source, mapping, marks),
    )


def _minor_units(source: str, mapping: ColumnMapping, marks: Mapping[str, Mark]) -> bool:
    """Return whether prices are in cents. Raises AmbiguousFormatError if only a name says so."""
    given = mapping.profile.formats.minor_units
    money = [name for name in _number_columns(mapping) if _type_of(name) == MONEY]
    in_cents = [
        name for name in money
        if _CENTS.search(mapping.columns[name]) and marks.get(name, "none") == "none"
    ]  # fmt: skip
    if given is None and in_cents:
        column = _column(source, mapping, in_cents[0])
        raise AmbiguousFormatError(
            f"{column} has whole numbers, and its name suggests cents. Set in your profile whether "
            "1000 is 10.00:\n  [formats]\n  minor_units = true   # or false, if 1000 is "
            "1,000.00"
        )
    return bool(given)


def _number_columns(mapping: ColumnMapping) -> list[str]:
    """Return our columns of numbers that the source has."""
    return [
        name for name, column in MAPPED_COLUMNS.items()
        if name in mapping.columns and column.type.startswith("decimal")
    ]  # fmt: skip


def _as_number(
    value: "Value", mark: Mark, type_: str, *, has_units: bool = False
) -> "NumericValue":
    if value.type().is_string():
        return numbers.read_number(value, mark, type_, has_units=has_units)
    return numbers.exactly(cast("NumericValue", value), type_)


def _rounded_money(value: "Value", mark: Mark) -> "NumericValue":
    if not value.type().is_string():
        return cast("NumericValue", value.try_cast(MONEY))
    exact = _as_number(value, mark, _EXACT[MONEY]).try_cast(MONEY)
    return cast("NumericValue", ibis.coalesce(_as_number(value, mark, MONEY), exact))


def _type_of(name: str) -> str:
    return _DISCOUNT if name == "discount" else MAPPED_COLUMNS[name].type


def _column(source: str, mapping: ColumnMapping, name: str = "ordered_at") -> str:
    return f'{source}: column "{mapping.columns[name]}"'


def cell(table: "Table", mapping: ColumnMapping, name: str) -> "Value":
    """Return a column of the source, trimmed if it is text."""
    cell = table[mapping.columns[name]]
    return trimmed(cell) if cell.type().is_string() else cell
