"""The smallest effect that a list can show, before it is saved."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from regulars.engines.protocols import WarehouseTables
from regulars.lists.draft import Draft
from regulars.lists.results import FEWEST_BUYERS, FEWEST_CUSTOMERS, spending_in
from regulars.lists.spending import with_spending
from regulars.warehouse.ledger import read_facts

DAYS = 30
"""The days after a campaign in which the effect is looked for."""


@dataclass(frozen=True)
class Power:
    """What a list can show in the days after it goes out.

    smallest  the smallest effect on net sales per head that 4 of 5 such campaigns show
    per_head  what such customers spent per head in as many days
    """

    smallest: float
    per_head: float
    days: int = DAYS


def can_be_measured(treatment: int, control: int) -> bool:
    """Return whether groups of these sizes are large enough to compare."""
    return min(treatment, control) >= FEWEST_CUSTOMERS


def power_of(tables: WarehouseTables, draft: Draft) -> Power | None:
    """Return what a list can show, judging by the latest days of the data.

    It is measured on the customers whom the same segments and filters select at the start of these
    days: those selected now are chosen by what they did in them. The amounts are winsorised and
    adjusted as in the results. None if the groups are too small, or too few customers bought.
    """
    counts = draft.counts
    if not can_be_measured(counts.treatment, counts.control):
        return None
    last = _last_day(tables, draft)
    first = last - timedelta(days=DAYS - 1)
    earlier = draft.selection.at(datetime.combine(first, time.min))
    customers = earlier.scored().select("customer_key")
    rows = tables.fetch(with_spending(customers, tables.table("fact_sales"), first, last))
    if sum(row["orders"] > 0 for row in rows) < FEWEST_BUYERS:
        return None
    from regulars.lists.effect import smallest_effect, spread

    spending = spending_in(rows)
    return Power(
        smallest_effect(spread(spending), counts.treatment, counts.control),
        sum(spending.net_sales) / len(rows),
    )


def _last_day(tables: WarehouseTables, draft: Draft) -> date:
    """Return the last day before the snapshot that has data."""
    day_before: date = (draft.selection.star.as_of - timedelta(days=1)).date()
    return min(day_before, date.fromisoformat(read_facts(tables)["last_order_on"]))
