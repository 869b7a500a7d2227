"""What the terminal shows: a load on one screen, the standing of the shop, answers as tables."""

import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from regulars.catalog import ANALYSES
from regulars.define import Analysis, ColumnCard
from regulars.errors import listed
from regulars.present import text
from regulars.tables import KINDS

if TYPE_CHECKING:
    from regulars.ledger import LoadReport
    from regulars.warehouse import Answer, Warehouse

MOST_ROWS = 50
_STANDING = {
    "kpis": ("net_sales", "orders", "customers", "average_order_value", "repeat_rate",
             "return_rate"),
    "segments": ("segment", "customers", "share_of_customers", "share_of_net_sales", "recency",
                 "frequency", "monetary", "action"),
}  # fmt: skip
_RIGHT = ("money", "count", "units", "share", "days", "months", "score")


def print_load(report: "LoadReport") -> None:
    """Show what came in, how it was read, what was set aside and why, and that it adds up."""
    out = _console()
    out.print(Text("What came in", style="bold"))
    for source in report.sources:
        out.print(f"  {source.name}: {source.rows:,} rows, profile {source.mapping.profile.name}")
        out.print(Text(f"    {source.mapping.describe()}", style="dim"))
        out.print(Text(f"    {source.describe()}", style="dim"))
    out.print()
    out.print(_reconciliation(report))
    for line in _set_aside(report):
        out.print(Text(line))


def print_standing(warehouse: "Warehouse") -> None:
    """Show the headline figures and the segments."""
    out = _console()
    for name, shown in _STANDING.items():
        answer = warehouse.answer(name)
        out.print()
        out.print(Text(answer.card.question, style="bold"))
        out.print(_grid(answer.card, shown, answer.rows()))


def print_answer(answer: "Answer", stream: IO[str] | None = None) -> None:
    """Show an answer as a table; on the terminal, the first rows of a long one."""
    most = MOST_ROWS if stream is None else None
    rows = list(answer.rows(limit=most and most + 1))
    _console(stream).print(_grid(answer.card, answer.table.columns, rows[:most]))
    if most is not None and len(rows) > most:
        print(
            f"The first {most} rows. All of them:  --format csv, or -o {answer.card.name}.xlsx",
            file=sys.stderr,
        )


def print_catalogue() -> None:
    """Show every analysis: its name, its question, its columns and what it can be told."""
    out = _console()
    for analysis in ANALYSES.values():
        out.print(Text(analysis.name, style="bold"), Text(analysis.question), sep="  ")
        out.print(f"    {analysis.description.splitlines()[0]}")
        out.print(Text(f"    {', '.join(analysis.columns)}", style="dim"))
        for name, option in analysis.options.items():
            choices = f" ({', '.join(option.choices)})" if option.choices else ""
            out.print(f"    --{name}: {option.help}{choices}, by default {option.default}")


def _reconciliation(report: "LoadReport") -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    grid.add_column("Reconciliation")
    grid.add_column("rows", justify="right")
    grid.add_column("money", justify="right")
    _line(grid, "Read", report.total("read"), style="bold")
    for kind in KINDS:
        if report.total("accepted", kind)[0]:
            _line(grid, f"  accepted: {kind}", report.total("accepted", kind))
    _line(grid, "  quarantined", report.total("quarantined"))
    _line(grid, "  replaced by a later source", report.total("replaced"))
    parts = [report.total(outcome) for outcome in ("accepted", "quarantined", "replaced")]
    left = (
        report.total("read")[0] - sum(rows for rows, _ in parts),
        report.total("read")[1] - sum((amount for _, amount in parts), Decimal(0)),
    )
    _line(grid, "Left over", left, style="bold red" if any(left) else "bold")
    return grid


def _line(grid: Grid, label: str, worth: tuple[int, Decimal], style: str = "") -> None:
    grid.add_row(label, f"{worth[0]:,}", f"{worth[1]:,.2f}", style=style)


def _set_aside(report: "LoadReport") -> Iterable[str]:
    if report.reasons:
        yield "\nQuarantined, by reason (a row may have several)"
        yield from (f"  {rows:,}  {reason}" for reason, rows in report.reasons.most_common())
        yield "For instance"
        for row in report.examples:
            yield f"  {row['source']}, row {row['source_row']:,}: {row['original']}"
    if report.repeated:
        done = {
            "replace": "replaced by the later one", "union": "joined", "keep": "kept every time",
            "error": "replaced by the later one",
        }[report.policy]  # fmt: skip
        yield f"\n{report.repeated:,} orders stand in more than one source: {done}."
    if report.differing:
        named = listed(report.differing)
        yield f"Warning: {len(report.differing):,} of them differ between sources: {named}"
    if report.shared:
        named = listed(report.shared)
        count = len(report.shared)
        yield f"Warning: {count:,} orders name several customers; each counts for one: {named}"
    if report.identical:
        yield f"{report.identical:,} lines say the same as another of their order; all are kept."


def _grid(card: Analysis, shown: Sequence[str], rows: Iterable[dict[str, Any]]) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    cards = {name: card.columns.get(name, ColumnCard(name, "text")) for name in shown}
    for column in cards.values():
        grid.add_column(column.label, justify="right" if column.unit in _RIGHT else "left")
    for row in rows:
        grid.add_row(*(Text(text(row[name], cards[name])) for name in shown))
    return grid


def _console(stream: IO[str] | None = None) -> Console:
    """Return a console that is not cut to a width when its output goes elsewhere."""
    if stream is not None:
        return Console(file=stream, width=250, markup=False)
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 250)
