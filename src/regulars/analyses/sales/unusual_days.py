"""Days with unusual sales for their weekday.

A day is compared with the same weekday of earlier weeks, by their median and the median absolute
deviation (MAD) from it. One odd week moves neither, so it does not hide the next. Both use
logarithms: sales vary by factors, and half as much is as unusual as twice as much.
"""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.sales.days import DAY, WEEKDAY
from regulars.analyses.shared.columns import goods
from regulars.analyses.shared.days import day_figures, only_period
from regulars.core.columns import ColumnCard
from regulars.core.expressions import money, total

if TYPE_CHECKING:
    from ibis.expr.types import Table

HIGHER, LOWER, USUAL, UNKNOWN = "higher", "lower", "usual", "unknown"
WEEKS, FEWEST_WEEKS, FEWEST_ORDERS = 12, 8, 30
WIDTH = 3.5
"""How many standard deviations from the median count as unusual (Iglewicz and Hoaglin, 1993)."""

_SD_PER_MAD = 1.4826
LEAST_FACTOR = 1.25
"""Sales that differ from the median by a smaller factor are usual, however alike the weeks are."""

_UNUSUAL, _ALL = "unusual", "all"


@analysis(
    question="Which days were unusual?",
    columns={
        "day": DAY,
        "weekday": WEEKDAY,
        "net_sales": metric_column(sold.net_sales),
        "verdict": ColumnCard(
            "Verdict", "text", "Whether net sales are higher or lower than usual for the weekday; "
            "unknown if there are too few weeks to compare with",
        ),
        "usual": ColumnCard(
            "Usual", "money", "Median net sales of the same weekday in the 12 weeks before", ",.2f"
        ),
        "usual_from": ColumnCard("Usual from", "money", "Lowest usual net sales", ",.2f"),
        "usual_to": ColumnCard("Usual to", "money", "Highest usual net sales", ",.2f"),
        "one_order": ColumnCard(
            "One order", "money", "Net sales of the one order that makes the day unusual; "
            "negative for a return, blank if there is none", ",.2f",
        ),
        "orders": metric_column(sold.orders),
        "weeks": ColumnCard("Weeks", "count", "Number of earlier weeks in the comparison", "d"),
    },
    options={"by": Option(_UNUSUAL, "Which days to return", choices=(_UNUSUAL, _ALL))},
)  # fmt: skip
def unusual_days(star: Star, by: str = _UNUSUAL) -> "Table":
    """Days on which net sales were unusually high or low for their weekday.

    A day is compared with the same weekday in the 12 weeks before, leaving out days without
    sales. It is unusual if it is more than 3.5 robust standard deviations (1.4826 x MAD) from their
    median, on a log scale, and differs from the median by at least a quarter. At least 8 weeks with
    30 orders in total are needed, so a weekday on which the shop never opens raises no alarm. An
    incomplete day, and the days of a segment, have no verdict. With by=all, every day is returned
    with its range.
    """
    figures = day_figures(star)
    days = _with_verdict(star, only_period(star, figures), _ranges(figures))
    if by == _UNUSUAL:
        days = days.filter(days.verdict.isin((HIGHER, LOWER)))
    explained = _with_one_order(star, days).drop("weekday")
    named = explained.rename(day="date", weekday="weekday_name")
    return named.select(*unusual_days.columns).order_by("day")


def _ranges(figures: "Table") -> "Table":
    """Return the usual range of each day: number, weeks, usual, usual_from, usual_to."""
    before = figures.filter(figures.net_sales > 0).select(
        "weekday", earlier=figures.number, sold=figures.orders,
        size=figures.net_sales.cast("float64").ln(),
    )  # fmt: skip
    days = figures.select("number", "weekday")
    pairs = days.inner_join(before, "weekday")
    pairs = pairs.filter(
        pairs.earlier < pairs.number, pairs.earlier >= pairs.number - 7 * WEEKS
    ).select("number", "size", "sold")
    medians = pairs.group_by("number").aggregate(
        weeks=pairs.count(), sold=pairs.sold.sum().cast("int64"), middle=pairs["size"].median()
    )
    enough = medians.filter(medians.weeks >= FEWEST_WEEKS, medians.sold >= FEWEST_ORDERS)
    away = pairs.select("number", "size").inner_join(enough, "number")
    spread = away.group_by("number", "weeks", "middle").aggregate(
        mad=(away["size"] - away.middle).abs().median()
    )
    least = ibis.literal(LEAST_FACTOR).ln()
    reach = ibis.greatest(spread.mad * (_SD_PER_MAD * WIDTH), least)
    return spread.select(
        "number", "weeks",
        usual=spread.middle.exp(),
        usual_from=(spread.middle - reach).exp(),
        usual_to=(spread.middle + reach).exp(),
    )  # fmt: skip


def _with_verdict(star: Star, days: "Table", ranges: "Table") -> "Table":
    joined = days.left_join(ranges, days.number == ranges.number)
    judged = joined.select(*days.columns, "weeks", "usual", "usual_from", "usual_to")
    amount = judged.net_sales.cast("float64")
    is_known = judged.usual.notnull() & judged.is_complete
    if star.has_segment_filter:  # members are chosen by what they did since
        is_known &= ibis.literal(False)
    verdict = ibis.cases(
        (~is_known, UNKNOWN), (amount > judged.usual_to, HIGHER),
        (amount < judged.usual_from, LOWER), else_=USUAL,
    )  # fmt: skip
    return judged.mutate(verdict=verdict)


def _with_one_order(star: Star, days: "Table") -> "Table":
    """Return days with `one_order`, the order that alone makes an unusual day unusual."""
    lines = goods(star.sales_all_time)
    orders = lines.group_by("ordered_on", "order_key").aggregate(amount=total(lines.net_amount))
    extremes = orders.group_by("ordered_on").aggregate(
        highest=orders.amount.max(), lowest=orders.amount.min()
    )
    joined = days.left_join(extremes, days.date == extremes.ordered_on)
    without = {
        name: (joined.net_sales - joined[name]).cast("float64") for name in ("highest", "lowest")
    }
    explains = ibis.cases(
        ((joined.verdict == HIGHER) & (without["highest"] <= joined.usual_to), joined.highest),
        ((joined.verdict == LOWER) & (joined.lowest < 0)
         & (without["lowest"] >= joined.usual_from), joined.lowest),
        else_=None,
    )  # fmt: skip
    return joined.mutate(one_order=money(explains))
