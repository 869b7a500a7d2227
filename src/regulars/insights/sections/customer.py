"""One customer: what they are worth, when they order, and their orders, segments and products.

The scope of these sections covers all days, with the customer as its only filter.
"""

from collections.abc import Mapping
from typing import Any

from regulars.analyses.segments.segment_map import segment_map
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.insights.charts.charts import ACCENT, INCOMPLETE, Bar, VerticalBars
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import customer as findings
from regulars.insights.parts import Cell, Figure, Header, Headlines, Kpi, Part, Section, Table
from regulars.insights.periods import covered_days, incomplete_months
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import cells, headers, named, top_table

LATEST_ORDERS, MOST_ORDERS = 15, 300
_MAIN = ("net_sales", "orders", "average_order_value", "median_gap")
_OTHERS = ("first_order_on", "last_order_on", "next_order_on", "returns", "segment")
_LINKED = ("net_sales", "orders", "average_order_value", "returns")
_FAVOURITE_COLUMNS = ("net_sales", "share", "orders", "units")
_SPELL = ColumnCard("Months", "count", "Consecutive months that ended in this segment", ",d")


def overview(scope: Scope) -> Headlines:
    """What the customer is worth, their segment, and when the next order is due."""
    summary, money = _summary(scope), scope.formatter("customer_summary", "net_sales")
    detail = [_advice(summary["segment"]), findings.rhythm(summary, scope.whole.last)]
    return Headlines(
        [_kpi(scope, summary, name) for name in _MAIN],
        [_kpi(scope, summary, name) for name in _OTHERS if summary[name]],
        findings.worth(summary, money), " ".join(filter(None, detail)),
    )  # fmt: skip


def orders(scope: Scope) -> Section:
    """The orders, returns and cancelled orders, latest first, and net sales by month."""
    history = scope.rows("order_history")
    parts: list[Part] = []
    months = scope.rows("monthly_sales", since=None, until=None)
    detail = "Cancelled orders, fees and adjustments are not in net sales."
    if any(row["net_sales"] for row in months):
        parts.append(_chart(scope, months))
        detail = f"{incomplete_months(months, scope.whole)} {detail}".strip()
    shown, older = history[:LATEST_ORDERS], history[LATEST_ORDERS:MOST_ORDERS]
    parts.append(_order_table(scope, shown, f"Latest {_counted(shown)}"))
    if older:
        title = f"Older: {_counted(older)}"
        parts.append(_order_table(scope, older, title, is_folded=True))
    return Section("orders", "Orders", findings.orders(history), detail, parts)


def segments(scope: Scope) -> Section:
    """The segment now, and at the end of each month before."""
    now, history = _summary(scope)["segment"], scope.rows("segment_history")
    spells = findings.spells(history)
    scores = scope.rows("rfm")
    detail = "".join(
        f"Recency {row['r']}, frequency {row['f']}, monetary {row['m']} on {_last_day(scope)}, "
        "each from 1 to 5 (best)."
        for row in scores
    )
    parts = [_spell_table(spells)] if spells else []
    return Section("segment", "Segment", findings.segment(now, spells), detail, parts)


def favourites(scope: Scope) -> Section | None:
    """The products that the customer has spent most on; None without any."""
    rows = [row | {"largest_customer": None} for row in scope.rows("sales_by", by="product")]
    products = named(rows, "product")
    if not products:
        return None
    money = scope.formatter("sales_by", "net_sales")
    finding = findings.favourites(products, _summary(scope), money)
    table = top_table(scope, products, "product", "Products", columns=_FAVOURITE_COLUMNS)
    return Section("favourites", "Favourite products", finding, parts=[table])


SECTIONS = (orders, favourites, segments)


def _summary(scope: Scope) -> Mapping[str, Any]:
    [row] = scope.rows("customer_summary")
    return row


def _advice(segment: str | None) -> str:
    """Return what a segment means and what to do about it; empty without one."""
    found = next((one for one in segment_map() if one.name == segment), None)
    return f"{found.name}: {_lowered(found.reason)}. {found.action}." if found else ""


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")


def _kpi(scope: Scope, summary: Mapping[str, Any], name: str) -> Kpi:
    card = scope.cards("customer_summary")[name]
    value = formatting.headline(summary[name], card, scope.currency)
    figure = FigureRef("kpis").encode(name) if name in _LINKED else ""
    return Kpi(name, card.label, value, None, "", "", "", card.description, figure, "")


def _chart(scope: Scope, months: Rows) -> Figure:
    bars = [
        Bar(
            f"{row['month']:%b %Y}", float(row["net_sales"]),
            ACCENT if row["is_complete"] else INCOMPLETE[ACCENT],
            "" if row["is_complete"] else covered_days(row, scope.whole),
        )
        for row in scope.recent(months)
    ]  # fmt: skip
    money = scope.formatter("monthly_sales", "net_sales")
    written = "; ".join(
        f"{formatting.month(row['month'])}: {money(row['net_sales'])}"
        for row in months
        if row["net_sales"]
    )
    return Figure(VerticalBars(bars, scope.currency, f"Net sales by month. {written}", "orders"))


def _order_table(scope: Scope, rows: Rows, title: str, *, is_folded: bool = False) -> Table:
    cards = scope.cards("order_history")
    columns = ["units", "net_sales"]
    columns += [name for name in ("returns", "left_out") if any(row[name] for row in rows)]
    headed = [
        Header("Day", is_number=False), Header("Order", is_number=False),
        Header("Main product", "The product with the largest amount", is_number=False),
        *headers(cards, columns),
    ]  # fmt: skip
    lines = [_order_row(scope, row, columns) for row in rows]
    download = "" if is_folded else TableRef.of("order_history").encode()
    return Table(title, headed, lines, style="cards orders", is_folded=is_folded, download=download)


def _order_row(scope: Scope, row: Mapping[str, Any], columns: list[str]) -> list[Cell]:
    ref = FigureRef("order_history").of(order_id=row["order_id"])
    refs = {name: ref for name in columns if row[name]}
    figures = cells(row, scope.cards("order_history"), columns, scope.currency, refs)
    mark = findings.MARKS.get(row["kind"], row["kind"])
    more = row["products"] - 1
    named = row["main_product"] or formatting.MISSING
    what = Cell(named, f"and {more:,} more" if more > 0 else "", style="what")
    number = Cell(row["order_id"], mark, style="marked" if mark else "")
    return [Cell(formatting.day(row["ordered_on"]), f"{row['ordered_at']:%H:%M}"), number, what,
            *figures]  # fmt: skip


def _spell_table(spells: list[findings.Spell]) -> Table:
    swatches = {one.name: number for number, one in enumerate(segment_map())}
    rows = [
        [
            Cell(spell.segment, swatch=swatches.get(spell.segment, len(swatches))),
            Cell(formatting.month(spell.first)), Cell(formatting.month(spell.last)),
            Cell(f"{spell.months:,}"),
        ]
        for spell in spells
    ]  # fmt: skip
    headed = [
        Header("Segment", is_number=False), Header("From", is_number=False),
        Header("To", "The last complete month in this segment", is_number=False),
        *headers({"months": _SPELL}, ["months"]),
    ]  # fmt: skip
    return Table("Segment at the end of each month", headed, rows, style="plain short")


def _counted(rows: Rows) -> str:
    return formatting.counted(len(rows), "order or credit", "orders and credits")


def _last_day(scope: Scope) -> str:
    return formatting.day(scope.last_scored_day)
