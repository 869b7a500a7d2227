"""A list before it is one: who is chosen, who is left out, who is held out, who goes out."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ibis

from regulars.engines.protocols import WarehouseTables
from regulars.lists.control_group import TREATMENT, Control, quotas
from regulars.lists.exclusions import CONTACTED, RETURNED, SUPPRESSED, Exclusions
from regulars.lists.selection import COLUMNS, Choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibis.expr.types import Table


@dataclass(frozen=True)
class Counts:
    """How many customers: chosen = treatment + control + contacted + returned + suppressed."""

    chosen: int
    treatment: int
    control: int
    contacted: int
    returned: int
    suppressed: int


@dataclass(frozen=True)
class Draft:
    """A list before it is one.

    people    one chosen customer a row: the columns of a list, excluded (why) or role
    choice    what the selection is in this warehouse
    control   who is held out, with its seed
    counts    how many
    """

    people: "Table"
    choice: Choice
    control: Control
    counts: Counts

    def going(self) -> "Table":
        """Return who is on the list, treated or held out: role, and the columns of `COLUMNS`."""
        return self.people.filter(self.people.role.notnull()).select("role", *COLUMNS)

    def treated(self) -> "Table":
        """Return who would go out, who spent most first: the columns of `COLUMNS`."""
        there = self.people.filter(self.people.role == TREATMENT)
        return there.select(*COLUMNS).order_by(ibis.desc("monetary"), "customer_id")


def drafted(
    held: WarehouseTables,
    choice: Choice,
    exclusions: Exclusions,
    control: Control,
    keys: Collection[int],
    now: datetime,
    keep: "Callable[[Table], Table]" = lambda rows: rows,
) -> Draft:
    """Return the list that a choice would be now.

    keys  the customer_key of each who is suppressed
    keep  computes rows once, where what is there can be written to
    """
    control = control.seeded()
    people = choice.customers()
    excluded = exclusions.excluded(people, held, choice.star, keys, now)
    pool = keep(people.mutate(excluded=excluded, stratum=control.stratum(people)))
    found = held.fetch(pool.group_by("excluded", "stratum").aggregate(customers=pool.count()))
    sizes = {row["stratum"]: row["customers"] for row in found if row["excluded"] is None}
    held_out = quotas(sizes, control.share)
    people = pool.mutate(role=control.roles(pool, held_out))
    return Draft(people, choice, control, _counts(found, sum(held_out.values())))


def _counts(found: list[dict[str, Any]], control: int) -> Counts:
    """Return counts from how many customers there are by reason, and how many are held out."""
    told: Counter[str | None] = Counter()
    for row in found:
        told[row["excluded"]] += row["customers"]
    return Counts(
        told.total(), told[None] - control, control,
        told[CONTACTED], told[RETURNED], told[SUPPRESSED],
    )  # fmt: skip
