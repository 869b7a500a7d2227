"""What the terminal shows: a load on one screen, the standing of the shop, answers as tables.

On a terminal no table is wider than the screen and no figure is cut: columns without room are left
out, and named. What goes to a file or a pipe has them all, however wide.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from shlex import quote
from typing import IO, TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from regulars.analyses.catalog import ANALYSES
from regulars.core.columns import ColumnCard, Unit
from regulars.core.formatting import text

if TYPE_CHECKING:
    from regulars.warehouse.warehouse import Answer, Warehouse

MOST_ROWS = 50
_STANDING = {
    "kpis": ("net_sales", "orders", "customers", "average_order_value", "repeat_rate",
             "return_rate"),
    "segments": ("segment", "customers", "share_of_customers", "share_of_net_sales", "recency",
                 "frequency", "monetary", "action"),
}  # fmt: skip
_RIGHT = ("money", "count", "units", "share", "days", "months", "score")
_NARROWEST_NAME, _NARROWEST_REMARK = 20, 30
_GAP = "  "
_ENDLESS = 100_000
Cards = Mapping[str, ColumnCard]


def print_standing(warehouse: "Warehouse") -> None:
    """Show the headline figures and the segments."""
    out = screen()
    for name, shown in _STANDING.items():
        answer = warehouse.answer(name)
        out.print()
        out.print(Text(answer.card.question, style="bold"))
        left_out = _print_rows(out, answer.card.columns, shown, list(answer.rows()))
        _tell_left_out(left_out, f"regulars show {name} -w {quote(str(warehouse.engine))}")


def print_answer(answer: "Answer", stream: IO[str] | None = None) -> None:
    """Show an answer as a table; on stdout, the first rows of a long one."""
    most = MOST_ROWS if stream is None else None
    rows = list(answer.rows(limit=most and most + 1))
    out = screen(stream)
    left_out = _print_rows(out, answer.card.columns, answer.table.columns, rows[:most])
    _tell_left_out(left_out)
    if most is not None and len(rows) > most:
        print(
            f"The first {most} rows. All of them:  --format csv, or -o {answer.card.name}.xlsx",
            file=sys.stderr,
        )


def print_rows(cards: Cards, rows: Sequence[Mapping[str, Any]]) -> None:
    """Show rows as a table, under the columns of their cards."""
    _tell_left_out(_print_rows(screen(), cards, list(cards), rows))


def print_catalogue() -> None:
    """Show every analysis: its name, its question, its columns and what it can be told."""
    out = screen()
    for analysis in ANALYSES.values():
        out.print(Text(analysis.name, style="bold"), Text(analysis.question), sep="  ")
        out.print(f"    {analysis.description.splitlines()[0]}")
        out.print(Text(f"    {', '.join(analysis.columns)}", style="dim"))
        for name, option in analysis.options.items():
            choices = f" ({', '.join(option.choices)})" if option.choices else ""
            out.print(f"    --{name}: {option.help}{choices}, by default {option.default}")


@dataclass(frozen=True)
class Column:
    """A column as it is printed. A remark is a text to the right of the figures."""

    name: str
    label: str
    unit: Unit
    values: Sequence[str]
    is_remark: bool = False

    @cached_property
    def longest(self) -> int:
        """The width of its longest value."""
        return max(map(cell_len, self.values), default=0)

    @cached_property
    def narrowest(self) -> int:
        """The width below which a figure, or a word of the heading, would be cut."""
        word = max(map(cell_len, self.label.split()), default=0)
        if self.unit != "text":
            return max(word, self.longest)
        most = _NARROWEST_REMARK if self.is_remark else _NARROWEST_NAME
        return max(word, min(self.longest, most))


def that_fit(narrowest: Mapping[str, int], remarks: Collection[str], width: int) -> list[str]:
    """Return the columns there is room for. From the right, remarks go first, then others.

    The first column says what a row is about, and always stays.
    """
    kept = list(narrowest)
    others = [name for name in kept[1:] if name not in remarks]
    for name in reversed([*others, *(name for name in kept[1:] if name in remarks)]):
        if sum(narrowest[name] for name in kept) + len(_GAP) * (len(kept) - 1) <= width:
            break
        kept.remove(name)
    return kept


def widths(columns: Sequence[Column], width: int) -> list[int]:
    """Return how wide each column is: what room is left over goes to texts, then to headings."""
    told = {column.name: column.narrowest for column in columns}
    spare = width - sum(told.values()) - len(_GAP) * (len(columns) - 1)
    for column in sorted(columns, key=lambda column: column.unit != "text"):
        wish = max(column.longest, cell_len(column.label)) - column.narrowest
        more = max(min(wish, spare), 0)
        told[column.name] += more
        spare -= more
    return list(told.values())


def _print_rows(
    out: Console, cards: Cards, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Print rows as a table, or one row on a terminal as lines, and return what was left out."""
    columns = _columns(cards, names, rows)
    if len(rows) == 1 and out.width != _ENDLESS:
        _print_record(out, columns)
        return []
    remarks = [column.name for column in columns if column.is_remark]
    kept = that_fit({column.name: column.narrowest for column in columns}, remarks, out.width)
    shown = [column for column in columns if column.name in kept]
    _print_table(out, shown)
    return [name for name in names if name not in kept]


