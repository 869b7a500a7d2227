"""Retention as a triangle: a row per cohort, a column per month since the first order."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any

from regulars.cli.output.tables import Cards, Column, console, print_columns, print_heading
from regulars.core.formatting import text

if TYPE_CHECKING:
    from regulars.warehouse.warehouse import Answer

_INCOMPLETE = "*"
_NOTE = "Share of each cohort that ordered in each month after the first."
Row = Mapping[str, Any]


def print_triangle(answer: "Answer", stream: IO[str] | None = None) -> None:
    """Print the analysis `cohorts`: what share of each cohort ordered in each month after."""
    out = console(stream)
    rows = list(answer.rows())
    print_heading(answer, stream)
    hidden = print_columns(out, triangle(rows, answer.card.columns))
    mark = f" {_INCOMPLETE} Incomplete month." if any(map(_is_incomplete, rows)) else ""
    print(f"{_NOTE}{mark}", file=stream or sys.stderr)
    if hidden:
        print(f"Hidden: months {hidden[0]} to {hidden[-1]}. Add --format csv to show all.",
              file=sys.stderr)  # fmt: skip


def triangle(rows: Iterable[Row], cards: Cards) -> list[Column]:
    """Return the columns of a row per cohort: its month, its size, and its share in each month.

    `rows` are sorted by cohort and month. Months in the future are empty.
    """
    cohorts = [list(months) for _, months in groupby(rows, key=itemgetter("cohort"))]
    head = [
        Column(name, cards[name].label, cards[name].unit,
               [text(months[0][name], cards[name]) for months in cohorts])
        for name in ("cohort", "customers")
    ]  # fmt: skip
    steps = range(1, max(map(len, cohorts), default=0))
    return head + [
        Column(str(step), str(step), "share", [_share(months, step, cards) for months in cohorts])
        for step in steps
    ]


def _share(months: Sequence[Row], step: int, cards: Cards) -> str:
    """Return the share of a cohort in a month; empty if the month has not come yet."""
    if step >= len(months) or months[step]["share"] is None:
        return ""
    mark = _INCOMPLETE if _is_incomplete(months[step]) else " "
    return text(months[step]["share"], cards["share"]) + mark


def _is_incomplete(row: Row) -> bool:
    return row["is_complete"] is False
