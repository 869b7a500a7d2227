"""Tables on the terminal: analysis results, a summary of the shop, and the catalog.

On a terminal, a table is never wider than the screen and no number is cut: columns that do not fit
are hidden and named below. Output to a file or a pipe has every column, however wide.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from shlex import quote
from typing import IO, TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from regulars.analyses.catalog import ANALYSES
from regulars.analyses.sales.lines import lines
from regulars.analyses.shared.buyer_types import BUYER
from regulars.analyses.shared.columns import MONTH
from regulars.core.columns import ColumnCard, Unit
from regulars.core.formatting import text

if TYPE_CHECKING:
    from regulars.warehouse.warehouse import Answer, Warehouse

MAX_ROWS = 50
_SUMMARY = {
    "kpis": ("net_sales", "orders", "customers", "average_order_value", "repeat_rate",
             "return_rate"),
    "segments": ("segment", "customers", "share_of_customers", "share_of_net_sales", "recency",
                 "frequency", "monetary", "action"),
}  # fmt: skip
_DIMENSIONS = {**lines.columns, "month": MONTH, BUYER: ColumnCard("Customer type", "text")}
"""The cards of columns that a result is broken down by."""

_RIGHT_ALIGNED = ("money", "count", "units", "share", "days", "months", "score")
_MIN_NAME_WIDTH, _MIN_NOTE_WIDTH = 20, 30
_GAP = "  "
_UNLIMITED = 100_000
Cards = Mapping[str, ColumnCard]


def print_summary(warehouse: "Warehouse") -> None:
    """Print the headline figures and the segments."""
    out = console()
    for name, columns in _SUMMARY.items():
        answer = warehouse.answer(name)
        out.print()
        out.print(Text(answer.card.question, style="bold"))
        hidden = _print_rows(out, answer.card.columns, columns, list(answer.rows()))
        _note_hidden(hidden, f"regulars show {name} -w {quote(str(warehouse.engine))}")


def print_answer(answer: "Answer", stream: IO[str] | None = None) -> None:
    """Print an answer as a table; on stdout, only the first rows."""
    limit = MAX_ROWS if stream is None else None
    rows = list(answer.rows(limit=limit and limit + 1))
    out = console(stream)
    print_heading(answer, stream)
    hidden = _print_rows(out, answer.card.columns, answer.table.columns, rows[:limit])
    _note_hidden(hidden)
    if limit is not None and len(rows) > limit:
        file = f"{answer.card.name}.xlsx"
        print(
            f"These are the first {limit} rows. Add --format csv or -o {file} to get all rows.",
            file=sys.stderr,
        )


def print_heading(answer: "Answer", stream: IO[str] | None = None) -> None:
    """Print the period and filters of an answer above its table.

    Without a file they go to stderr, as another program may read the table.
    """
    if answer.heading:
        print(answer.heading, file=stream or sys.stderr, flush=True)


def print_rows(cards: Cards, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table with the columns of these cards."""
    _note_hidden(_print_rows(console(), cards, list(cards), rows))


def print_catalog() -> None:
    """Print every analysis: its name, question, columns and options."""
    out = console()
    for analysis in ANALYSES.values():
        out.print(Text(analysis.name, style="bold"), Text(analysis.question), sep="  ")
        out.print(f"    {analysis.description.splitlines()[0]}")
        out.print(Text(f"    {', '.join(analysis.columns)}", style="dim"))
        for name, option in analysis.options.items():
            choices = f" ({', '.join(option.choices)})" if option.choices else ""
            out.print(f"    --{name}: {option.help}{choices}. Default: {option.default}")


@dataclass(frozen=True)
class Column:
    """A column as printed. A note is a text column to the right of the numbers."""

    name: str
    label: str
    unit: Unit
    values: Sequence[str]
    is_note: bool = False

    @cached_property
    def longest(self) -> int:
        """The width of the longest value."""
        return max(map(cell_len, self.values), default=0)

    @property
    def importance(self) -> int:
        """How long to show the column on a narrow screen: the least important are dropped first."""
        if self.is_note:
            return 0
        return 3 if self.name.endswith("_name") else 2 if self.unit == "money" else 1

    @cached_property
    def narrowest(self) -> int:
        """The width below which a number, or a word of the header, would be cut."""
        word = max(map(cell_len, self.label.split()), default=0)
        if self.unit != "text":
            return max(word, self.longest)
        width = _MIN_NOTE_WIDTH if self.is_note else _MIN_NAME_WIDTH
        return max(word, min(self.longest, width))


