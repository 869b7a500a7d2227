"""Terminal output for loads: sources, reconciliation, changes and quarantined rows."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING, Any

from rich.table import Table as Grid
from rich.text import Text

from regulars.cli.output.tables import console
from regulars.core.formatting import counted, exact, quarantine_warning
from regulars.core.kinds import KINDS
from regulars.loads.report import remarks
from regulars.transform.orders.reconcile import ORDER_REFUNDS
from regulars.transform.staging.rules import SEPARATOR

if TYPE_CHECKING:
    from regulars.loads.forget import Forgotten
    from regulars.loads.read_states import StateSurvey
    from regulars.loads.report import LoadReport
    from regulars.warehouse.quarantine import Reason


def print_load(report: "LoadReport") -> None:
    """Print the sources of a load, how they reconcile, what changed and what is quarantined."""
    out = console()
    out.print(Text("Sources", style="bold"))
    for source in report.sources:
        rows = counted(source.rows, "row", "rows")
        out.print(f"  {source.name}: {rows}, profile {source.mapping.profile.name}")
        out.print(Text(f"    {source.mapping.describe()}", style="dim"))
        out.print(Text(f"    {source.describe()}", style="dim"))
        for joined in source.joined:
            out.print(Text(f"    with {joined}", style="dim"))
        if source.mapping.people and source.mapping.people.columns:
            columns = ", ".join(source.mapping.people.columns)
            out.print(Text(f"    personal data, stored separately: {columns}", style="dim"))
    for source in report.sources:
        for survey in source.states:
            out.print(
                Text(f"\n{survey.column} in {source.name}: how each value counts", style="bold")
            )
            out.print(_survey(survey))
    out.print()
    if report.preview:
        out.print(Text("First lines, as read", style="bold"))
        out.print(_preview(report))
        out.print()
    out.print(_reconciliation(report))
    for line in _changes(report):
        out.print(Text(line))
    warning = quarantine_warning(report.unreadable, report.total("read")[0])
    if warning and not report.warnings:
        out.print(Text(f"\nWarning: {warning}. No figure includes them.", style="bold red"))
    for line in _quarantined(report):
        out.print(Text(line))


def _changes(report: "LoadReport") -> Iterable[str]:
    """Yield what a load changed in an existing warehouse, and its warnings."""
    for source in report.sources:
        if not source.rows:
            yield f"\n{source.name} has a header but no rows."
    for name, earlier in report.duplicates.items():
        yield f"\n{name} has the same content as {earlier}. Nothing new to load."
    if orders := _order_changes(report):
        yield f"\nOrders: {orders}."
    elif report.load > 1 and not report.duplicates:
        yield "\nNo orders changed."
    for warning in report.warnings:
        yield f"Warning: {warning}"


def _order_changes(report: "LoadReport") -> str:
    return ", ".join(f"{count:,} {name}" for name, count in vars(report.orders).items() if count)


def print_changes(report: "LoadReport") -> None:
    """Print what changed in rows and orders that were in the warehouse before."""
    out = console()
    totals: dict[str, tuple[int, Decimal]] = {}
    for entry in report.entries:
        rows, amount = totals.get(entry.outcome, (0, Decimal(0)))
        totals[entry.outcome] = (rows + entry.rows, amount + entry.amount)
    for outcome, (rows, amount) in totals.items():
        if rows or amount:
            unit = "row" if abs(rows) == 1 else "rows"
            out.print(f"  {outcome}: {rows:+,} {unit}, {amount:+,.2f}")
    for line in _changes(report):
        out.print(Text(line))
    for line in _quarantined(report):
        out.print(Text(line))


def print_round(
    report: "LoadReport", shop: tuple[int, int, Decimal], warehouse: tuple[int, int, Decimal]
) -> None:
    """Print what a sync changed, and the totals of the shop next to those of the warehouse."""
    out = console()
    accepted = f"{report.total('accepted')[0]:,} lines"
    changes = accepted if report.load == 1 else _order_changes(report) or "no changes"
    out.print(Text(f"Load {report.load}: {changes}", style="bold"))
    for name, (orders, lines, amount) in (("shop", shop), ("warehouse", warehouse)):
        out.print(f"  {name:<12}{orders:>8,} orders {lines:>9,} lines {amount:>18,.4f}")
    if shop != warehouse:
        out.print(Text("  The warehouse does not match the shop.", style="bold red"))


def print_forgotten(forgotten: "Forgotten") -> None:
    """Print how many rows named the customer, and which tables were searched afterwards."""
    out = console()
    for table, rows in forgotten.changed.items():
        out.print(f"  {table}: customer removed from {counted(rows, 'row', 'rows')}")
    print_changes(forgotten.report)
    columns = counted(sum(map(len, forgotten.searched.values())), "text column", "text columns")
    tables = counted(len(forgotten.searched), "table", "tables")
    out.print(Text(f"\nVerified: no trace of the customer in {columns} of {tables}:"))
    out.print(Text(f"  {', '.join(forgotten.searched)}", style="dim"))
    if forgotten.shared:
        values = counted(forgotten.shared, "value", "values")
        out.print(Text(f"{values} also stored for other people: left in place."))
    out.print(Text("The customer's sales are now guest sales."))


def print_loads(loads: Sequence[Mapping[str, Any]]) -> None:
    """Print every load, latest last."""
    out = console()
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    dated = ["As of"] if any(load["as_of"] for load in loads) else []
    for label in ("Load", "Loaded", *dated, "Operation", "By", "Sources"):
        grid.add_column(label, justify="right" if label == "Load" else "left")
    for label in ("Rows read", "Accepted", "Amount", "New", "Changed", "Unchanged", "Removed"):
        grid.add_column(label, justify="right", no_wrap=True)
    for load in loads:
        operation = load["operation"] + (f" of {load['undoes']}" if load["undoes"] else "")
        operation += " (undone)" if load["is_undone"] else ""
        numbers = ("read", "accepted", "orders_new", "orders_changed", "orders_unchanged",
                   "orders_removed")  # fmt: skip
        read, accepted, *orders = (f"{load[name] or 0:,}" for name in numbers)
        as_of = [str(load["as_of"] or "")] if dated else []
        grid.add_row(
            str(load["load_id"]), f"{load['loaded_at']:%Y-%m-%d %H:%M}", *as_of, operation,
            load["author"],
            load["sources"], read, accepted, f"{load['money'] or 0:,.2f}", *orders,
        )  # fmt: skip
    out.print(grid)


def print_quarantine(reasons: "Sequence[Reason]", warehouse: str) -> None:
    """Print each reason for quarantine with its number of rows and the first of them."""
    out = console()
    if not reasons:
        out.print("No rows need fixing.")
        return
    for one in reasons:
        out.print(Text(f"{one.rows:,}  {one.reason}", style="bold"))
        out.print(Text(f"    {one.source}, row {one.source_row:,}: {one.original}", style="dim"))
    out.print(
        f"\nExport all rows to fix them:  regulars quarantine -w {quote(warehouse)} -o rows.xlsx"
    )


def _reconciliation(report: "LoadReport") -> Grid:
    """Return rows and amounts by outcome, and what remains unaccounted for."""
    lines = [("Read", report.total("read"))]
    if report.total("read", ORDER_REFUNDS)[0]:
        lines.append(("  of which refunds stated per order", report.total("read", ORDER_REFUNDS)))
    for kind in KINDS:
        if report.total("accepted", kind)[0]:
            lines.append((f"  accepted: {kind}", report.total("accepted", kind)))
    lines.append(("  quarantined", report.total("quarantined")))
    lines.append(("  superseded by a later source", report.total("superseded")))
    if report.total("unchanged")[0]:
        lines.append(("  unchanged, already loaded", report.total("unchanged")))
    parts = [report.total(o) for o in ("accepted", "quarantined", "superseded", "unchanged")]
    difference = (
        report.total("read")[0] - sum(rows for rows, _ in parts),
        report.total("read")[1] - sum((amount for _, amount in parts), Decimal(0)),
    )
    lines.append(("Difference", difference))
    color = "red" if any(difference) else ""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    grid.add_column("Reconciliation")
    grid.add_column("Rows", justify="right", no_wrap=True)
    grid.add_column("Amount", justify="right", no_wrap=True)
    amounts = exact([amount for _, (_, amount) in lines])
    for number, ((label, (rows, _)), amount) in enumerate(zip(lines, amounts, strict=True)):
        weight = "bold" if number in (0, len(lines) - 1) else ""
        grid.add_row(label, f"{rows:,}", amount, style=f"{weight} {color}".strip())
    return grid


def _survey(survey: "StateSurvey") -> Grid:
    """Return what the values of a state column count as."""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2), show_header=False)
    for justify in ("left", "left", "right", "right", "left"):
        grid.add_column(justify=justify)
    for count in survey.counts:
        value, rows = count.value or "(blank)", counted(count.rows, "row", "rows")
        cells = (f"  {value}", count.kind, rows, f"{count.amount:,.2f}", count.because)
        grid.add_row(*map(Text, cells), style="" if count.is_known else "red")
    return grid


_SHOWN = {
    "source_row": "Row", "order_id": "Order", "ordered_at": "Date", "customer_id": "Customer",
    "product_id": "Product", "product_name": "Name", "quantity": "Quantity", "unit_price": "Price",
    "discount": "Discount", "net_amount": "Amount", "kind": "Kind",
}  # fmt: skip
"""The columns of the preview, and their headers."""


def _preview(report: "LoadReport") -> Grid:
    """Return the first lines as a table, without the columns that no line has."""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2))
    shown = [name for name in _SHOWN if any(line[name] not in (None, 0) for line in report.preview)]
    for name in shown:
        is_number = isinstance(report.preview[0][name], int | Decimal)
        grid.add_column(_SHOWN[name], justify="right" if is_number else "left")
    columns = [_cells(name, [line[name] for line in report.preview]) for name in shown]
    for cells in zip(*columns, strict=True):
        grid.add_row(*map(Text, cells))
    return grid


def _cells(name: str, values: Sequence[Any]) -> list[str]:
    """Return a column as text; prices and amounts all with the decimals that the finest needs."""
    if name in ("unit_price", "net_amount"):
        given = iter(exact([value for value in values if value is not None]))
        return ["" if value is None else next(given) for value in values]
    return [_cell(value) for value in values]


def _cell(value: object) -> str:
    """Return a value without needless zeros: 2 for 2.000, 2025-01-03 for its midnight."""
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    return "" if value is None else str(value).removesuffix(" 00:00:00")


def _quarantined(report: "LoadReport") -> Iterable[str]:
    """Yield the reasons for quarantine with examples, and remarks on orders."""
    if report.reasons:
        yield "\nQuarantined rows by reason (a row can have several)"
        yield from (f"  {rows:,}  {reason}" for reason, rows in report.reasons.most_common())
        yield "Examples"
        for row in report.examples:
            reasons = row["reasons"].replace(SEPARATOR, " ")
            yield f"  {row['source']}, row {row['source_row']:,}: {reasons} {row['original']}"
        if report.warehouse is not None:
            yield "All quarantined rows are in the quarantine table."
    for n, remark in enumerate(remarks(report)):
        yield ("\n" if n == 0 and report.repeated else "") + str(remark)
