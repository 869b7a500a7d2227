"""A list before it is saved: selected customers, exclusions, control group and counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.settings import Settings
from regulars.engines.protocols import WarehouseTables
from regulars.lists.control_group import TREATMENT, Control, quotas
from regulars.lists.exclusions import CONTACTED, RETURNED, SUPPRESSED, Exclusions
from regulars.lists.selection import COLUMNS, ResolvedSelection, Selection
from regulars.warehouse.people.contacts import PeopleDirectory

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibis.expr.types import Table


@dataclass(frozen=True)
class Counts:
    """Numbers of customers: chosen = treatment + control + contacted + returned + suppressed."""

    chosen: int
    treatment: int
    control: int
    contacted: int
    returned: int
    suppressed: int


@dataclass(frozen=True)
class Draft:
    """A list that is computed but not saved.

    customers   one row per selected customer: `COLUMNS`, excluded (the reason, or null) and role
                (treatment or control; null if excluded)
    selection   the selection, resolved in this warehouse
    exclusions  the exclusions applied
    control     the control group settings, with the seed
    counts      how many customers have each role or reason
    unknown     how many suppression entries match no customer
    """

    customers: "Table"
    selection: ResolvedSelection
    exclusions: Exclusions
    control: Control
    counts: Counts
    unknown: int

    def members(self) -> "Table":
        """Return the members, treatment and control: role and `COLUMNS`."""
        return self.customers.filter(self.customers.role.notnull()).select("role", *COLUMNS)

    def treated(self) -> "Table":
        """Return the customers to contact, highest matching net sales first: `COLUMNS`."""
        treated = self.customers.filter(self.customers.role == TREATMENT).select(*COLUMNS)
        spent = ibis.coalesce(treated.matching_net_sales, treated.monetary)
        return treated.order_by(ibis.desc(spent), "customer_id")


def draft_list(
    tables: WarehouseTables,
    selection: Selection,
    exclusions: Exclusions,
    control: Control,
    *,
    settings: Settings,
    now: datetime,
    materialize: "Callable[[Table], Table]" = lambda rows: rows,
) -> Draft:
    """Compute a list as of now.

    materialize  computes rows once, where the warehouse is open for change

    Raises InputError for a segment, column, value or day that does not exist, WarehouseError
    where suppressed customers can only be found with a key that is missing.
    """
    resolved = ResolvedSelection.of(selection, tables)
    keys, unknown = PeopleDirectory(tables, settings).find_suppressed(exclusions.suppressed)
    control = control.seeded()
    customers = resolved.customers()
    reason = exclusions.reason(customers, tables, resolved.star, suppressed_keys=keys, now=now)
    pool = materialize(customers.mutate(excluded=reason, stratum=control.stratum(customers)))
    sizes = tables.fetch(pool.group_by("excluded", "stratum").aggregate(customers=pool.count()))
    eligible = {row["stratum"]: row["customers"] for row in sizes if row["excluded"] is None}
    held_out = quotas(eligible, control.share)
    customers = pool.mutate(role=control.roles(pool, held_out))
    counts = _counts(sizes, sum(held_out.values()))
    return Draft(customers, resolved, exclusions, control, counts, unknown)


def _counts(sizes: Sequence[Mapping[str, Any]], control: int) -> Counts:
    by_reason: Counter[str | None] = Counter()
    for row in sizes:
        by_reason[row["excluded"]] += row["customers"]
    return Counts(
        chosen=by_reason.total(),
        treatment=by_reason[None] - control,
        control=control,
        contacted=by_reason[CONTACTED],
        returned=by_reason[RETURNED],
        suppressed=by_reason[SUPPRESSED],
    )
