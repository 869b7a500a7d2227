"""Findings on days and hours: pure functions from the rows of an analysis to a sentence."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from regulars.analyses.sales.unusual_days import FEWEST_WEEKS, HIGHER, LOWER, UNKNOWN
from regulars.core.formatting import LEVEL_CHANGE, counted, percent
from regulars.core.formatting import day as written_day
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.findings.shared import Formatter, Row

_MANY_TIMES = 2


def week(sold: Row, against: Sequence[tuple[Row, str]], days: str, money: Formatter) -> str:
    """Return net sales of the complete days of a week, and their changes from other weeks.

    sold     net_sales and orders of these days
    against  the same of each earlier week, with what it is called
    days     which days of the week these are
    """
    finding = f"{days}: net sales of {money(sold['net_sales'])}"
    changes = [
        f"{_changed(sold['net_sales'], before['net_sales'])} {name}"
        for before, name in against
        if before["net_sales"] > 0 and min(sold["orders"], before["orders"]) >= FEW_ORDERS
    ]
    return f"{finding}, {' and '.join(changes)}" if changes else finding


def best_day(rows: Sequence[Row], money: Formatter) -> str:
    """Return the last complete day, and the best of the days."""
    complete = [row for row in rows if row["is_complete"]]
    if not any(row["orders"] for row in complete):
        return "No orders on these days"
    last, best = complete[-1], max(complete, key=lambda row: Decimal(row["net_sales"]))
    finding = f"Net sales on {named(last)}: {money(last['net_sales'])}"
    if best is last:
        return f"{finding}, the best of the last {len(complete)} days"
    most = f"{named(best)} with {money(best['net_sales'])}"
    return f"{finding}. The best of the last {len(complete)} days was {most}"


def unusual(days: Sequence[Row], period: str, money: Formatter) -> str:
    """Return how many days of a period were unusual, and the one furthest from its weekday."""
    judged = [row for row in days if row["verdict"] != UNKNOWN]
    found = [row for row in judged if row["verdict"] in (HIGHER, LOWER)]
    if not judged:
        return f"Too few weeks to say which days are unusual: {FEWEST_WEEKS} are needed"
    if not found:
        return f"No unusual days in {period}"
    furthest = max(found, key=_distance)
    count = f"{len(found)} of {counted(len(judged), 'day', 'days')} in {period}"
    verb = "was" if len(found) == 1 else "were"
    which = "It was" if len(found) == 1 else "The most unusual was"
    return f"{count} {verb} unusual. {which} {named(furthest)}: {_against_usual(furthest, money)}"


def named(row: Row) -> str:
    """Return a day with its weekday: Tuesday, 20 September 2011."""
    return f"{row['weekday']}, {written_day(row['day'])}"


def _against_usual(row: Row, money: Formatter) -> str:
    usual = f"the usual {money(row['usual'])}"
    if not row["orders"] and row["net_sales"] <= 0:
        return f"no orders, against {usual}"
    sold, times = money(row["net_sales"]), float(row["net_sales"]) / row["usual"]
    if times >= _MANY_TIMES:
        finding = f"{sold}, {times:.1f} times {usual}"
    else:
        finding = f"{sold}, against {usual}"
    if row["one_order"] is None:
        return finding
    kind = "one order" if row["one_order"] > 0 else "one return"
    return f"{finding}, with {kind} of {money(abs(row['one_order']))}"


def hours(rows: Sequence[Row]) -> str:
    """Return the busiest hour of the day, and the busiest hour of the week."""
    orders = sum(row["orders"] for row in rows)
    if orders < FEW_ORDERS:
        return f"Too few orders to say when customers order ({counted(orders, 'order', 'orders')})"
    by_hour = {
        hour: sum(row["orders"] for row in rows if row["hour"] == hour)
        for hour in sorted({row["hour"] for row in rows})
    }
    hour = max(by_hour, key=lambda hour: by_hour[hour])
    busiest = max(rows, key=lambda row: int(row["orders"]))
    return (
        f"{percent(by_hour[hour] / orders)} of orders come between {clock(hour)} and "
        f"{clock(hour + 1)}; the busiest hour of the week is {busiest['weekday']} at "
        f"{clock(busiest['hour'])}"
    )


def clock(hour: int) -> str:
    """Return an hour as clocks show it: 09:00."""
    return f"{hour % 24:02}:00"


def weekdays_of(days: Sequence[date]) -> str:
    """Return the weekdays of successive days: Monday, or Monday to Thursday."""
    first, last = f"{days[0]:%A}", f"{days[-1]:%A}"
    return first if first == last else f"{first} to {last}"


def _changed(now: Decimal, before: Decimal) -> str:
    growth = float(now) / float(before) - 1
    if abs(growth) < LEVEL_CHANGE:
        return "about the same as"
    return f"{'up' if growth > 0 else 'down'} {percent(abs(growth))} on"


def _distance(row: Row) -> float:
    """Return by which factor a day differs from the usual."""
    sold = float(row["net_sales"])
    if sold <= 0:
        return float("inf")
    times = float(sold / row["usual"])
    return max(times, 1 / times)
