"""Tables that break a figure down: by month, and the first of a dimension."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from regulars.insights.figure_ref import Origin
from regulars.insights.parts import Cell, Head, Table, cells, heads
from regulars.insights.periods import month_of, unfinished
from regulars.insights.scope import Rows, Scope

TOP = 10
_GO = ("product", "category", "subcategory", "location")
"""What the view can be narrowed to."""

_COLUMNS = ("net_sales", "share", "orders", "customers", "units")


def month_table(
    scope: Scope, analysis: str, rows: Rows, parts: Mapping[str, Mapping[str, str]] | None = None
) -> Table:
    """Return the figures behind a chart by month, folded; unfinished months say so.

    `parts` tells of which part of the month a column is: column -> {column: value}.
    """
    cards = scope.cards(analysis)
    names, told = [name for name in cards if name != "is_complete"], []
    for row in rows:
        month = Origin(analysis, span=month_of(row["month"]))
        origins = {name: month.of(**(parts or {}).get(name, {})) for name in names[1:]}
        first, *figures = cells(row, cards, names, scope.currency, origins)
        first = replace(first, member=f"{row['month']:%Y-%m}")
        if not row["is_complete"]:
            first = replace(first, note=unfinished(row, scope.whole), style="part")
        told.append([first, *figures])
    return Table("Figures", heads(cards, names), told, is_folded=True, column="month")


def top_table(
    scope: Scope, rows: Rows, by: str, title: str, *, analysis: str = "sales_by",
    columns: Sequence[str] = _COLUMNS, parts: Mapping[str, Origin] | None = None,
    top: int = TOP, is_folded: bool = False,
) -> Table:  # fmt: skip
    """Return the first rows of a breakdown by one dimension, with a bar for the first column.

    Names lead on where the view can be narrowed to them. `parts` tells of columns
    that are not of the days of the view, of which they are.
    """
    cards = scope.cards(analysis)
    column = "product_id" if by == "product" else by
    lengths = [float(row[columns[0]]) for row in rows[:top]]
    most = max(map(abs, lengths)) or 1.0
    told = []
    for row, length in zip(rows, lengths, strict=False):
        note, value = row.get("product_id") or "", row["value"]
        name = Cell(
            row[by], note if note != row[by] else "", bar=length / most, style="name",
            member=value or "" if by in _GO else "",
        )  # fmt: skip
        origins = {
            one: (parts or {}).get(one, Origin(analysis)).of(**{column: value})
            for one in columns
            if value
        }
        told.append([name, *cells(row, cards, columns, scope.currency, origins)])
    more = f", the first {top} of {len(rows):,}" if len(rows) > top else ""
    headed = [Head(by.capitalize(), is_number=False), *heads(cards, columns)]
    return Table(title + more, headed, told, style="top", is_folded=is_folded, column=column)


def named(rows: Rows, by: str) -> Rows:
    """Return the rows of a breakdown that bear a name; a product without one bears its number."""
    return [row for row in labelled(rows, by) if row[by] is not None]


def labelled(rows: Rows, by: str, *, unnamed: str | None = None) -> Rows:
    """Return the rows of a breakdown with what each is called in a column of the dimension.

    What it is in the data stands in `value`, for it can be called otherwise.
    """
    if by != "product":
        return [row | {by: row[by] or unnamed, "value": row[by]} for row in rows]
    return [
        row | {by: row["product_name"] or row["product_id"] or unnamed, "value": row["product_id"]}
        for row in rows
    ]
