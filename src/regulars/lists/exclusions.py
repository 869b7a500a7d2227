"""Exclusions: customers contacted recently, with a recent return, or suppressed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star
from regulars.analyses.segments.scores import before_snapshot
from regulars.core.errors import InputError
from regulars.engines.protocols import WarehouseTables
from regulars.lists.control_group import TREATMENT
from regulars.transform.star.merges import by_person
from regulars.warehouse.people.merges import TABLE as MERGES

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

CONTACTED, RETURNED, SUPPRESSED = "contacted", "returned", "suppressed"
REASONS = {
    CONTACTED: "contacted recently",
    RETURNED: "recent return or cancellation",
    SUPPRESSED: "suppressed",
}
"""Why a customer is excluded, by precedence: each customer counts under the first reason only."""

MAX_DAYS = 36_500


@dataclass(frozen=True)
class Exclusions:
    """Customers to leave out of a list.

    contacted_within  days before now: leave out anyone on another list exported since
    returned_within   days before the snapshot: leave out anyone with a return or cancellation since
    suppressed        customer IDs, or email addresses where the warehouse has them
    """

    contacted_within: int | None = None
    returned_within: int | None = None
    suppressed: Collection[str] = ()

    def __post_init__(self) -> None:
        for days in (self.contacted_within, self.returned_within):
            if days is not None and not 0 < days <= MAX_DAYS:
                raise InputError(f"Days must be between 1 and {MAX_DAYS:,}, not {days:,}.")

    def reason(
        self,
        customers: "Table",
        tables: WarehouseTables,
        star: Star,
        *,
        suppressed_keys: Collection[int],
        now: datetime,
    ) -> "Value":
        """Return the first reason to exclude each customer, or null if there is none.

        suppressed_keys  the customer_key of every suppressed customer
        """
        conditions: dict[str, Value] = {}
        if self.contacted_within:
            since = now - timedelta(days=self.contacted_within)
            contacted = _on_lists_exported_since(since, tables)
            conditions[CONTACTED] = customers.customer_id.isin(contacted.customer_id)
        if self.returned_within:
            returned = _returned(star, self.returned_within)
            conditions[RETURNED] = customers.customer_key.isin(returned.customer_key)
        if suppressed_keys:
            suppressed = _key_table(suppressed_keys)
            conditions[SUPPRESSED] = customers.customer_key.isin(suppressed.customer_key)
        if not conditions:
            return ibis.null("string")
        return ibis.cases(*((is_met, name) for name, is_met in conditions.items()), else_=None)


def _key_table(keys: Collection[int]) -> "Table":
    """Return customer keys as a table: customer_key.

    The keys are passed as one text: 100,000 literals take engines and Ibis ten times as long.
    """
    text = ibis.literal(",".join(map(str, sorted(keys))))
    rows = text.split(",").unnest().name("key").as_table()
    return rows.select(customer_key=rows.key.cast("int64"))


def _on_lists_exported_since(since: datetime, tables: WarehouseTables) -> "Table":
    """Return the customers of lists exported since a moment, except control groups: customer_id."""
    exports, members = tables.table("list_exports"), tables.table("list_members")
    recent = exports.filter(exports.exported_at >= since, exports.role == TREATMENT)
    treated = members.filter(members.role == TREATMENT)
    contacted = treated.semi_join(recent, "list_id").select("customer_id").distinct()
    merges = tables.table(MERGES) if MERGES in tables.tables() else None
    return by_person(contacted, merges)


def _returned(star: Star, days: int) -> "Table":
    """Return customers with a return or cancellation in the days before the snapshot."""
    lines = before_snapshot(star)
    first = (star.as_of - timedelta(days=days)).date()
    returns = lines.filter(lines.kind.isin(("return", "cancelled")), lines.ordered_on >= first)
    return returns.select("customer_key").distinct()
