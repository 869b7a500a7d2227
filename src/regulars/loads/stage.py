"""What a build would load: sources landed, each line judged, repeated orders settled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.conventions import Repeats
from regulars.core.errors import SourceError, listed
from regulars.engines.protocols import Answers, Workshop
from regulars.loads.land import Landed, Landing
from regulars.loads.request import Order
from regulars.sources.open import RawTable
from regulars.transform.orders.reconcile import Tally, as_tallies, tallies_of
from regulars.transform.orders.versions import differing_orders, repeated_orders, settled
from regulars.transform.staging.rules import SEPARATOR
from regulars.warehouse.people.pseudonyms import Border

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_EXAMPLES = 5


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


def land(
    shop: Workshop,
    sources: Sequence[RawTable],
    order: Order,
    first_id: int = 1,
    *,
    may_be_empty: bool = False,
) -> "tuple[Table, list[Landed]]":
    """Land sources in a workshop, numbered from `first_id`; return their lines.

    may_be_empty  take sources for what they are that have not one row

    Raises SourceError where a source cannot be read as sales, or not one row of all is understood.
    """
    lines, landed = land_tables(shop, sources, order, first_id)
    if not any(source.rows for source in landed):
        if may_be_empty:
            return lines, landed
        names = listed([source.name for source in landed])
        raise SourceError(f"There is a heading but no rows in {names}.")
    order.progress("Setting aside what cannot be understood and what came again")
    understood = lines.filter(lines.reasons.isnull())
    if not shop.fetch(understood.select("source_id").limit(1)):
        raise SourceError(_nothing_understood(shop, lines))
    return lines, landed


def land_tables(
    shop: Workshop, sources: Sequence[RawTable], order: Order, first_id: int
) -> "tuple[Table, list[Landed]]":
    """Land sources of which no row need be understood, numbered from `first_id`."""
    latest = order.now + timedelta(days=1)
    border = order.border or Border(order.keyring)
    landing = Landing(shop, order.conventions, latest, order.profile, order.progress, border)
    return landing.land(sources, first_id)


def stage(shop: Workshop, order: Order, sources: Sequence[RawTable] | None = None) -> Staged:
    """Land sources, or those an order names, in a workshop and tell their lines apart.

    Raises SourceError where a source cannot be read as sales, or not one row of all is understood.
    """
    if sources is None:
        sources = shop.open_sources(order.sources, file=order.file, chosen=order.profile)
    lines, landed = land(shop, sources, order)
    understood = lines.filter(lines.reasons.isnull())
    repeated = shop.keep("stg_repeated", repeated_orders(understood)) if len(landed) > 1 else None
    differing = _differing(shop, understood, repeated)
    policy = _policy(order, landed)
    check_differing(policy, differing, "between sources")
    told = (
        lines.mutate(is_replaced=ibis.literal(False))
        if repeated is None
        else settled(lines, repeated, policy)
    )
    failed = lines.filter(lines.reasons.notnull())
    return Staged(
        landed,
        told,
        read_of(shop, lines, landed),
        failures_of(shop, failed),
        examples_of(shop, failed, landed),
        0 if repeated is None else shop.count("stg_repeated"),
        differing,
        policy,
    )


def read_of(shop: Workshop, lines: "Table", landed: Sequence[Landed]) -> list[Tally]:
    """Return what was read: the rows each source counted itself, the money of its staged lines."""
    staged = as_tallies(shop.fetch(tallies_of(lines, "read", "net_amount")))
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


def check_differing(policy: Repeats, differing: Sequence[str], from_what: str) -> None:
    """Raise SourceError where orders came again otherwise and the profile says that none may.

    from_what  what they differ from, as the message says it
    """
    if policy == "error" and differing:
        raise SourceError(
            f"{len(differing):,} orders differ {from_what}, and the profile says that this is an "
            f"error: {listed(differing)}"
        )


def quarantine_of(failed: "Table", landed: Sequence[Landed]) -> "Table":
    """Return lines that are not understood as people look at them, in the order of the sources.

    Columns: source_id, source_row, reasons, original, source (its name), amount, order_id and
    customer_id, as far as they could be read.
    """
    names = ibis.cases(*((failed.source_id == s.source_id, s.name) for s in landed))
    return failed.select(
        "source_id", "source_row", "reasons", "original", source=names, amount=failed.net_amount,
        order_id=failed.order_id, customer_id=failed.customer_id,
    ).order_by("source_id", "source_row")  # fmt: skip


def examples_of(shop: Answers, failed: "Table", landed: Sequence[Landed]) -> list[dict[str, Any]]:
    """Return the first lines that are not understood, one for each set of reasons."""
    first = quarantine_of(_examples(failed), landed).drop("order_id", "customer_id")
    return shop.fetch(first.limit(MOST_EXAMPLES))


def failures_of(shop: Answers, failed: "Table") -> Counter[str]:
    """Return how many lines fail for each reason."""
    by_reasons = failed.group_by("reasons").aggregate(rows=failed.count())
    return _reasons(shop.fetch(by_reasons))


def _examples(failed: "Table") -> "Table":
    """Return the first line that fails for each set of reasons."""
    first = ibis.row_number().over(
        group_by=failed.reasons, order_by=[failed.source_id, failed.source_row]
    )
    numbered = failed.mutate(place=first)
    return numbered.filter(numbered.place == 0)


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
    return (
        f"Not one row could be understood, so nothing was changed.\n{told}\nFor instance: "
        + str(example["original"])
    )
