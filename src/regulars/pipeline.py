"""The story of the data: sources, staged lines, settled orders, star, contracts, reconciliation."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from regulars import tables
from regulars.config import Settings
from regulars.conventions import Conventions, Repeats
from regulars.engines.duckdb import Workshop, building, workshop
from regulars.errors import SourceError, WarehouseError, listed
from regulars.landing import Landed, Landing
from regulars.ledger import LoadReport, last_order, write_ledger
from regulars.profiles import FileShape, Profile
from regulars.sources import open_sources
from regulars.staging.reconcile import Tally, as_tallies, check, tallies_of
from regulars.staging.repeats import differing_orders, identical_lines, repeated_orders, settled
from regulars.staging.rules import SEPARATOR
from regulars.star.contract import breaches, cast_to
from regulars.star.contract import check as check_contract
from regulars.star.customers import dim_customer
from regulars.star.dates import dim_date
from regulars.star.orders import customer_keys, dim_order, shared_orders
from regulars.star.products import dim_product
from regulars.star.sales import fact_sales

if TYPE_CHECKING:
    from ibis.expr.types import Table

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Staged:
    """What a build would load: lines told apart, and everything there is to say about them."""

    sources: list[Landed]
    lines: "Table"
    read: list[Tally]
    reasons: Counter[str]
    examples: list[dict[str, Any]]
    repeated: int
    differing: list[str]
    policy: Repeats

    @property
    def accepted(self) -> "Table":
        """The lines that are understood and stand."""
        return self.lines.filter(self.lines.reasons.isnull(), ~self.lines.is_replaced)

    @property
    def quarantined(self) -> "Table":
        """The lines that are not understood."""
        return self.lines.filter(self.lines.reasons.notnull())

    @property
    def replaced(self) -> "Table":
        """The lines that are understood, of orders that came again."""
        return self.lines.filter(self.lines.reasons.isnull(), self.lines.is_replaced)


@dataclass(frozen=True)
class Order:
    """What to build: sources, how to read them, and what the answers shall hang on."""

    sources: Sequence[str]
    conventions: Conventions
    settings: Settings
    now: datetime
    profile: Profile | None = None
    table: str | None = None
    progress: Progress = lambda _: None

    @property
    def file(self) -> FileShape:
        """What is told about the shape of the files."""
        told = self.profile.file if self.profile else FileShape()
        return FileShape(told.header, told.delimiter, told.encoding, self.table or told.table)


def build(order: Order, warehouse: Path) -> LoadReport:
    """Build a warehouse from sources, replacing what was there, and return what was loaded.

    Raises SourceError, ContractError or ReconciliationError; the warehouse is then as it was.
    """
    if any(Path(source).resolve() == warehouse.resolve() for source in order.sources):
        raise WarehouseError(f"{warehouse} is one of the sources; name another file with -w.")
    with building(warehouse, memory_limit=order.settings.memory_limit) as shop:
        staged = _stage(shop, order)
        accepted = _split(shop, staged)
        star = _star(shop, accepted, order)
        order.progress("Checking keys, types and totals")
        _check_contracts(shop, star)
        became = _became(shop, star["fact_sales"])
        check(staged.read, became, {source.source_id: source.name for source in staged.sources})
        identical = _identical(shop, accepted, star)
        shared = [row["order_id"] for row in shop.fetch(shared_orders(accepted))]
        report = _report(order, staged, became, warehouse, identical, shared)
        write_ledger(shop, report, order.settings, order.now, last_order(shop, star["dim_order"]))
    return report


def inspect(order: Order) -> LoadReport:
    """Return what a build of these sources would load, writing nothing."""
    with workshop(memory_limit=order.settings.memory_limit) as shop:
        staged = _stage(shop, order)
        outcome = {
            "accepted": staged.accepted,
            "quarantined": staged.quarantined,
            "replaced": staged.replaced,
        }
        became = [
            tally
            for name, rows in outcome.items()
            for tally in as_tallies(shop.fetch(tallies_of(rows, name, "net_amount", "kind")))
        ]
        return _report(order, staged, became)


def _stage(shop: Workshop, order: Order) -> Staged:
    sources = open_sources(
        shop.con, order.sources, file=order.file, chosen=order.profile, workdir=shop.folder
    )
    latest = order.now + timedelta(days=1)
    landing = Landing(shop, order.conventions, latest, order.profile, order.progress)
    lines, landed = landing.land(sources)
    order.progress("Setting aside what cannot be understood and what came again")
    understood = lines.filter(lines.reasons.isnull())
    if not shop.fetch(understood.select("source_id").limit(1)):
        raise SourceError(_nothing_understood(shop, lines))
    repeated = shop.keep("stg_repeated", repeated_orders(understood)) if len(landed) > 1 else None
    differing = _differing(shop, understood, repeated)
    policy = _policy(order, landed)
    _check_differing(policy, differing)
    told = (
        lines.mutate(is_replaced=ibis.literal(False))
        if repeated is None
        else settled(lines, repeated, policy)
    )
    failed = lines.filter(lines.reasons.notnull())
    by_reasons = failed.group_by("reasons").aggregate(rows=failed.count())
    read = as_tallies(shop.fetch(tallies_of(lines, "read", "net_amount")))
    return Staged(
        landed,
        told,
        _read(landed, read),
        _reasons(shop.fetch(by_reasons)),
        shop.fetch(_quarantine(failed, landed).limit(5)),
        0 if repeated is None else shop.count("stg_repeated"),
        differing,
        policy,
    )


def _read(landed: Sequence[Landed], staged: Sequence[Tally]) -> list[Tally]:
    """Return what was read: the rows each source counted itself, the money of its staged lines."""
    money = {tally.source_id: tally.amount for tally in staged}
    return [
        Tally(source.source_id, "read", "", source.rows, money.get(source.source_id, Decimal(0)))
        for source in landed
    ]


def _differing(shop: Workshop, understood: "Table", repeated: "Table | None") -> list[str]:
    if repeated is None:
        return []
    return [row["order_id"] for row in shop.fetch(differing_orders(understood, repeated))]


def _policy(order: Order, landed: Sequence[Landed]) -> Repeats:
    """Return what to do with repeated orders; of several profiles, the last source's decides."""
    return order.conventions.repeated_orders or landed[-1].mapping.profile.repeated_orders


