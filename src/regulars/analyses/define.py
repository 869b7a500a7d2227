"""The cards: what a rule, a metric and an analysis are, and the decorators that make them.

A card carries a definition together with the words in which it is shown everywhere: the name of
the function is its name, the docstring its description.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from regulars.core.columns import ColumnCard, Good, Unit, docstring

if TYPE_CHECKING:
    from ibis.expr.types import DateScalar, NumericValue, Table, TimestampScalar

    from regulars.core.conventions import Conventions


@dataclass(frozen=True)
class Metric:
    """One figure over the sales fact, right at every grain. Calling it gives the expression."""

    name: str
    label: str
    unit: Unit
    fmt: str
    good: Good
    description: str
    measure: "Callable[[Table], NumericValue]"

    def __call__(self, sales: "Table") -> "NumericValue":
        return self.measure(sales)


def metric(
    *, label: str, unit: Unit, fmt: str, good: Good
) -> "Callable[[Callable[[Table], NumericValue]], Metric]":
    """Make a metric of a function from the sales fact to one figure."""

    def make(measure: "Callable[[Table], NumericValue]") -> Metric:
        return Metric(measure.__name__, label, unit, fmt, good, docstring(measure), measure)

    return make


def column_of(metric: Metric) -> ColumnCard:
    """Return the column in which a metric stands in an answer."""
    return ColumnCard(metric.label, metric.unit, metric.description, metric.fmt, metric.good)


@dataclass(frozen=True)
class Period:
    """The days a question is about, both included; None leaves that end open.

    In an expression that is made once for many days they stand for those.
    """

    since: "date | DateScalar | None" = None
    until: "date | DateScalar | None" = None

    @property
    def is_open(self) -> bool:
        """Whether all days are asked about."""
        return self.since is None and self.until is None


@dataclass(frozen=True)
class Star:
    """The star as a question sees it: five tables, narrowed to what was asked about.

    `lines` are those the star is made of, as they were read: what held when something was sold.
    `as_of` is the snapshot: the moment RFM looks back from; orders at or after it do not count
    there. `every_sale`, `every_order` and `every_day` are those of the whole shop, whatever is
    asked about: among all of its customers each has a place. `sales_ever` are those asked about,
    but of any day; `sales` are those of `period`.
    """

    sales: "Table"
    sales_ever: "Table"
    orders: "Table"
    every_sale: "Table"
    every_order: "Table"
    every_day: "Table"
    customers: "Table"
    products: "Table"
    dates: "Table"
    lines: "Table"
    as_of: "datetime | TimestampScalar"
    conventions: "Conventions"
    period: Period = Period()

    @classmethod
    def of(
        cls, table: "Callable[[str], Table]", as_of: datetime, conventions: "Conventions"
    ) -> "Star":
        """Return the star of a warehouse whose tables `table` gives by name."""
        return cls(
            sales=table("fact_sales"),
            sales_ever=table("fact_sales"),
            orders=table("dim_order"),
            every_sale=table("fact_sales"),
            every_order=table("dim_order"),
            every_day=table("dim_date"),
            customers=table("dim_customer"),
            products=table("dim_product"),
            dates=table("dim_date"),
            lines=table("order_lines"),
            as_of=as_of,
            conventions=conventions,
        )


@dataclass(frozen=True)
class Option:
    """One thing an analysis can be told: its default, and what it may be, both ends excluded.

    of_period  what makes of it, and of the days that are asked about, what the analysis is given
    """

    default: Any
    help: str
    choices: tuple[str, ...] = ()
    type: type = str
    between: tuple[float, float] | None = None
    of_period: Callable[[Any, Period], Any] | None = None


@dataclass(frozen=True)
class Analysis:
    """A question with a table for an answer."""

    name: str
    question: str
    description: str
    columns: Mapping[str, ColumnCard]
    answer: "Callable[..., Table]"
    options: Mapping[str, Option] = field(default_factory=dict)
    chart: Literal["none", "line", "bar", "grid"] = "none"

    def __call__(self, star: Star, **options: Any) -> "Table":
        return self.answer(star, **options)


def analysis(
    *,
    question: str,
    columns: Mapping[str, ColumnCard],
    options: Mapping[str, Option] | None = None,
    chart: Literal["none", "line", "bar", "grid"] = "none",
) -> "Callable[[Callable[..., Table]], Analysis]":
    """Make an analysis of a function from the star to a table."""

    def make(answer: "Callable[..., Table]") -> Analysis:
        return Analysis(
            answer.__name__, question, docstring(answer), columns, answer, options or {}, chart
        )

    return make
