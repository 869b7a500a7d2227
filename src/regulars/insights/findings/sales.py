"""Findings on sales: pure functions from the rows of an analysis to a sentence.

A finding claims only what the rows support: incomplete months are not compared, ties are called
ties, and shares are given only where they add up.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import islice

from regulars.analyses.shared.discount_bands import BANDS
from regulars.core.calendar import MONTHS_IN_YEAR, months_between
from regulars.core.formatting import (
    LEVEL_CHANGE,
    MANIFOLD_FROM,
    Change,
    growth_in_words,
    month,
    percent,
    signed,
)
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.findings.shared import Formatter, Row, shortened, total
from regulars.insights.periods import Span

NO_DISCOUNT = BANDS[0]
"""The band of lines at full price."""

OF_SEGMENT = (
    "Not compared with earlier periods: customers are in a segment because of their recent orders, "
    "so their past differs by definition."
)

_LEVEL = 0.005
_FEW_MONTHS = 3
_HOME = 0.5


def headline(label: str, value: str, moved: Change | None, before: str) -> str:
    """Return the main figure and its change from another period."""
    if moved is None:
        return f"{label} of {value}"
    return f"{label} of {value}, {moved.words} on {before}"


def trend(months: Sequence[Row], money: Formatter) -> str:
    """Return how the last complete month ranks, and its change from the month before."""
    complete = [row for row in months if row["is_complete"]]
    if not complete:
        return f"No month is complete yet; net sales so far: {money(total(months, 'net_sales'))}"
    last = complete[-1]
    name, amount = month(last["month"]), money(last["net_sales"])
    if not any(row["net_sales"] for row in complete):
        return "No sales in any complete month"
    if len(complete) == 1:
        return f"Net sales in {name}, the only complete month, were {amount}"
    if _is_few(last):
        return f"Net sales in {name} were {amount}, from {_only(last['orders'])}"
    growth, before = last["growth"], complete[-2]["month"]
    if _is_few(complete[-2]):
        growth = None
    moved = "" if growth is None else f", {_compared(growth)} {before:%B}"
    rank = _rank(last, complete)
    return f"{name} {rank}: {amount}{moved}" if rank else f"{name}: net sales of {amount}{moved}"


def record(months: Sequence[Row]) -> Decimal | None:
    """Return by how much a best or weakest month differs from the month before; else None."""
    complete = [row for row in months if row["is_complete"]]
    if len(complete) < 2 or _is_few(complete[-1]) or not _rank(complete[-1], complete):
        return None
    return Decimal(abs(complete[-1]["net_sales"] - complete[-2]["net_sales"]))


def movers(rows: Sequence[Row], by: str, money: Formatter) -> tuple[str, Decimal]:
    """Return the three largest movers in words, and the money that the largest moved."""
    moved = sorted(filter(_has_sold, rows), key=lambda row: -abs(row["change"]))[:3]
    if not moved:
        return "", Decimal()
    words = ", ".join(_mover(row, by, money) for row in moved)
    return words, Decimal(abs(moved[0]["change"]))


def latest(months: Sequence[Row], money: Formatter) -> str:
    """Return the net sales of the last complete month, or else so far, without a comparison."""
    complete = [row for row in months if row["is_complete"]]
    if not complete:
        return trend(months, money)
    last = complete[-1]
    return f"Net sales in {month(last['month'])} were {money(last['net_sales'])}"


def trend_detail(months: Sequence[Row], money: Formatter) -> str:
    """Return how the last complete month compares with a year earlier and with the best month."""
    complete = [row for row in months if row["is_complete"]]
    if len(complete) < 2:
        return ""
    last, sentences = complete[-1], []
    if growth := growth_on_year(complete, "net_sales"):
        sentences.append(f"That is {growth}.")
    best = max(complete, key=lambda row: row["net_sales"])
    if best["net_sales"] > last["net_sales"]:
        amount = money(best["net_sales"])
        sentences.append(f"The best month was {month(best['month'])} with {amount}.")
    return " ".join(sentences)


def changed(rows: Sequence[Row], by: str, money: Formatter, before: Span) -> str:
    """Return the change in net sales from an earlier period, and the three largest movers."""
    change, earlier = total(rows, "change"), total(rows, "net_sales_before")
    level = abs(earlier) * Decimal(str(LEVEL_CHANGE))
    if earlier > 0 and abs(change) < level:
        finding = f"Net sales are flat compared with {before}"
    else:
        growth = f" ({growth_in_words(float(change / earlier))})" if earlier > 0 else ""
        way = "up" if change > 0 else "down"
        finding = f"Net sales are {way} {money(abs(change))}{growth} compared with {before}"
    movers = [row for row in rows if abs(row["change"]) >= level and _has_sold(row)][:3]
    if not movers or len(rows) < 2:
        return finding
    return f"{finding}: {', '.join(_mover(row, by, money) for row in movers)}"


def _mover(row: Row, by: str, money: Formatter) -> str:
    """Return a mover with its change, and with the one customer who explains most of it."""
    name, change = shortened(row[by]), signed(row["change"], money)
    largest = row.get("largest_customer_change")
    if largest is None or 2 * abs(largest) < abs(row["change"]):
        return f"{name} {change}"
    return f"{name} {change} (one customer {signed(largest, money)})"


def _has_sold(row: Row) -> bool:
    """Return whether sales themselves moved: fewer returns alone are not a success."""
    before = row["net_sales_before"]
    return bool((before + row["change"] if row["change"] > 0 else before) > 0)


def qualified(finding: str, orders: int) -> str:
    """Return a finding with the number of orders behind it, if they are few."""
    return finding if not finding or orders >= FEW_ORDERS else f"{finding} ({_only(orders)})"


def only_member(row: Row, name: str, money: Formatter) -> str:
    """Return the sales of the only member of a breakdown, which cannot lead."""
    return f"{shortened(row[name])}: net sales of {money(row['net_sales'])}"


def leaders(rows: Sequence[Row], name: str, *, top: int = 10) -> str:
    """Return which member of a breakdown leads, by how much, and the share of the first few."""
    named = [row for row in rows if row[name] is not None]
    if not named:
        return ""
    first = named[0]
    if first["net_sales"] <= 0:
        return "Returns offset all sales"
    if not has_shares(rows, "share"):
        return f"{shortened(first[name])} sells the most"
    tied = [row for row in named if row["net_sales"] == first["net_sales"]]
    if len(tied) > 1:
        return f"{_listed(tied, name)} lead with {percent(first['share'])} of net sales each"
    finding = f"{shortened(first[name])} leads with {percent(first['share'])} of net sales"
    together = sum(row["share"] for row in islice(named, top))
    if len(named) <= top or together > 1:
        return finding
    return f"{finding}; the top {top} of {len(named):,} make up {percent(together)}"


def weekdays(rows: Sequence[Row], week: Sequence[str]) -> str:
    """Return which weekday leads, and the weekdays without sales."""
    ordered = sorted(rows, key=lambda row: row["net_sales"], reverse=True)
    if not ordered:
        return "No sales in the complete months"
    finding, sold = leaders(ordered, "weekday"), {row["weekday"] for row in ordered}
    unsold = [{"weekday": day} for day in week if day not in sold]
    if not unsold or ordered[0]["net_sales"] <= 0:
        return finding
    return f"{finding}; no sales on {_listed(unsold, 'weekday')}"


def home_market(rows: Sequence[Row]) -> str:
    """Return the dominant location, if there is one, and the next largest."""
    named = [row for row in rows if row["location"] is not None]
    if not named or named[0]["net_sales"] <= 0 or (named[0]["share"] or 0) < _HOME:
        return leaders(rows, "location")
    home = named[0]
    if not has_shares(rows, "share"):
        return f"{shortened(home['location'])} is the home market"
    finding = f"{shortened(home['location'])} makes up {percent(home['share'])} of net sales"
    if len(named) == 1:
        return finding
    after = named[1]
    return f"{finding}; {shortened(after['location'])} is next with {percent(after['share'])}"


def discounted(bands: Sequence[Row], average: float | None) -> str:
    """Return the share of sales made at a discount, and how much discounts take off."""
    if not has_shares(bands, "share"):
        return "Some sales were made at a discount"
    share = sum(row["share"] for row in bands if row["band"] != NO_DISCOUNT)
    finding = f"{percent(share)} of sales were made at a discount"
    if average is None:
        return finding
    return f"{finding}; discounts took {percent(average)} off list prices"


def _rank(last: Row, complete: Sequence[Row]) -> str:
    """Return where a month ranks among all; empty if that says nothing."""
    if len(complete) < _FEW_MONTHS:
        return ""
    others = [row["net_sales"] for row in complete[:-1]]
    if last["net_sales"] > max(others):
        return "was the best month yet"
    if last["net_sales"] < min(others):
        return "was the weakest month yet"
    return "equalled the best month" if last["net_sales"] == max(others) else ""


def _compared(growth: float) -> str:
    if abs(growth) < _LEVEL:
        return "level with"
    if growth >= MANIFOLD_FROM:
        return f"{1 + growth:,.0f} times as much as in"
    return f"{percent(abs(growth))} {'above' if growth > 0 else 'below'}"


def growth_on_year(complete: Sequence[Row], column: str) -> str:
    """Return how the last complete month compares with the same month a year earlier."""
    last = complete[-1]
    earlier = [
        row for row in complete if months_between(row["month"], last["month"]) == MONTHS_IN_YEAR
    ]
    if not earlier or earlier[0][column] <= 0 or _is_few(last) or _is_few(earlier[0]):
        return ""
    growth = float(last[column]) / float(earlier[0][column]) - 1
    return f"{_compared(growth)} {month(earlier[0]['month'])}"


def _is_few(row: Row) -> bool:
    """Return whether a month has too few orders, or active customers, to compare it."""
    return bool(row.get("orders", row.get("active", FEW_ORDERS)) < FEW_ORDERS)


def _only(orders: int) -> str:
    return "only 1 order" if orders == 1 else f"only {orders:,} orders"


def has_shares(rows: Sequence[Row], column: str) -> bool:
    """Return whether shares make sense: none missing, the first above 0, none above 1."""
    shares = [row[column] for row in rows]
    return None not in shares and shares[0] > 0 and max(shares) <= 1


def _listed(rows: Sequence[Row], name: str) -> str:
    names = [shortened(row[name]) for row in rows[:3]]
    more = [f"{len(rows) - 3:,} more"] if len(rows) > 3 else []
    *first, last = [*names, *more]
    return f"{', '.join(first)} and {last}" if first else last
