"""The story of the data: sources, staged lines, settled orders, star, contracts, reconciliation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core import schema
from regulars.core.errors import WarehouseError
from regulars.engines.duckdb.workspace import open_workspace
from regulars.engines.protocols import Engine, Workspace
from regulars.loads.carry_over_lists import lists_in, save_lists
from regulars.loads.journal import Standing, ledger_of_build, odd_in
from regulars.loads.marts import marts
from regulars.loads.people import save_people, with_forgotten
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.stage import StagedLines, quarantine_of, stage
from regulars.loads.sync_read import Extract
from regulars.transform.orders.reconcile import Tally, as_tallies, check, tallies_of
from regulars.transform.orders.versions import identical_lines
from regulars.transform.star.contract import breaches, cast_to
from regulars.transform.star.contract import check as check_contract
from regulars.transform.star.customers import dim_customer
from regulars.transform.star.dates import dim_date
from regulars.transform.star.orders import customer_keys, dim_order, odd_orders
from regulars.transform.star.products import dim_product
from regulars.transform.star.sales import fact_sales
from regulars.warehouse.ledger import FIRST_LOAD, last_order
from regulars.warehouse.people.policy import PeoplePolicy

if TYPE_CHECKING:
    from ibis.expr.types import Table


def build(
    request: BuildRequest, warehouse: Engine, read: Callable[[Workspace], Extract] | None = None
) -> LoadReport:
    """Build a warehouse from sources, replacing what was there, and return what was loaded.

    `read` takes the place of the order's sources: it reads a shop's database into the workspace.

    Raises SourceError, ContractError or ReconciliationError; the warehouse is then as it was.
    """
    if any(Path(source).resolve() == Path(str(warehouse)).resolve() for source in request.sources):
        raise WarehouseError(f"{warehouse} is one of the sources; name another file with -w.")
    with warehouse.building(memory_limit=request.settings.memory_limit) as workspace:
        request = with_forgotten(request, warehouse)
        lists = lists_in(warehouse, request.settings.memory_limit)
        extract = read(workspace) if read else None
        staged = stage(workspace, request, [extract.lines] if extract else None)
        if extract:
            staged = replace(staged, sources=extract.fingerprinted(staged.sources, FIRST_LOAD))
        names_of = save_people(workspace, staged.sources, request)
        if warehouse.keeps_lists:
            save_lists(workspace, lists, names_of)
        accepted = _split(workspace, staged)
        star = _star(workspace, accepted, request)
        last = last_order(workspace, star["dim_order"])
        if warehouse.keeps_marts:
            request.progress("Answering the headline questions")
            whole = star | {"order_lines": accepted}
            for mart, rows in marts(
                whole.__getitem__, request.conventions, last, request.now
            ).items():
                workspace.save(mart, rows)
        request.progress("Checking keys, types and totals")
        _check_contracts(workspace, star)
        became = _accounted(
            workspace,
            staged,
            tallies_of(star["fact_sales"], "accepted", "net_amount", "kind"),
            tallies_of(workspace.con.table("quarantine"), "quarantined", "amount"),
            tallies_of(workspace.con.table("superseded_lines"), "superseded", "net_amount", "kind"),
        )
        report = _report(request, staged, became, str(warehouse))
        identical = _identical(workspace, accepted, star)
        shared, spread = odd_in(
            workspace.fetch(workspace.con.table("odd_orders").order_by("order_id"))
        )
        report = replace(report, load=FIRST_LOAD, identical=identical, shared=shared, spread=spread)
        standing = Standing.after(report, last).facts(request.settings, request.now)
        ledger = ledger_of_build(report, standing, request.now)
        if extract:
            [source] = report.sources
            ledger["sync_marks"] = [extract.mark(FIRST_LOAD, source.source_id)]
            del ledger["synced_orders"]
            workspace.save("synced_orders", extract.told_by(source.source_id))
        for name, rows in ledger.items():
            workspace.record(name, schema.LEDGER_COLUMNS[name], rows)
        request.progress(f"Publishing to {warehouse}")
    return report


def inspect(request: BuildRequest) -> LoadReport:
    """Return what a build of these sources would load, writing nothing."""
    with open_workspace(memory_limit=request.settings.memory_limit) as workspace:
        staged = stage(
            workspace,
            replace(request, people_policy=PeoplePolicy(replace(request.keyring, is_look=True))),
        )
        outcome = {
            "accepted": staged.accepted,
            "quarantined": staged.quarantined,
            "superseded": staged.superseded,
        }
        told = (tallies_of(rows, name, "net_amount", "kind") for name, rows in outcome.items())
        return _report(request, staged, _accounted(workspace, staged, *told))


def _split(workspace: Workspace, staged: StagedLines) -> "Table":
    """Write the lines to the warehouse, those that stand and those set aside; return the former."""
    judgement = ("reasons", "original", "is_superseded")
    workspace.save("quarantine", quarantine_of(staged.quarantined, staged.sources))
    workspace.save("superseded_lines", staged.superseded.drop(*judgement))
    return workspace.save("order_lines", staged.accepted.drop(*judgement))


def _star(workspace: Workspace, lines: "Table", request: BuildRequest) -> dict[str, "Table"]:
    request.progress("Building dimensions and the sales fact")

    def save(name: str, rows: "Table") -> "Table":
        return workspace.save(name, cast_to(rows, schema.CONTRACTS[name]))

    odd = workspace.save("odd_orders", odd_orders(lines))
    customers = workspace.materialize("stg_customer_keys", customer_keys(lines))
    star = {"dim_product": save("dim_product", dim_product(lines))}
    star["dim_order"] = save("dim_order", dim_order(lines, customers, odd))
    sales = fact_sales(lines, star["dim_order"], star["dim_product"])
    star["fact_sales"] = save("fact_sales", sales)
    first, last = _span(workspace, star["fact_sales"])
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


def _span(workspace: Workspace, sales: "Table") -> tuple[date, date]:
    days = sales.aggregate(first=sales.ordered_on.min(), last=sales.ordered_on.max())
    [row] = workspace.fetch(days)
    return row["first"], row["last"]


def _check_contracts(workspace: Workspace, star: dict[str, "Table"]) -> None:
    for contract in schema.STAR:
        [counts] = workspace.fetch(breaches(star, contract))
        check_contract(contract.name, star[contract.name].schema(), counts, contract)


def _accounted(workspace: Workspace, staged: StagedLines, *outcomes: "Table") -> list[Tally]:
    """Return what became of what was read. Raises ReconciliationError where it is not all of it."""
    became = [tally for outcome in outcomes for tally in as_tallies(workspace.fetch(outcome))]
    check(staged.read, became, {source.source_id: source.name for source in staged.sources})
    return became


def _report(
    request: BuildRequest,
    staged: StagedLines,
    became: list[Tally],
    warehouse: str | None = None,
) -> LoadReport:
    return LoadReport(
        warehouse=warehouse,
        conventions=request.conventions.name,
        sources=staged.sources,
        tallies=[*staged.read, *became],
        reasons=staged.reasons,
        examples=staged.examples,
        repeated=staged.repeated,
        differing=staged.differing,
        policy=staged.policy,
    )


def _identical(workspace: Workspace, lines: "Table", star: dict[str, "Table"]) -> int:
    """Return how many accepted lines say the same as another of their order and source."""
    sales, orders = star["fact_sales"], star["dim_order"]
    # The keys of the fact make it cheap to find the few orders worth comparing in full.
    alike = ["order_key", "product_key", "quantity", "unit_price", "source_id"]
    groups = sales.group_by(alike).aggregate(times=sales.count())
    suspects = orders.semi_join(groups.filter(groups.times > 1), "order_key")
    [found] = workspace.fetch(identical_lines(lines, suspects.select("order_id")))
    return int(found["lines"])
