"""Build a warehouse: sources -> staged lines -> star -> contracts -> reconciliation -> ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core import schema
from regulars.core.errors import WarehouseError
from regulars.engines.duckdb.workspace import open_workspace
from regulars.engines.protocols import Engine, Workspace
from regulars.loads.carry_over_lists import read_lists, save_lists
from regulars.loads.entered_tables import read_entered, save_entered
from regulars.loads.marts import marts
from regulars.loads.match_corrections import (
    build_corrections,
    find_corrections,
    rules_of_build,
    within_days,
)
from regulars.loads.merge_customers import build_merges
from regulars.loads.people import save_people, with_forgotten
from regulars.loads.quarantine import quarantine_rows
from regulars.loads.report import LoadReport, OrderChanges
from regulars.loads.request import BuildRequest
from regulars.loads.stage import StagedLines, stage
from regulars.loads.sync_read import Extract
from regulars.loads.write_ledger import WarehouseSummary, ledger_of_build, split_odd_orders
from regulars.transform.orders.corrections import with_corrections
from regulars.transform.orders.reconcile import LedgerEntry, check_balance, entries_of, to_entries
from regulars.transform.orders.versions import identical_lines
from regulars.transform.star.contract import cast_to, check_contract, count_breaches
from regulars.transform.star.customers import dim_customer
from regulars.transform.star.dates import dim_date
from regulars.transform.star.merges import by_person
from regulars.transform.star.orders import customer_keys, dim_order, odd_orders
from regulars.transform.star.products import dim_product
from regulars.transform.star.sales import fact_sales
from regulars.warehouse.ledger import FIRST_LOAD, last_order_day
from regulars.warehouse.people.policy import PeoplePolicy

if TYPE_CHECKING:
    from ibis.expr.types import Table

    Tables = Mapping[str, Table]

PREVIEWED_LINES = 5


def build(
    request: BuildRequest, warehouse: Engine, read: Callable[[Workspace], Extract] | None = None
) -> LoadReport:
    """Build a warehouse from sources, replacing an existing one, and return what was loaded.

    `read` reads a shop's database into the workspace, instead of the sources of the request.

    Raises SourceError, ContractError or ReconciliationError, with an existing warehouse unchanged.
    """
    _check_is_no_source(warehouse, request)
    with warehouse.open_workspace(memory_limit=request.settings.memory_limit) as workspace:
        request = with_forgotten(request, warehouse)
        lists = read_lists(warehouse, request.settings.memory_limit)
        entered = read_entered(warehouse, request.settings.memory_limit)
        extract = read(workspace) if read else None
        staged = stage(workspace, request, [extract.lines] if extract else None)
        if extract:
            staged = replace(staged, sources=extract.fingerprinted(staged.sources, FIRST_LOAD))
        pseudonym = save_people(workspace, staged.sources, request)
        if warehouse.supports_lists:
            save_lists(workspace, lists, pseudonym)
            save_entered(workspace, entered)
        lines = _save_lines(workspace, staged)
        merges = build_merges(workspace, staged.sources, request, lines)
        persons = by_person(lines, merges.table if merges else None)
        rules = rules_of_build(request, staged.sources)
        corrections = build_corrections(workspace, lines, rules)
        star = _build_star(workspace, persons, corrections, request, staged.empty_columns)
        last = last_order_day(workspace, star["dim_order"])
        if warehouse.stores_marts:
            others = {"order_lines": lines, "corrections": workspace.table("corrections")}
            _save_marts(workspace, star | others, request, last)
        request.progress("Checking keys, types and totals")
        _check_built_star(workspace, star)
        entries = _reconcile_tables(workspace, staged, star["fact_sales"])
        report = _report(request, staged, entries)
        report = replace(report, warehouse=str(warehouse), load=FIRST_LOAD)
        report = _with_order_details(workspace, report, lines, star)
        report = replace(report, merged=merges.summary if merges else None)
        report = _with_corrections(workspace, report, corrections)
        _save_ledger(workspace, request, report, last, extract)
        request.progress(f"Publishing to {warehouse}")
    return report


def inspect(request: BuildRequest) -> LoadReport:
    """Return what a build from these sources would load, without writing anything."""
    with open_workspace(memory_limit=request.settings.memory_limit) as workspace:
        policy = PeoplePolicy(replace(request.keyring, is_dry_run=True))
        request = replace(request, people=policy)
        staged = stage(workspace, request)
        rules = rules_of_build(request, staged.sources)
        corrections = find_corrections(workspace, staged.accepted, rules)
        if corrections is not None:
            corrections = workspace.materialize("stg_corrections", corrections)
        outcomes = {
            "accepted": with_corrections(staged.accepted, corrections),
            "quarantined": staged.quarantined,
            "superseded": staged.superseded,
        }
        entries = (entries_of(rows, name, "net_amount", "kind") for name, rows in outcomes.items())
        report = _report(request, staged, _reconcile(workspace, staged, *entries))
        merges = build_merges(workspace, staged.sources, request, staged.accepted)
        report = replace(report, merged=merges.summary if merges else None)
        report = _with_corrections(workspace, report, corrections)
        return _with_preview(workspace, report, staged)


def _check_is_no_source(warehouse: Engine, request: BuildRequest) -> None:
    location = Path(str(warehouse)).resolve()
    if any(Path(source).resolve() == location for source in request.sources):
        raise WarehouseError(f"{warehouse} is one of the sources. Choose another file with -w.")


def _save_lines(workspace: Workspace, staged: StagedLines) -> "Table":
    """Save the accepted, quarantined and superseded lines, and return the accepted ones."""
    added = ("reasons", "original", "is_superseded")
    workspace.save("quarantine", quarantine_rows(staged.quarantined, staged.sources))
    workspace.save("superseded_lines", staged.superseded.drop(*added))
    return workspace.save("order_lines", staged.accepted.drop(*added))


def _build_star(
    workspace: Workspace,
    lines: "Table",
    corrections: "Table | None",
    request: BuildRequest,
    empty: Sequence[str],
) -> "dict[str, Table]":
    request.progress("Building dimensions and the sales fact")

    def save(name: str, rows: "Table") -> "Table":
        return workspace.save(name, cast_to(rows, schema.CONTRACTS[name]))

    odd = workspace.save("odd_orders", odd_orders(lines, empty=empty))
    customers = workspace.materialize("stg_customer_keys", customer_keys(lines))
    star = {"dim_product": save("dim_product", dim_product(lines, empty=empty))}
    counted = with_corrections(lines, corrections)
    odd_lines = workspace.materialize("stg_odd_lines", lines.semi_join(odd, "order_id"))
    orders = dim_order(counted, customers, odd_lines, empty=empty)
    star["dim_order"] = save("dim_order", orders)
    sales = fact_sales(counted, star["dim_order"], star["dim_product"])
    star["fact_sales"] = save("fact_sales", sales)
    first, last = _first_and_last_day(workspace, star["fact_sales"])
    calendar = dim_date(first, last, fiscal_year_start=request.settings.fiscal_year_start)
    star["dim_date"] = save("dim_date", calendar)
    members = dim_customer(
        customers,
        star["dim_order"],
        star["fact_sales"],
        high_value_percentile=request.settings.high_value_percentile,
    )
    star["dim_customer"] = save("dim_customer", members)
    return star


def _first_and_last_day(workspace: Workspace, sales: "Table") -> tuple[date, date]:
    days = sales.aggregate(first=sales.ordered_on.min(), last=sales.ordered_on.max())
    [row] = workspace.fetch(days)
    return row["first"], row["last"]


def _save_marts(
    workspace: Workspace, tables: "Tables", request: BuildRequest, last: date | None
) -> None:
    request.progress("Computing headline figures")
    answers = marts(tables.__getitem__, request.conventions, last, request.now)
    for mart, rows in answers.items():
        workspace.save(mart, rows)


def _check_built_star(workspace: Workspace, star: "Tables") -> None:
    for contract in schema.STAR:
        [counts] = workspace.fetch(count_breaches(star, contract))
        check_contract(contract.name, star[contract.name].schema(), counts, contract)


def _reconcile_tables(
    workspace: Workspace, staged: StagedLines, sales: "Table"
) -> list[LedgerEntry]:
    """Return ledger entries of the tables written. Raises ReconciliationError."""
    quarantine, superseded = map(workspace.table, ("quarantine", "superseded_lines"))
    return _reconcile(
        workspace,
        staged,
        entries_of(sales, "accepted", "net_amount", "kind"),
        entries_of(quarantine, "quarantined", "amount"),
        entries_of(superseded, "superseded", "net_amount", "kind"),
    )


def _reconcile(workspace: Workspace, staged: StagedLines, *outcomes: "Table") -> list[LedgerEntry]:
    """Return ledger entries of all outcomes. Raises ReconciliationError if rows are missing."""
    entries = [entry for outcome in outcomes for entry in to_entries(workspace.fetch(outcome))]
    check_balance(
        staged.read, entries, {source.source_id: source.name for source in staged.sources}
    )
    return entries


def _report(request: BuildRequest, staged: StagedLines, entries: list[LedgerEntry]) -> LoadReport:
    return LoadReport(
        warehouse=None,
        conventions=request.conventions.name,
        sources=staged.sources,
        entries=[*staged.read, *entries],
        reasons=staged.reasons,
        examples=staged.examples,
        repeated=staged.repeated,
        differing=staged.differing,
        policy=staged.policy,
        in_stores=staged.in_stores,
        corrections_within=within_days(request, staged.sources),
    )


def _with_corrections(
    workspace: Workspace, report: LoadReport, corrections: "Table | None"
) -> LoadReport:
    """Return the report with how many orders a credit cancels."""
    if corrections is None:
        return report
    [row] = workspace.fetch(corrections.aggregate(orders=corrections.count()))
    return replace(report, corrections=row["orders"])


def _with_order_details(
    workspace: Workspace, report: LoadReport, lines: "Table", star: "Tables"
) -> LoadReport:
    """Return the report with its identical lines and odd orders."""
    odd = workspace.fetch(workspace.table("odd_orders").order_by("order_id"))
    shared, spread = split_odd_orders(odd)
    identical = _count_identical(workspace, lines, star)
    return replace(report, identical=identical, shared=shared, spread=spread)


def _with_preview(workspace: Workspace, report: LoadReport, staged: StagedLines) -> LoadReport:
    """Return the report with what a build would add to it, and the first lines as read."""
    lines = staged.accepted
    odd = workspace.fetch(odd_orders(lines, empty=staged.empty_columns))
    shared, spread = split_odd_orders(odd)
    keys = ["order_id", "product_id", "quantity", "unit_price", "source_id"]
    groups = lines.group_by(keys).aggregate(times=lines.count())
    suspects = groups.filter(groups.times > 1).select("order_id").distinct()
    [row] = workspace.fetch(identical_lines(lines, suspects))
    first = (
        lines.filter(lines.source_row > 0)
        .order_by("source_id", "source_row")
        .limit(PREVIEWED_LINES)
    )
    return replace(
        report,
        identical=int(row["lines"]),
        shared=shared,
        spread=spread,
        preview=workspace.fetch(
            first.select("source_row", *schema.LINE_COLUMNS, "net_amount", "kind")
        ),
    )


def _count_identical(workspace: Workspace, lines: "Table", star: "Tables") -> int:
    """Return how many accepted lines are identical to another of their order and source."""
    sales = star["fact_sales"]
    # The keys of the fact cheaply find the few lines to compare in full.
    keys = ["order_key", "product_key", "quantity", "unit_price", "source_id"]
    groups = sales.group_by(keys).aggregate(times=sales.count())
    suspects = sales.semi_join(groups.filter(groups.times > 1), keys)
    [row] = workspace.fetch(identical_lines(lines, suspects.select("source_id", "source_row")))
    return int(row["lines"])


def _save_ledger(
    workspace: Workspace,
    request: BuildRequest,
    report: LoadReport,
    last: date | None,
    extract: Extract | None,
) -> None:
    """Save the ledger of a new warehouse, with the orders and the mark of its first sync."""
    summary = WarehouseSummary.after_build(report, last)
    report = replace(report, orders=OrderChanges(new=workspace.count("dim_order")))
    ledger = ledger_of_build(report, summary.facts(request.settings, request.now), request)
    if extract:
        [source] = report.sources
        ledger["sync_marks"] = [extract.mark(FIRST_LOAD, source.source_id)]
        del ledger["synced_orders"]
        workspace.save("synced_orders", extract.synced_orders(source.source_id))
    for name, rows in ledger.items():
        workspace.save_rows(name, schema.LEDGER_COLUMNS[name], rows)
