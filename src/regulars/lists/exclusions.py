"""Who is left out of a list: written to lately, has returned something lately, or is suppressed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star
from regulars.analyses.segments.rfm import before_snapshot
from regulars.core.errors import QuestionError
from regulars.engines.protocols import WarehouseTables
from regulars.lists.control_group import TREATMENT

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

CONTACTED, RETURNED, SUPPRESSED = "contacted", "returned", "suppressed"
REASONS = {
    CONTACTED: "on another list that was exported lately",
    RETURNED: "returned or cancelled something lately",
    SUPPRESSED: "suppressed",
}
"""Why a customer is left out, in the order in which reasons count: the first one does."""

LONGEST = 36_500


@dataclass(frozen=True)
class Exclusions:
    """Who is left out.

    contacted_within  who is on another list that was exported within so many days before now
    returned_within   who has a return or a cancelled line within so many days before the snapshot
    suppressed        customers by number or, where the warehouse knows those, by e-mail
    """

    contacted_within: int | None = None
    returned_within: int | None = None
    suppressed: Collection[str] = ()

    def __post_init__(self) -> None:
        for days in (self.contacted_within, self.returned_within):
            if days is not None and not 0 < days <= LONGEST:
                raise QuestionError(f"{days} days cannot be: say 1 to {LONGEST:,}.")

    def excluded(
        self,
        people: "Table",
        held: WarehouseTables,
        star: Star,
        keys: Collection[int],
        now: datetime,
    ) -> "Value":
        """Return the first reason for which each customer is left out, nothing for the others.

        keys  the customer_key of each who is suppressed
        """
        told: dict[str, Value] = {}
        if self.contacted_within:
            contacted = _contacted(held, now - timedelta(days=self.contacted_within))
            told[CONTACTED] = people.customer_id.isin(contacted.customer_id)
        if self.returned_within:
            returned = _returned(star, self.returned_within)
            told[RETURNED] = people.customer_key.isin(returned.customer_key)
        if keys:
            told[SUPPRESSED] = people.customer_key.isin(_listed(keys).customer_key)
        if not told:
            return ibis.null("string")
        return ibis.cases(*((is_so, reason) for reason, is_so in told.items()), else_=None)


def _listed(keys: Collection[int]) -> "Table":
    """Return keys as a table: customer_key.

    By way of one text: a hundred thousand values take engines, and Ibis, ten times as long.
    """
    text = ibis.literal(",".join(map(str, sorted(keys))))
    rows = text.split(",").unnest().name("told").as_table()
    return rows.select(customer_key=rows.told.cast("int64"))


def _contacted(held: WarehouseTables, since: datetime) -> "Table":
    """Return who went out with a list since a moment: customer_id."""
    exports, members = held.table("list_exports"), held.table("list_members")
    lately = exports.filter(exports.exported_at >= since, exports.role == TREATMENT)
    treated = members.filter(members.role == TREATMENT)
    return treated.semi_join(lately, "list_id").select("customer_id").distinct()


def _returned(star: Star, days: int) -> "Table":
    """Return who has a return or a cancelled line within days before the snapshot: customer_key."""
    lines = before_snapshot(star)
    first = (star.as_of - timedelta(days=days)).date()
    back = lines.filter(lines.kind.isin(("return", "cancelled")), lines.ordered_on >= first)
    return back.select("customer_key").distinct()
