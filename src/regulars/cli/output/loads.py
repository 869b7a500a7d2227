"""What the terminal shows of loads: what came in, what became of it, what it changed."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING, Any

from rich.table import Table as Grid
from rich.text import Text

from regulars.cli.output.tables import screen
from regulars.core.formatting import counted, exact, much_set_aside
from regulars.core.schema import KINDS
from regulars.loads.report import remarks
from regulars.transform.staging.rules import SEPARATOR

if TYPE_CHECKING:
    from regulars.loads.forget import Forgotten
    from regulars.loads.report import LoadReport
    from regulars.warehouse.quarantine import Reason


def print_load(report: "LoadReport") -> None:
    """Show what came in, how it was read, what was set aside and why, and that it adds up."""
    out = screen()
    out.print(Text("What came in", style="bold"))
    for source in report.sources:
        rows = counted(source.rows, "row", "rows")
        out.print(f"  {source.name}: {rows}, profile {source.mapping.profile.name}")
        out.print(Text(f"    {source.mapping.describe()}", style="dim"))
        out.print(Text(f"    {source.describe()}", style="dim"))
        if source.mapping.people and source.mapping.people.columns:
            apart = ", ".join(source.mapping.people.columns)
            out.print(Text(f"    kept apart, in people: {apart}", style="dim"))
    out.print()
    out.print(_reconciliation(report))
    for line in _changes(report):
        out.print(Text(line))
    doubt = much_set_aside(report.total("quarantined")[0], report.total("read")[0])
    if doubt and not report.warnings:
        out.print(Text(f"\nWarning: {doubt}, and no figure counts them.", style="bold red"))
    for line in _set_aside(report):
        out.print(Text(line))


def _changes(report: "LoadReport") -> Iterable[str]:
    """Say what a load did to the orders, where it met a warehouse that was there."""
    for source in report.sources:
        if not source.rows:
            yield f"\n{source.name} has a heading but no rows."
    for name, twin in report.same.items():
        yield f"\n{name} says what {twin} has said: nothing of it is new."
    counts = vars(report.orders)
    if any(counts.values()):
        told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        yield f"\nOrders: {told}."
    elif report.load > 1 and not report.same:
        yield "\nNo order has changed."
    for warning in report.warnings:
        yield f"Warning: {warning}"


def print_changes(report: "LoadReport") -> None:
    """Show what became of rows and orders that were there before."""
    out = screen()
    sums: dict[str, tuple[int, Decimal]] = {}
    for tally in report.tallies:
        rows, money = sums.get(tally.outcome, (0, Decimal(0)))
        sums[tally.outcome] = (rows + tally.rows, money + tally.amount)
    for outcome, (rows, money) in sums.items():
        if rows or money:
            out.print(f"  {outcome}: {rows:+,} rows, {money:+,.2f}")
    for line in _changes(report):
        out.print(Text(line))
    for line in _set_aside(report):
        out.print(Text(line))


def print_round(
    report: "LoadReport", shop: tuple[int, int, Decimal], warehouse: tuple[int, int, Decimal]
) -> None:
    """Show what a sync changed, and that the warehouse holds what the shop does."""
    out = screen()
    told = ", ".join(f"{count:,} {what}" for what, count in vars(report.orders).items() if count)
    what = f"{report.total('accepted')[0]:,} lines" if report.load == 1 else told or "nothing new"
    out.print(Text(f"Load {report.load}: {what}", style="bold"))
    for name, (orders, lines, worth) in (("the shop", shop), ("the warehouse", warehouse)):
        out.print(f"  {name:<14}{orders:>8,} orders {lines:>9,} lines {worth:>18,.4f}")
    if shop != warehouse:
        out.print(Text("  They differ.", style="bold red"))


def print_forgotten(gone: "Forgotten") -> None:
    """Show in how many rows somebody was named, and where it was looked for what is left."""
    out = screen()
    for table, rows in gone.changed.items():
        out.print(f"  {table}: {counted(rows, 'row named them', 'rows named them')}")
    print_changes(gone.report)
    columns = counted(sum(map(len, gone.searched.values())), "column", "columns")
    out.print(Text(f"\nNothing is left in {columns} of text of {len(gone.searched)} tables:"))
    out.print(Text(f"  {', '.join(gone.searched)}", style="dim"))
    if gone.shared:
        held = counted(gone.shared, "value of theirs is", "values of theirs are")
        out.print(Text(f"{held} held of other people, too, and stay there."))
    out.print(Text("Their sales count as those of a guest."))


def print_loads(loads: Sequence[Mapping[str, Any]]) -> None:
    """Show every load, the latest last."""
    out = screen()
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    for label in ("Load", "When", "What", "Sources"):
        grid.add_column(label, justify="right" if label == "Load" else "left")
    for label in ("Rows read", "Accepted", "Money", "New", "Changed", "Unchanged", "Removed"):
        grid.add_column(label, justify="right", no_wrap=True)
    for load in loads:
        what = f"{load['operation']} of {load['undoes']}" if load["undoes"] else load["operation"]
        what += " (taken back)" if load["is_undone"] else ""
        figures = ("read", "accepted", "orders_new", "orders_changed", "orders_unchanged",
                   "orders_removed")  # fmt: skip
        read, accepted, *orders = (f"{load[name] or 0:,}" for name in figures)
        grid.add_row(
            str(load["load_id"]), f"{load['loaded_at']:%Y-%m-%d %H:%M}", what, load["sources"],
            read, accepted, f"{load['money'] or 0:,.2f}", *orders,
        )  # fmt: skip
    out.print(grid)


def print_quarantine(found: "Sequence[Reason]", place: str) -> None:
    """Show why rows were set aside, how many, and the first of each."""
    out = screen()
    if not found:
        out.print("No row waits to be mended.")
    for one in found:
        out.print(Text(f"{one.rows:,}  {one.reason}", style="bold"))
        out.print(Text(f"    {one.source}, row {one.source_row:,}: {one.original}", style="dim"))
    if found:
        out.print(
            f"\nAll of them, to be mended:  regulars quarantine -w {quote(place)} -o rows.xlsx"
        )


def _reconciliation(report: "LoadReport") -> Grid:
    lines = [("Read", report.total("read"))]
    for kind in KINDS:
        if report.total("accepted", kind)[0]:
            lines.append((f"  accepted: {kind}", report.total("accepted", kind)))
    lines.append(("  quarantined", report.total("quarantined")))
    lines.append(("  replaced by a later source", report.total("superseded")))
    if report.total("unchanged")[0]:
        lines.append(("  unchanged: there already", report.total("unchanged")))
    parts = [report.total(o) for o in ("accepted", "quarantined", "superseded", "unchanged")]
    left = (
        report.total("read")[0] - sum(rows for rows, _ in parts),
        report.total("read")[1] - sum((amount for _, amount in parts), Decimal(0)),
    )
    lines.append(("Left over", left))
    return _adding_up(lines, color="" if not any(left) else "red")


def _adding_up(lines: "Sequence[tuple[str, tuple[int, Decimal]]]", color: str) -> Grid:
    """Return lines of rows and money with all of their decimals, so that a reader can add up."""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    grid.add_column("Reconciliation")
    grid.add_column("rows", justify="right", no_wrap=True)
    grid.add_column("money", justify="right", no_wrap=True)
    amounts = exact([amount for _, (_, amount) in lines])
    for number, ((label, (rows, _)), amount) in enumerate(zip(lines, amounts, strict=True)):
        weight = "bold" if number in (0, len(lines) - 1) else ""
        grid.add_row(label, f"{rows:,}", amount, style=f"{weight} {color}".strip())
    return grid


def _set_aside(report: "LoadReport") -> Iterable[str]:
    if report.reasons:
        yield "\nQuarantined, by reason (a row may have several)"
        yield from (f"  {rows:,}  {reason}" for reason, rows in report.reasons.most_common())
        yield "For instance"
        for row in report.examples:
            reasons = row["reasons"].replace(SEPARATOR, " ")
            yield f"  {row['source']}, row {row['source_row']:,}: {reasons} {row['original']}"
        if report.warehouse is not None:
            yield "All of them stand in the table quarantine of the warehouse."
    for n, remark in enumerate(remarks(report)):
        yield ("\n" if n == 0 and report.repeated else "") + str(remark)
