"""Metrics and analyses with their cards, and the decorators that define them.

A card holds a definition together with the texts shown with it everywhere: the name of the
function is its name, the docstring its description.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from regulars.core.columns import ColumnCard, Good, Unit, docstring

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ibis.expr.types import DateScalar, NumericValue, Table, TimestampScalar

    from regulars.core.conventions import Conventions

Chart = Literal["none", "line", "bar", "grid"]


@dataclass(frozen=True)
class Metric:
    """A figure over the sales fact, correct at every grain. Calling it returns the expression.

    is_ratio  whether it divides: it is then blank where nothing was sold, and otherwise 0
    """

    name: str
    label: str
    unit: Unit
    fmt: str
    good: Good
    is_ratio: bool
    description: str
    measure: "Callable[[Table], NumericValue]"

    def __call__(self, sales: "Table") -> "NumericValue":
        return self.measure(sales)


def metric(
    *, label: str, unit: Unit, fmt: str, good: Good, is_ratio: bool
) -> "Callable[[Callable[[Table], NumericValue]], Metric]":
    """Turn a function from the sales fact to a figure into a metric."""

    def decorate(measure: "Callable[[Table], NumericValue]") -> Metric:
        name, description = measure.__name__, docstring(measure)
        return Metric(name, label, unit, fmt, good, is_ratio, description, measure)

    return decorate


def metric_column(metric: Metric) -> ColumnCard:
    """Return the card of a column that holds a metric."""
    return ColumnCard(metric.label, metric.unit, metric.description, metric.fmt, metric.good)


@dataclass(frozen=True)
class Period:
    """The days from `since` to `until`, both included; None leaves an end open.

    In a prepared query both are parameters instead of dates.
    """

    since: "date | DateScalar | None" = None
    until: "date | DateScalar | None" = None

    @property
    def is_open(self) -> bool:
        """Whether the period covers all days."""
        return self.since is None and self.until is None


@dataclass(frozen=True)
class Star:
    """The star schema as an analysis sees it: filtered and limited to a period.

    sales           the sales that match the filters, in the period
    sales_all_time  the sales that match the filters, on any day
    whole_orders    the sales in the period that match the filters on orders and customers,
                    without those that keep only some of the lines of an order
    orders          the orders of `sales`
    all_sales       every sale of the shop
    all_orders      every order of the shop
    all_dates       the calendar of the whole data
    customers       every customer
    products        every product
    dates           the calendar; `is_observed` is false outside the period
    lines           order lines as read, with the product data at the time of the sale
    corrections     orders that a later credit undoes, on any day
    as_of           the snapshot: RFM ignores orders at or after this time

    has_whole_orders    whether no filter keeps only some of the lines of an order
    has_segment_filter  whether only customers are left who are in some segments at the snapshot:
                        their earlier sales say nothing about the segments
    """

    sales: "Table"
    sales_all_time: "Table"
    whole_orders: "Table"
    orders: "Table"
    all_sales: "Table"
    all_orders: "Table"
    all_dates: "Table"
    customers: "Table"
    products: "Table"
    dates: "Table"
    lines: "Table"
    corrections: "Table"
    as_of: "datetime | TimestampScalar"
    conventions: "Conventions"
    period: Period = Period()
    has_whole_orders: bool = True
    has_segment_filter: bool = False

    @property
    def identity(self) -> "Hashable":
        """A key that two unfiltered stars share if every query on them compiles to the same SQL."""
        tables = (
            self.sales, self.orders, self.dates, self.customers, self.products, self.lines,
            self.corrections,
        )  # fmt: skip
        return *(table.op() for table in tables), repr(self.conventions)

    @classmethod
    def of(
        cls, table: "Callable[[str], Table]", as_of: datetime, conventions: "Conventions"
    ) -> "Star":
        """Return the unfiltered star of a warehouse; `table` returns its tables by name."""
        return cls(
            sales=table("fact_sales"),
            sales_all_time=table("fact_sales"),
            whole_orders=table("fact_sales"),
            orders=table("dim_order"),
            all_sales=table("fact_sales"),
            all_orders=table("dim_order"),
            all_dates=table("dim_date"),
            customers=table("dim_customer"),
            products=table("dim_product"),
            dates=table("dim_date"),
            lines=table("order_lines"),
            corrections=table("corrections"),
            as_of=as_of,
            conventions=conventions,
        )


@dataclass(frozen=True)
class Option:
    """An option of an analysis.

    between      the limits of its value, both excluded
    from_period  computes the argument of the analysis from the option's value and the period
    notes        a sentence to show with the result, for values that change its meaning
    """

    default: Any
    help: str
    choices: tuple[str, ...] = ()
    type: type = str
    between: tuple[float, float] | None = None
    from_period: Callable[[Any, Period], Any] | None = None
    notes: Mapping[Any, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """A question about the shop. Calling it returns the result as a table.

    columns    the cards of all columns that a result can have
    for_parts  column -> the columns in its place if a filter keeps only parts of orders
    """

    name: str
    question: str
    description: str
    columns: Mapping[str, ColumnCard]
    function: "Callable[..., Table]"
    options: Mapping[str, Option] = field(default_factory=dict)
    chart: Chart = "none"
    for_parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __call__(self, star: Star, **options: Any) -> "Table":
        return self.function(star, **options)

    def names(self, *, has_whole_orders: bool = True) -> list[str]:
        """Return the columns of a result, in order."""
        in_place = {name for names in self.for_parts.values() for name in names}
        hidden = in_place if has_whole_orders else {*self.for_parts}
        return [name for name in self.columns if name not in hidden]


def analysis(
    *,
    question: str,
    columns: Mapping[str, ColumnCard],
    options: Mapping[str, Option] | None = None,
    chart: Chart = "none",
    for_parts: Mapping[str, tuple[str, ...]] | None = None,
) -> "Callable[[Callable[..., Table]], Analysis]":
    """Turn a function from the star to a table into an analysis."""

    def decorate(function: "Callable[..., Table]") -> Analysis:
        return Analysis(
            function.__name__,
            question,
            docstring(function),
            columns,
            function,
            options or {},
            chart,
            for_parts or {},
        )

    return decorate
