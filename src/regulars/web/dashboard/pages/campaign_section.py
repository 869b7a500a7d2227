"""The results of a list as a section: a finding, bars with intervals, both groups in a table."""

from regulars.core.columns import ColumnCard
from regulars.core.formatting import text
from regulars.insights.charts.charts import ACCENT, SECOND, Bar, HorizontalBars
from regulars.insights.parts import Cell, Figure, Note, Part, Section, Table
from regulars.insights.tables import cells, headers
from regulars.lists.effect import Effect, Estimate
from regulars.lists.findings import (
    MONEY,
    bought_finding,
    days_counted,
    finding,
    method,
    remarks,
    smallest_effect,
)
from regulars.lists.results import FEWEST_CUSTOMERS, Group, ListResults

_CONTACTED, _HELD_OUT = "Contacted", "Held out"
_GROUPS = {
    "customers": ColumnCard("Customers", "count", "Customers of the group on the list"),
    "buyers": ColumnCard("Bought", "count", "Customers with an order in these days"),
    "share_bought": ColumnCard("Share", "share", "Share of the customers who bought"),
    "net_sales": ColumnCard("Net sales", "money", "What they spent in these days, minus returns"),
    "per_head": ColumnCard("Per head", "money", "Net sales divided by all customers of the group"),
}
_ADJUSTED = ColumnCard("Adjusted per head", "money", "Per head, with adjusted amounts")
_INTERVAL = ColumnCard("95% interval", "money", "95% confidence interval of the adjusted amount")


def campaign_section(results: ListResults, currency: str, *, may_see_customers: bool) -> Section:
    """Return the section; without figures of a handful of customers for those who see none."""
    smallest = min(results.treatment.customers, results.control.customers)
    parts: list[Part] = []
    if results.effect:
        parts.append(_bars(results, results.effect, currency))
    if may_see_customers or smallest >= FEWEST_CUSTOMERS:
        parts.append(_table(results, currency))
    parts += map(Note, filter(None, (method(results, currency), *remarks(results))))
    sentences = (
        days_counted(results), smallest_effect(results, currency), bought_finding(results)
    )  # fmt: skip
    detail = " ".join(filter(None, sentences))
    return Section(
        "results", f"Results of {results.name}", finding(results, currency), detail, parts
    )


def _bars(results: ListResults, effect: Effect, currency: str) -> Figure:
    groups = ((_CONTACTED, effect.treatment, ACCENT), (_HELD_OUT, effect.control, SECOND))
    bars = [
        Bar(name, one.value, fill, text(one.value, MONEY, currency), interval=(one.low, one.high))
        for name, one, fill in groups
    ]
    amounts = "; ".join(
        f"{name}: {text(one.value, MONEY, currency)} ({_interval(one, currency)})"
        for name, one, _ in groups
    )
    legend = [(ACCENT, "Adjusted net sales per head, with its 95% interval")]
    return Figure(
        HorizontalBars(bars, f"{finding(results, currency)} {amounts}.", "results"), legend
    )


def _table(results: ListResults, currency: str) -> Table:
    effect = results.effect
    rows = [
        _row(_CONTACTED, results.treatment, effect.treatment if effect else None, currency),
        _row(_HELD_OUT, results.control, effect.control if effect else None, currency),
    ]
    name = headers({"group": ColumnCard("Group", "text")}, ["group"])
    columns = {**_GROUPS, **({"adjusted": _ADJUSTED, "interval": _INTERVAL} if effect else {})}
    return Table("Both groups", [*name, *headers(columns, list(columns))], rows, style="cards")


def _row(name: str, group: Group, adjusted: Estimate | None, currency: str) -> list[Cell]:
    values = {column: getattr(group, column) for column in _GROUPS}
    row = [Cell(name, style="name"), *cells(values, _GROUPS, list(_GROUPS), currency)]
    if adjusted:
        row += [Cell(text(adjusted.value, MONEY, currency)), Cell(_interval(adjusted, currency))]
    return row


def _interval(estimate: Estimate, currency: str) -> str:
    low, high = (text(end, MONEY, currency) for end in (estimate.low, estimate.high))
    return f"{low} to {high}"
