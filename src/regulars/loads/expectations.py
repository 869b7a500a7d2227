"""Compare a load with what the shop's settings expect, and warn if it differs.

A warning does not stop a load. With `--strict` it does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import mean
from typing import TYPE_CHECKING, Any

from regulars.analyses.metrics.sales import net_sales
from regulars.core.errors import listed
from regulars.core.expressions import ratio
from regulars.core.settings import Expectations
from regulars.engines.protocols import Fetcher, Store
from regulars.loads.report import LoadReport
from regulars.loads.update import WarehouseUpdate

if TYPE_CHECKING:
    from ibis.expr.types import Table

WEEKS_BEFORE = 8
FEWEST_WEEKS = 3
"""A day is compared only if at least this many earlier days of its weekday have sales."""

HISTORY = timedelta(days=92)
"""A warehouse without a line for a quarter is being filled with historical files."""


@dataclass(frozen=True)
class Baseline:
    """A warehouse before a load: its last day, locations, categories and share of guest orders."""

    last_day: date
    locations: frozenset[str]
    categories: frozenset[str]
    nameless: float | None


def baseline_of(store: Store) -> Baseline:
    """Return the baseline of a warehouse, read before the load changes it."""
    orders, sales = store.table("dim_order"), store.table("fact_sales")
    [row] = store.fetch(sales.aggregate(last=sales.ordered_on.max()))
    return Baseline(
        row["last"],
        _distinct(store, orders, "location"),
        _distinct(store, store.table("dim_product"), "category"),
        _nameless_share(store, orders),
    )


def unmet_expectations(
    update: WarehouseUpdate, lines: "Table", report: LoadReport, baseline: Baseline
) -> list[str]:
    """Return a warning for each expectation that a load does not meet.

    `lines` are the lines of new and changed orders.
    """
    store, expected = update.store, update.request.settings.expectations
    changed = lines.select("order_id").distinct()
    orders = store.table("dim_order").semi_join(changed, "order_id")
    locations = _new_values(store, lines, changed, "location", baseline.locations)
    categories = _new_values(store, lines, changed, "category", baseline.categories)
    return [
        *_quarantined(report, expected),
        *_stale(store, expected, update.request.now, baseline.last_day),
        *_unusual_volumes(store, baseline.last_day, expected),
        *_more_nameless(baseline.nameless, _nameless_share(store, orders), expected),
        *_split_by_capitals(store, lines),
        *_unknown(locations, "location", "locations"),
        *_unknown(categories, "category", "categories"),
    ]


def _quarantined(report: LoadReport, expected: Expectations) -> Iterator[str]:
    quarantined, read = report.unreadable, report.total("read")[0]
    if read and quarantined / read > expected.quarantined_at_most:
        yield (
            f"{quarantined:,} of {read:,} rows ({quarantined / read:.1%}) were quarantined; "
            f"expected at most {expected.quarantined_at_most:.1%}."
        )


def _stale(store: Store, expected: Expectations, now: datetime, last_day: date) -> Iterator[str]:
    """Yield a warning if the data is old, unless it already was before the load."""
    if now.date() - last_day > HISTORY:
        return
    sales = store.table("fact_sales")
    [row] = store.fetch(sales.aggregate(last=sales.ordered_on.max()))
    days = (now.date() - row["last"]).days
    if days > expected.fresh_within_days:
        yield (
            f"The latest line is {days:,} days old ({row['last']}); "
            f"expected at most {expected.fresh_within_days}."
        )


def _unusual_volumes(store: Store, last_day: date, expected: Expectations) -> Iterator[str]:
    """Yield a warning for each new day that differs from the same weekday of earlier weeks."""
    sales = store.table("fact_sales")
    recent = sales.filter(sales.ordered_on >= last_day - timedelta(weeks=WEEKS_BEFORE))
    days = {
        row["ordered_on"]: row
        for row in store.fetch(
            recent.group_by("ordered_on").aggregate(rows=recent.count(), money=net_sales(recent))
        )
    }
    for day in sorted(day for day in days if day > last_day):
        weeks = (day - timedelta(weeks=weeks) for weeks in range(1, WEEKS_BEFORE + 1))
        earlier = [days[past] for past in weeks if past in days]
        if len(earlier) >= FEWEST_WEEKS:
            yield from _unusual(day, days[day], earlier, expected)


def _unusual(
    day: date,
    row: Mapping[str, Any],
    earlier: Sequence[Mapping[str, Any]],
    expected: Expectations,
) -> Iterator[str]:
    for name, what, format_ in (
        ("rows", "{} lines", ",.0f"),
        ("money", "net sales of {}", ",.2f"),
    ):
        usual = mean(float(past[name]) for past in earlier)
        if usual <= 0:
            continue
        value = float(row[name])
        if not expected.volume_at_least <= value / usual <= expected.volume_at_most:
            yield (
                f"{day:%A} {day} has {what.format(format(value, format_))}; "
                f"{len(earlier)} earlier {day:%A}s averaged {usual:{format_}}."
            )


def _more_nameless(
    before: float | None, now: float | None, expected: Expectations
) -> Iterator[str]:
    if before is not None and now is not None and now - before > expected.more_nameless_by:
        yield f"{now:.1%} of the orders in this load have no customer, up from {before:.1%}."


def _split_by_capitals(store: Store, lines: "Table") -> Iterator[str]:
    """Yield a warning if an earlier version of Regulars kept capitals in these email addresses."""
    customers = store.table("dim_customer")
    lower = customers.customer_id.lower()
    has_capitals = customers.customer_id.contains("@") & (customers.customer_id != lower)
    written = customers.filter(has_capitals).select("customer_id", lower=lower)
    arrived = lines.filter(lines.customer_id.notnull()).select(lower="customer_id").distinct()
    split = [row["customer_id"] for row in store.fetch(written.semi_join(arrived, "lower"))]
    if split:
        customers_are = "customer is" if len(split) == 1 else "customers are"
        yield (
            f"{len(split):,} {customers_are} in the warehouse twice, because an earlier version "
            "of Regulars kept capitals in email addresses. Build the warehouse again."
        )


def _unknown(values: frozenset[str], one: str, many: str) -> Iterator[str]:
    if values:
        what = one if len(values) == 1 else many
        yield f"{len(values):,} new {what}: {listed(sorted(values))}."


def _new_values(
    store: Store, lines: "Table", changed: "Table", column: str, known: frozenset[str]
) -> frozenset[str]:
    """Return the values of a column that no line had before the load.

    A dimension has only the most frequent value of each product or order, so values that it lacks
    are looked up in the lines.
    """
    candidates = _distinct(store, lines, column) - known
    if not candidates:
        return candidates
    before = store.table("order_lines").anti_join(changed, "order_id")
    superseded = store.table("superseded_lines")
    values = before.select(column).union(superseded.select(column))
    rows = values.filter(values[column].isin(sorted(candidates)))
    return candidates - _distinct(store, rows, column)


def _nameless_share(store: Fetcher, orders: "Table") -> float | None:
    """Return the share of orders without a customer, None if there are no orders."""
    sales = orders.filter(orders.kind == "sale")
    share = ratio(sales.count(where=sales.customer_key == 0), sales.count())
    [row] = store.fetch(sales.aggregate(share=share))
    return None if row["share"] is None else float(row["share"])


def _distinct(store: Fetcher, rows: "Table", column: str) -> frozenset[str]:
    values = rows.filter(rows[column].notnull()).select(column).distinct()
    return frozenset(row[column] for row in store.fetch(values))