def _columns(cards: Cards, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    columns, after_figures = [], False
    for name in names:
        known = cards.get(name, ColumnCard(name, "text"))
        values = [text(row[name], known) for row in rows]
        is_remark = after_figures and known.unit == "text"
        columns.append(Column(name, known.label, known.unit, values, is_remark))
        after_figures = after_figures or known.unit in _RIGHT
    return columns


def _print_record(out: Console, columns: Sequence[Column]) -> None:
    room = max(cell_len(column.label) for column in columns)
    most = max((column.longest for column in columns if column.unit in _RIGHT), default=0)
    for column in columns:
        label = column.label + " " * (room - cell_len(column.label))
        value = column.values[0].rjust(most) if column.unit in _RIGHT else column.values[0]
        out.print(Text.assemble((label, "bold"), _GAP, value))


def _print_table(out: Console, columns: Sequence[Column]) -> None:
    wide = widths(columns, out.width)
    _print_row(out, columns, wide, [column.label for column in columns], style="bold")
    for values in zip(*(column.values for column in columns), strict=True):
        _print_row(out, columns, wide, values)


def _print_row(
    out: Console, columns: Sequence[Column], wide: Sequence[int], values: Sequence[str],
    style: str = "",
) -> None:  # fmt: skip
    cells = [_broken(out, value, width) for value, width in zip(values, wide, strict=True)]
    for parts in zip_longest(*cells, fillvalue=""):
        told = [
            _padded(part, width, is_right=column.unit in _RIGHT)
            for part, width, column in zip(parts, wide, columns, strict=True)
        ]
        out.print(Text(_GAP.join(told).rstrip(), style=style), soft_wrap=True)


def _broken(out: Console, value: str, width: int) -> list[str]:
    if cell_len(value) <= width and value.isprintable():
        return [value]
    return [line.plain.rstrip() for line in Text(value).wrap(out, width, overflow="fold")]


def _padded(part: str, width: int, *, is_right: bool) -> str:
    blanks = " " * (width - cell_len(part))
    return blanks + part if is_right else part + blanks


def _tell_left_out(names: Sequence[str], command: str = "") -> None:
    if names:
        how = f"{command} --format csv".lstrip()
        print(f"No room here for {', '.join(names)}. All columns:  {how}", file=sys.stderr)


def screen(stream: IO[str] | None = None) -> Console:
    """Return a console as wide as the terminal, or without end when its output goes elsewhere."""
    if stream is not None:
        return Console(file=stream, width=_ENDLESS, markup=False)
    width = None if sys.stdout.isatty() else _ENDLESS
    return Console(highlight=False, markup=False, width=width)
