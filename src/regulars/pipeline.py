"""The story of the data: sources, staged lines, settled orders, star, contracts, reconciliation."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars import tables
from regulars.catalog import find
from regulars.define import Star
from regulars.engines.base import Engine, Workshop
from regulars.engines.duckdb import workshop
from regulars.errors import WarehouseError
from regulars.ledger import LoadReport, last_order, write_ledger
from regulars.staged import Order, Staged, quarantine_of, stage
from regulars.staging.reconcile import Tally, as_tallies, check, tallies_of
from regulars.staging.repeats import identical_lines
from regulars.star.contract import breaches, cast_to
from regulars.star.contract import check as check_contract
from regulars.star.customers import dim_customer
from regulars.star.dates import dim_date
from regulars.star.orders import customer_keys, dim_order, odd_orders
from regulars.star.products import dim_product
from regulars.star.sales import fact_sales

if TYPE_CHECKING:
    from ibis.expr.types import Table

ODD_ORDERS = "stg_odd_orders"


def build(order: Order, warehouse: Engine) -> LoadReport:
    """Build a warehouse from sources, replacing what was there, and return what was loaded.

    Raises SourceError, ContractError or ReconciliationError; the warehouse is then as it was.
    """
    if any(Path(source).resolve() == Path(str(warehouse)).resolve() for source in order.sources):
        raise WarehouseError(f"{warehouse} is one of the sources; name another file with -w.")
    with warehouse.building(memory_limit=order.settings.memory_limit) as shop:
        staged = stage(shop, order)
        accepted = _split(shop, staged)
        star = _star(shop, accepted, order)
        last = last_order(shop, star["dim_order"])
        if warehouse.keeps_marts:
            _marts(shop, star, order, last)
        order.progress("Checking keys, types and totals")
        _check_contracts(shop, star)
        became = _accounted(
            shop,
            staged,
            tallies_of(star["fact_sales"], "accepted", "net_amount", "kind"),
            tallies_of(shop.con.table("quarantine"), "quarantined", "amount"),
            tallies_of(shop.con.table("replaced_lines"), "replaced", "net_amount", "kind"),
        )
        identical = _identical(shop, accepted, star)
        odd = shop.fetch(shop.con.table(ODD_ORDERS))
        report = _report(order, staged, became, str(warehouse), identical, odd)
        write_ledger(shop, report, order.settings, order.now, last)
        order.progress(f"Publishing to {warehouse}")
    return report


def inspect(order: Order) -> LoadReport:
    """Return what a build of these sources would load, writing nothing."""
    with workshop(memory_limit=order.settings.memory_limit) as shop:
        staged = stage(shop, order)
        outcome = {
            "accepted": staged.accepted,
            "quarantined": staged.quarantined,
            "replaced": staged.replaced,
        }
        told = (tallies_of(rows, name, "net_amount", "kind") for name, rows in outcome.items())
        return _report(order, staged, _accounted(shop, staged, *told))


def _split(shop: Workshop, staged: Staged) -> "Table":
    """Keep what is set aside in the warehouse; return the accepted lines."""
    judgement = ("reasons", "original", "is_replaced")
    shop.save("quarantine", quarantine_of(staged.quarantined, staged.sources))
    shop.save("replaced_lines", staged.replaced.drop(*judgement))
    return staged.accepted.drop(*judgement)


def _star(shop: Workshop, lines: "Table", order: Order) -> dict[str, "Table"]:
    order.progress("Building dimensions and the sales fact")

    def save(name: str, rows: "Table") -> "Table":
        return shop.save(name, cast_to(rows, tables.PROMISES[name]))

    shop.keep(ODD_ORDERS, odd_orders(lines))
    customers = shop.keep("stg_customer_keys", customer_keys(lines))
    star = {"dim_product": save("dim_product", dim_product(lines))}
    odd = shop.con.table(ODD_ORDERS)
    star["dim_order"] = save("dim_order", dim_order(lines, customers, odd))
    sales = fact_sales(lines, star["dim_order"], star["dim_product"])
    star["fact_sales"] = save("fact_sales", sales)
    first, last = _span(shop, star["fact_sales"])
    calendar = dim_date(first, last, fiscal_year_start=order.settings.fiscal_year_start)
    star["dim_date"] = save("dim_date", calendar)
    members = dim_customer(
        customers,
        star["dim_order"],
        star["fact_sales"],
        high_value_percentile=order.settings.high_value_percentile,
    )
    star["dim_customer"] = save("dim_customer", members)
    return star


def _marts(shop: Workshop, star: dict[str, "Table"], order: Order, last: date | None) -> None:
    """Keep the headline answers as tables, as of the day after the last order."""
    order.progress("Answering the headline questions")
    as_of = order.conventions.snapshot_after(last or order.now.date())
    asked = Star.of(star.__getitem__, as_of, order.conventions)
    for mart, analysis in tables.MARTS.items():
        shop.save(mart, find(analysis)(asked))


def _span(shop: Workshop, sales: "Table") -> tuple[date, date]:
    days = sales.aggregate(first=sales.ordered_on.min(), last=sales.ordered_on.max())
    [row] = shop.fetch(days)
    return row["first"], row["last"]


def _check_contracts(shop: Workshop, star: dict[str, "Table"]) -> None:
    for promise in tables.STAR:
        [counts] = shop.fetch(breaches(star, promise))
        check_contract(promise.name, star[promise.name].schema(), counts, promise)


def _accounted(shop: Workshop, staged: Staged, *outcomes: "Table") -> list[Tally]:
    """Return what became of what was read. Raises ReconciliationError where it is not all of it."""
    became = [tally for outcome in outcomes for tally in as_tallies(shop.fetch(outcome))]
    check(staged.read, became, {source.source_id: source.name for source in staged.sources})
    return became


def _report(
    order: Order,
    staged: Staged,
    became: list[Tally],
    warehouse: str | None = None,
    identical: int | None = None,
    odd: Sequence[dict[str, Any]] = (),
) -> LoadReport:
    return LoadReport(
        warehouse=warehouse,
        conventions=order.conventions.name,
        sources=staged.sources,
        tallies=[*staged.read, *became],
        reasons=staged.reasons,
        examples=staged.examples,
        repeated=staged.repeated,
        differing=staged.differing,
        policy=staged.policy,
        identical=identical,
        shared=[row["order_id"] for row in odd if row["customers"] or row["locations"]],
        spread=[row["order_id"] for row in odd if row["days"]],
    )


def _identical(shop: Workshop, lines: "Table", star: dict[str, "Table"]) -> int:
    """Return how many accepted lines say the same as another of their order and source."""
    sales, orders = star["fact_sales"], star["dim_order"]
    # The keys of the fact make it cheap to find the few orders worth comparing in full.
    alike = ["order_key", "product_key", "quantity", "unit_price", "source_id"]
    groups = sales.group_by(alike).aggregate(times=sales.count())
    suspects = orders.semi_join(groups.filter(groups.times > 1), "order_key")
    [found] = shop.fetch(identical_lines(lines, suspects.select("order_id")))
    return int(found["lines"])
