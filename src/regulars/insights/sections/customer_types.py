"""New and returning customers, and guests, by month: how many, and what they bought."""

from collections.abc import Mapping

from regulars.analyses.shared.buyer_types import BUYER, GUESTS, NEW, RETURNING
from regulars.core import formatting
from regulars.insights.charts.charts import ACCENT, INCOMPLETE, MUTED, SECOND, Bar, VerticalBars
from regulars.insights.findings import customers
from regulars.insights.parts import Figure, Section
from regulars.insights.periods import covered_days, incomplete_months
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections.customers import not_of_segments, why_none
from regulars.insights.sections.short_trend import is_by_month
from regulars.insights.tables import month_table

_ALWAYS_MONTHS = (
    "Customers are new or returning by month, so this chart shows whole months even if the page's "
    "period is shorter."
)
_CUSTOMERS = {"returning": ACCENT, "new": SECOND}
_BUYERS = {**_CUSTOMERS, "guests": MUTED}
_BUYER_PARTS = {
    "returning": {BUYER: RETURNING}, "new": {BUYER: NEW}, "guests": {BUYER: GUESTS},
}  # fmt: skip


def new_and_returning(scope: Scope) -> Section:
    """Active customers by month, new and returning."""
    topic = "New and returning customers"
    rows = scope.recent(scope.rows("monthly_customers", since=None, until=None))
    cards, count = scope.cards("monthly_customers"), scope.formatter("monthly_customers", "active")
    finding = customers.returning(rows, count)
    if not any(row["active"] for row in rows):
        return Section("customers", topic, finding, why_none(scope))
    if scope.has_segment_filter:
        return not_of_segments("customers", topic)
    alt = f"{finding}. {cards['returning'].label} and {cards['new'].label.lower()} by month."
    bars = _stacked_bars(scope, rows, _CUSTOMERS, "monthly_customers")
    chart = VerticalBars(bars, None, alt, "customers", column="month")
    legend = [(colour, cards[part].label) for part, colour in _CUSTOMERS.items()]
    detail = (
        f"{customers.active(rows, count)} A customer is new in the month of their first order in "
        f"the data. The data starts in {formatting.month(scope.whole.first)}, so the first months "
        f"show customers as new who had ordered before. {_months(scope, rows)}"
    )
    parts = {"active": {"is_known": "true"}, **_BUYER_PARTS}
    table = month_table(scope, "monthly_customers", rows, parts)
    return Section(
        "customers", topic, finding, detail.strip(), [Figure(chart, legend), table],
        period=scope.months_shown(rows),
    )  # fmt: skip


def buyers(scope: Scope) -> Section:
    """Net sales by month from new customers, returning customers and guests."""
    name, topic = "monthly_sales_by_customer", "Sales by customer type"
    rows, cards = scope.recent(scope.rows(name, since=None, until=None)), scope.cards(name)
    finding = customers.buyers(rows)
    if not any(row["returning"] or row["new"] for row in rows):
        return Section("buyers", topic, finding, why_none(scope))
    if scope.has_segment_filter:
        return not_of_segments("buyers", topic)
    alt = f"{finding}. {', '.join(cards[part].label for part in _BUYERS)} by month."
    bars = _stacked_bars(scope, rows, _BUYERS, name)
    chart = VerticalBars(bars, scope.currency, alt, "buyers", column="month")
    legend = [(colour, cards[part].label) for part, colour in _BUYERS.items()]
    return Section(
        "buyers", topic, finding, _months(scope, rows),
        [Figure(chart, legend), month_table(scope, name, rows, _BUYER_PARTS)],
        period=scope.months_shown(rows),
    )  # fmt: skip


def _months(scope: Scope, rows: Rows) -> str:
    """Return why the chart shows months in a short period, and which of them are incomplete."""
    why = "" if is_by_month(scope) else _ALWAYS_MONTHS
    return " ".join(filter(None, (why, incomplete_months(rows, scope.whole))))


def _stacked_bars(scope: Scope, rows: Rows, parts: Mapping[str, str], name: str) -> list[Bar]:
    """Return the bars of each month, one for each part in its colour, the first at the bottom."""
    return [
        Bar(
            f"{row['month']:%b %Y}", float(row[part]),
            colour if row["is_complete"] else INCOMPLETE[colour],
            "" if row["is_complete"] or n else covered_days(row, scope.whole),
            f"{row['month']:%Y-%m}",
            text=f"{scope.cards(name)[part].label} {scope.formatter(name, part)(row[part])}",
        )
        for row in rows
        for n, (part, colour) in enumerate(parts.items())
    ]  # fmt: skip