def _check_differing(policy: Repeats, differing: list[str]) -> None:
    if policy == "error" and differing:
        raise SourceError(
            f"{len(differing):,} orders differ between sources, and the profile says that this is "
            f"an error: {listed(differing)}"
        )


def _split(shop: Workshop, staged: Staged) -> "Table":
    """Keep what is set aside in the warehouse; return the accepted lines."""
    judgement = ("reasons", "original", "is_replaced")
    shop.save("quarantine", _quarantine(staged.quarantined, staged.sources))
    shop.save("replaced_lines", staged.replaced.drop(*judgement))
    return staged.accepted.drop(*judgement)


def _quarantine(failed: "Table", landed: Sequence[Landed]) -> "Table":
    names = ibis.cases(*((failed.source_id == s.source_id, s.name) for s in landed))
    return failed.select(
        "source_id", "source_row", "reasons", "original", source=names, amount=failed.net_amount
    ).order_by("source_id", "source_row")


def _star(shop: Workshop, lines: "Table", order: Order) -> dict[str, "Table"]:
    order.progress("Building dimensions and the sales fact")
    promises = {promise.name: promise for promise in tables.STAR}

    def save(name: str, rows: "Table") -> "Table":
        return shop.save(name, cast_to(rows, promises[name]))

    customers = shop.keep("stg_customer_keys", customer_keys(lines))
    star = {"dim_product": save("dim_product", dim_product(lines))}
    star["dim_order"] = save("dim_order", dim_order(lines, customers))
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


def _span(shop: Workshop, sales: "Table") -> tuple[date, date]:
    days = sales.aggregate(first=sales.ordered_on.min(), last=sales.ordered_on.max())
    [row] = shop.fetch(days)
    return row["first"], row["last"]


def _check_contracts(shop: Workshop, star: dict[str, "Table"]) -> None:
    for promise in tables.STAR:
        [counts] = shop.fetch(breaches(star, promise))
        check_contract(promise.name, star[promise.name].schema(), counts, promise)


def _became(shop: Workshop, sales: "Table") -> list[Tally]:
    replaced = shop.con.table("replaced_lines")
    outcomes = (
        tallies_of(sales, "accepted", "net_amount", "kind"),
        tallies_of(shop.con.table("quarantine"), "quarantined", "amount"),
        tallies_of(replaced, "replaced", "net_amount", "kind"),
    )
    return [tally for outcome in outcomes for tally in as_tallies(shop.fetch(outcome))]


def _report(
    order: Order,
    staged: Staged,
    became: list[Tally],
    warehouse: Path | None = None,
    identical: int | None = None,
    shared: Sequence[str] = (),
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
        shared=list(shared),
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


def _reasons(rows: Sequence[dict[str, Any]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        for reason in row["reasons"].split(SEPARATOR):
            counted[reason] += row["rows"]
    return counted


def _nothing_understood(shop: Workshop, lines: "Table") -> str:
    rows = shop.fetch(lines.group_by("reasons").aggregate(rows=lines.count()))
    worst = _reasons(rows).most_common(3)
    told = "\n".join(f"  {count:,} rows: {reason}" for reason, count in worst)
    [example] = shop.fetch(lines.select("original").limit(1))
    return f"Not one row could be understood, so nothing was built.\n{told}\nFor instance: " + str(
        example["original"]
    )
