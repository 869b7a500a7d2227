"""What a load is expected to be like, and a warning for whatever is not.

A warning is no error: the data are in. Who would rather have the load refused says so (--strict).
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

if TYPE_CHECKING:
    from ibis.expr.types import Table

WEEKS_BEFORE = 8
FEWEST_WEEKS = 3
"""With fewer of the same weekday before, nothing is expected of a day."""


@dataclass(frozen=True)
class Known:
    """What a warehouse knew before a load: its last day, places, categories, and nameless share."""

    last_day: date
    locations: frozenset[str]
    categories: frozenset[str]
    nameless: float | None


def known_in(store: Store) -> Known:
    """Return what a warehouse knows."""
    orders, sales = store.table("dim_order"), store.table("fact_sales")
    [row] = store.fetch(sales.aggregate(last=sales.ordered_on.max()))
    return Known(
        row["last"],
        _distinct(store, orders, "location"),
        _distinct(store, store.table("dim_product"), "category"),
        _nameless(store, orders),
    )


def warnings(
    store: Store,
    lines: "Table",
    changed: "Table",
    known: Known,
    wanted: Expectations,
    now: datetime,
) -> list[str]:
    """Return what is not as expected of a load, in words; nothing where all is.

    lines    lines that arrived and were new or different
    changed  order_id of their orders
    """
    theirs = store.table("dim_order").semi_join(changed, "order_id")
    return [
        *_stale(store, wanted, now),
        *_volumes(store, known, wanted),
        *_named(known.nameless, _nameless(store, theirs), wanted),
        *_unheard("location", _new_in(store, lines, changed, "location", known.locations)),
        *_unheard("category", _new_in(store, lines, changed, "category", known.categories)),
    ]


def much_quarantined(rows: int, of: int, wanted: Expectations) -> list[str]:
    """Return a warning where more of the rows read were set aside than is expected."""
    if not of or rows / of <= wanted.quarantined_at_most:
        return []
    return [
        f"{rows:,} of {of:,} rows ({rows / of:.1%}) could not be understood; expected is at most "
        f"{wanted.quarantined_at_most:.1%}."
    ]


def _stale(store: Store, wanted: Expectations, now: datetime) -> Iterator[str]:
    sales = store.table("fact_sales")
    [row] = store.fetch(sales.aggregate(last=sales.ordered_on.max()))
    days = (now.date() - row["last"]).days
    if days > wanted.fresh_within_days:
        yield (
            f"The latest line is of {row['last']}, {days:,} days ago; expected are at most "
            f"{wanted.fresh_within_days}."
        )


def _volumes(store: Store, known: Known, wanted: Expectations) -> Iterator[str]:
    """Compare each day that is new with the same weekday of the weeks before."""
    sales = store.table("fact_sales")
    since = known.last_day - timedelta(weeks=WEEKS_BEFORE)
    lately = sales.filter(sales.ordered_on >= since)
    days = {
        row["ordered_on"]: row
        for row in store.fetch(
            lately.group_by("ordered_on").aggregate(rows=lately.count(), money=net_sales(lately))
        )
    }
    for day in sorted(day for day in days if day > known.last_day):
        before = [days[past] for past in _same_weekday(day) if past in days]
        if len(before) >= FEWEST_WEEKS:
            yield from _compared(day, days[day], before, wanted)


def _same_weekday(day: date) -> list[date]:
    return [day - timedelta(weeks=weeks) for weeks in range(1, WEEKS_BEFORE + 1)]


def _compared(
    day: date, told: Mapping[str, Any], before: Sequence[Mapping[str, Any]], wanted: Expectations
) -> Iterator[str]:
    for name, words in (("rows", "{:,.0f} lines"), ("money", "net sales of {:,.2f}")):
        usual = mean(float(row[name]) for row in before)
        if usual <= 0:
            continue
        share = float(told[name]) / usual
        if not wanted.volume_at_least <= share <= wanted.volume_at_most:
            yield (
                f"{day:%A} {day} has {words.format(told[name])}, against "
                f"{words.format(usual).removeprefix('net sales of ')} on {len(before)} such days "
                "before."
            )


def _named(before: float | None, now: float | None, wanted: Expectations) -> Iterator[str]:
    if before is not None and now is not None and now - before > wanted.more_nameless_by:
        yield (f"{now:.1%} of the orders that came name no customer, against {before:.1%} before.")


def _unheard(what: str, values: frozenset[str]) -> Iterator[str]:
    if values:
        named = listed(sorted(values))
        many = what if len(values) == 1 else {"category": "categories"}.get(what, what + "s")
        yield f"{len(values):,} {many} never seen before: {named}."


def _new_in(
    store: Store, lines: "Table", changed: "Table", column: str, known: frozenset[str]
) -> frozenset[str]:
    """Return the values that arrived and that no line had before.

    A dimension knows the most frequent only; of the few it does not know the lines are asked.
    """
    maybe = _distinct(store, lines, column) - known
    if not maybe:
        return maybe
    before = store.table("order_lines").anti_join(changed, "order_id")
    aside = store.table("superseded_lines")
    said = before.select(column).union(aside.select(column))
    return maybe - _distinct(store, said.filter(said[column].isin(sorted(maybe))), column)


def _nameless(store: Fetcher, orders: "Table") -> float | None:
    """Return the share of orders of guests, None where there are no orders."""
    bought = orders.filter(orders.kind == "sale")
    share = ratio(bought.count(where=bought.customer_key == 0), bought.count())
    [row] = store.fetch(bought.aggregate(share=share))
    return None if row["share"] is None else float(row["share"])


def _distinct(store: Fetcher, rows: "Table", column: str) -> frozenset[str]:
    told = rows.filter(rows[column].notnull()).select(column).distinct()
    return frozenset(row[column] for row in store.fetch(told))