def fitting_columns(columns: Sequence[Column], width: int) -> list[str]:
    """Return the names of the columns that fit.

    Columns are dropped from the right: notes first, then figures other than money, then money, and
    names last. The first column identifies the row and always stays.
    """
    narrowest = {column.name: column.narrowest for column in columns}
    shown = list(narrowest)
    dropped = sorted(columns[:0:-1], key=lambda column: column.importance)
    for name in (column.name for column in dropped):
        if sum(narrowest[name] for name in shown) + len(_GAP) * (len(shown) - 1) <= width:
            break
        shown.remove(name)
    return shown


def column_widths(columns: Sequence[Column], width: int) -> list[int]:
    """Return the width of each column: spare room goes to text columns, then to headers."""
    widths = {column.name: column.narrowest for column in columns}
    spare = width - sum(widths.values()) - len(_GAP) * (len(columns) - 1)
    for column in sorted(columns, key=lambda column: column.unit != "text"):
        wanted = max(column.longest, cell_len(column.label)) - column.narrowest
        extra = max(min(wanted, spare), 0)
        widths[column.name] += extra
        spare -= extra
    return list(widths.values())


def _print_rows(
    out: Console, cards: Cards, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Print rows as a table (a single row as lines on a terminal); return the hidden columns."""
    columns = _columns(cards, names, rows)
    if len(rows) == 1 and out.width != _UNLIMITED:
        _print_record(out, columns)
        return []
    return print_columns(out, columns)


def print_columns(out: Console, columns: Sequence[Column]) -> list[str]:
    """Print the columns that fit as a table; return the labels of the others."""
    shown = fitting_columns(columns, out.width)
    _print_table(out, [column for column in columns if column.name in shown])
    return [column.label for column in columns if column.name not in shown]


def _columns(cards: Cards, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    columns, after_numbers = [], False
    for name in names:
        card = cards.get(name) or _DIMENSIONS.get(name) or ColumnCard(_in_words(name), "text")
        values = [text(row[name], card) for row in rows]
        is_note = after_numbers and card.unit == "text"
        columns.append(Column(name, card.label, card.unit, values, is_note))
        after_numbers = after_numbers or card.unit in _RIGHT_ALIGNED
    return columns


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _print_record(out: Console, columns: Sequence[Column]) -> None:
    label_width = max(cell_len(column.label) for column in columns)
    number_width = max(
        (column.longest for column in columns if column.unit in _RIGHT_ALIGNED), default=0
    )
    for column in columns:
        label = _padded(column.label, label_width)
        [value] = column.values
        if column.unit in _RIGHT_ALIGNED:
            value = value.rjust(number_width)
        out.print(Text.assemble((label, "bold"), _GAP, value))


def _print_table(out: Console, columns: Sequence[Column]) -> None:
    widths = column_widths(columns, out.width)
    _print_row(out, columns, widths, [column.label for column in columns], style="bold")
    for values in zip(*(column.values for column in columns), strict=True):
        _print_row(out, columns, widths, values)


def _print_row(
    out: Console, columns: Sequence[Column], widths: Sequence[int], values: Sequence[str],
    *, style: str = "",
) -> None:  # fmt: skip
    cells = [_wrapped(out, value, width) for value, width in zip(values, widths, strict=True)]
    for parts in zip_longest(*cells, fillvalue=""):
        padded = [
            _padded(part, width, is_right=column.unit in _RIGHT_ALIGNED)
            for part, width, column in zip(parts, widths, columns, strict=True)
        ]
        out.print(Text(_GAP.join(padded).rstrip(), style=style), soft_wrap=True)


def _wrapped(out: Console, value: str, width: int) -> list[str]:
    if cell_len(value) <= width and value.isprintable():
        return [value]
    return [line.plain.rstrip() for line in Text(value).wrap(out, width, overflow="fold")]


def _padded(part: str, width: int, *, is_right: bool = False) -> str:
    padding = " " * (width - cell_len(part))
    return padding + part if is_right else part + padding


def _note_hidden(names: Sequence[str], command: str = "") -> None:
    """Print to stderr which columns did not fit and how to get them."""
    if names:
        how = f"Show all:  {command} --format csv" if command else "Add --format csv to show all."
        print(f"Hidden columns: {', '.join(names)}. {how}", file=sys.stderr)


def console(stream: IO[str] | None = None) -> Console:
    """Return a console as wide as the terminal, or of unlimited width for a file or a pipe."""
    if stream is not None:
        return Console(file=stream, width=_UNLIMITED, markup=False)
    width = None if sys.stdout.isatty() else _UNLIMITED
    return Console(highlight=False, markup=False, width=width)
