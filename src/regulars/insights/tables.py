"""Tables made of the rows of an analysis, each cell written as its card says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from regulars.analyses.catalog import is_metric
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.core.formatting import text
from regulars.insights.figure_ref import FigureRef
from regulars.insights.parts import Cell, Header, Table
from regulars.insights.periods import covered_days, month_of
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef

TOP = 10
_WITH_PAGE = ("product", "customer")
"""The dimensions whose members have a page of their own."""

_CLICKABLE = (*_WITH_PAGE, "category", "subcategory", "location", "store")
"""The dimensions whose members have a page, or can be filtered by."""

_MOST = Decimal("0.5")
"""From this part on, one customer explains most of a row."""

_COLUMNS = ("net_sales", "share", "orders", "customers", "units")


def headers(cards: Mapping[str, ColumnCard], names: Sequence[str]) -> list[Header]:
    """Return the headers of columns."""
    return [header(cards[name]) for name in names]


def header(card: ColumnCard) -> Header:
    """Return the header of a column, with its description as tooltip."""
    label = f"{card.label}, days" if card.unit == "days" else card.label
    return Header(label, card.description, card.unit not in ("text", "date", "yes/no"))


def cells(
    row: Mapping[str, Any], cards: Mapping[str, ColumnCard], names: Sequence[str], currency: str,
    refs: Mapping[str, FigureRef] | None = None,
) -> list[Cell]:  # fmt: skip
    """Return the values of a row as text; `refs` links columns to the lines behind them."""
    refs = refs or {}
    return [_cell(row[name], name, cards[name], currency, refs.get(name)) for name in names]


def _cell(value: object, name: str, card: ColumnCard, currency: str, ref: FigureRef | None) -> Cell:
    written = text(value, card, currency)
    if ref is None or value is None:
        return Cell(written)
    shown = "" if is_metric(name, card) else written
    return Cell(written, figure=replace(ref, shown=shown).encode(name))


def month_table(
    scope: Scope, analysis: str, rows: Rows, parts: Mapping[str, Mapping[str, str]] | None = None
) -> Table:
    """Return the figures of a chart by month, folded; incomplete months are marked.

    `parts` says which part of the month a column covers: column -> {column: value}.
    """
    cards = scope.cards(analysis)
    names = [name for name in cards if name != "is_complete"]
    lines = []
    for row in rows:
        ref = FigureRef(analysis, span=month_of(row["month"]))
        refs = {name: ref.of(**(parts or {}).get(name, {})) for name in names[1:]}
        month, *figures = cells(row, cards, names, scope.currency, refs)
        month = replace(month, member=f"{row['month']:%Y-%m}")
        if not row["is_complete"]:
            month = replace(month, note=covered_days(row, scope.whole), style="incomplete")
        lines.append([month, *figures])
    all_rows = TableRef.of(analysis, since=None, until=None).encode()
    return Table(
        "Figures", headers(cards, names), lines, is_folded=True, column="month", download=all_rows
    )


def top_table(
    scope: Scope, rows: Rows, by: str, title: str, *, analysis: str = "sales_by",
    columns: Sequence[str] = _COLUMNS, refs: Mapping[str, FigureRef] | None = None,
    top: int = TOP, number: int | None = None, barless: int = 0, download: TableRef | None = None,
) -> Table:  # fmt: skip
    """Return the first rows of a breakdown by one dimension, with a bar in the first column.

    Falls are drawn to the left of rises. The first `barless` rows have no bar: next to theirs,
    those of the others would all look the same.

    `refs` gives the period of columns that do not cover the period of the view. `number` is how
    many rows there are, if `rows` has only the first. `download` refers to all rows, if they need
    more options than the dimension. A row may have a `note`.
    """
    cards, column = scope.cards(analysis), _column_of(by)
    lengths = [float(row[columns[0]]) for row in rows[:top]]
    longest = max(map(abs, lengths[barless:])) or 1.0
    write, lines = scope.formatter(analysis, "net_sales"), []
    for place, (row, length) in enumerate(zip(rows, lengths, strict=False)):
        code, value = row.get("product_id") or "", row["value"]
        notes = [code if code != row[by] else "", row.get("note"), largest_customer(row, write)]
        name = Cell(
            row[by], " · ".join(filter(None, notes)), style="name",
            member=value or "" if by in _CLICKABLE else "",
        )  # fmt: skip
        row_refs = {
            one: (refs or {}).get(one, FigureRef(analysis)).of(**{column: value})
            for one in columns
            if value
        }
        figures = cells(row, cards, columns, scope.currency, row_refs)
        bar = None if place < barless else length / longest
        lines.append([name, *with_bar(figures, bar)])
    number = len(rows) if number is None else number
    more = f", top {top} of {number:,}" if number > top else ""
    headed = [Header(by.capitalize(), is_number=False), *headers(cards, columns)]
    all_rows = (download or TableRef.of(analysis, by=by)).encode()
    return Table(
        title + more, headed, lines, style="top diverging" if min(lengths) < 0 else "top",
        column=by if by in _WITH_PAGE else column, download=all_rows,
    )  # fmt: skip


def with_bar(figures: Sequence[Cell], bar: float | None) -> list[Cell]:
    """Return the cells of a row with a bar in the first, as a part of the longest bar."""
    first, *others = figures
    return [replace(first, bar=bar), *others]


def largest_customer(row: Mapping[str, Any], money: Callable[[Any], str]) -> str:
    """Return how much of a row is one customer; empty unless that is most of it."""
    if (moved := row.get("largest_customer_change")) is not None:
        if abs(moved) < abs(row["change"]) * _MOST:
            return ""
        return f"of which one customer: {formatting.signed(moved, money)}"
    share = row.get("largest_customer")
    if share is None or share < _MOST:
        return ""
    return f"of which one customer: {formatting.percent(share)}"


def named(rows: Rows, by: str) -> Rows:
    """Return the rows of a breakdown that have a name; a product without one has its code."""
    return [row for row in labelled(rows, by) if row[by] is not None]


def labelled(rows: Rows, by: str, *, unnamed: str | None = None) -> Rows:
    """Return the rows of a breakdown with the label in column `by` and the value in `value`."""
    column = _column_of(by)
    return [
        row | {by: row.get(f"{by}_name") or row[column] or unnamed, "value": row[column]}
        for row in rows
    ]


def _column_of(by: str) -> str:
    return f"{by}_id" if by in _WITH_PAGE else by
