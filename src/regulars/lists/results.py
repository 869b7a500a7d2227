"""The results of a list: what contacted customers bought since, compared with the control group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from regulars.core.errors import InputError
from regulars.core.formatting import counted, day
from regulars.engines.protocols import ReaderTables, WarehouseTables
from regulars.lists.control_group import CONTROL, TREATMENT
from regulars.lists.saved import SavedList
from regulars.lists.spending import (
    BOTH,
    contacted_elsewhere,
    members_by_person,
    with_customer_key,
    with_spending,
)
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from regulars.lists.effect import Effect, Estimate, Spending

FEWEST_DAYS = 14
"""The fewest days that show an effect: each weekday twice."""

FEWEST_BUYERS = 30
"""The fewest customers who bought, in both groups together."""

FEWEST_CUSTOMERS = 10
"""The fewest customers in a group."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Group:
    """What the customers of a group bought since the list went out.

    buyers     those with an order; a refund is not an order
    net_sales  minus returns, so a refund can be larger than what was bought
    elsewhere  those who were contacted with another list in the same days
    """

    customers: int
    buyers: int
    net_sales: Decimal
    elsewhere: int

    @classmethod
    def of(cls, rows: Rows, elsewhere: int) -> Self:
        """Return the group with these customers."""
        total = sum((Decimal(row["net_sales"]) for row in rows), Decimal(0))
        return cls(len(rows), sum(row["orders"] > 0 for row in rows), total, elsewhere)

    @property
    def share_bought(self) -> float | None:
        """The share of the customers who bought; None without customers."""
        return self.buyers / self.customers if self.customers else None

    @property
    def per_head(self) -> Decimal | None:
        """Net sales divided by all customers; None without customers."""
        return self.net_sales / self.customers if self.customers else None


@dataclass(frozen=True)
class ListResults:
    """The results of a list.

    first, last   the days that count: from the day of the first export
    treatment     the customers contacted; `control` those held out
    effect        the effect on net sales per head; None if nothing can be said yet
    bought        the effect on the share who bought; None if nothing can be said yet
    open_because  why nothing can be said yet; empty if something can
    forgotten     customers who are no longer on the list, because they were forgotten
    in_both       people left out because their customer IDs are in both groups
    in_file       customers in the first exported file
    control_sent  the day the control group was exported, if it was
    """

    name: str
    first: date
    last: date
    treatment: Group
    control: Group
    effect: "Effect | None"
    bought: "Estimate | None"
    open_because: str
    forgotten: int
    in_both: int
    in_file: int
    control_sent: date | None

    @property
    def days(self) -> int:
        """The number of days that count."""
        return (self.last - self.first).days + 1


def results_of(warehouse: Warehouse, saved: SavedList, days: int | None = None) -> ListResults:
    """Return the results of a list, in the first days or in all days since its first export.

    Raises InputError if nothing can be compared: the list has no control group or was never
    exported, the data ends before the export, or the days are too few.
    """
    tables = ReaderTables(warehouse.reader)
    exports = _first_exports(tables, saved)
    first, last = _days_that_count(warehouse, saved, exports, days)
    members = with_customer_key(tables, members_by_person(tables, saved))
    rows = list(warehouse.rows(with_spending(members, tables.table("fact_sales"), first, last)))
    elsewhere = {
        row["role"]: row["customers"]
        for row in tables.fetch(contacted_elsewhere(tables, saved, first, last))
    }
    by_role = {role: [row for row in rows if row["role"] == role] for role in (TREATMENT, CONTROL)}
    treatment, control = (Group.of(by_role[r], elsewhere.get(r, 0)) for r in by_role)
    open_because = _why_open((last - first).days + 1, treatment, control)
    return ListResults(
        saved.name, first, last, treatment, control,
        effect=None if open_because else _effect(by_role),
        bought=None if open_because else _more_bought(treatment, control),
        open_because=open_because,
        forgotten=saved.counts.treatment + saved.counts.control - sum(row["ids"] for row in rows),
        in_both=sum(row["role"] == BOTH for row in rows),
        in_file=exports[TREATMENT]["rows"],
        control_sent=exports[CONTROL]["exported_at"].date() if CONTROL in exports else None,
    )  # fmt: skip


def _first_exports(tables: WarehouseTables, saved: SavedList) -> dict[str, dict[str, Any]]:
    """Return the first export of each role."""
    exports = tables.table("list_exports")
    rows = tables.fetch(exports.filter(exports.list_id == saved.list_id))
    latest_first = sorted(rows, key=lambda row: row["exported_at"], reverse=True)
    return {row["role"]: row for row in latest_first}


def _days_that_count(
    warehouse: Warehouse, saved: SavedList, exports: Mapping[str, Any], days: int | None
) -> tuple[date, date]:
    """Return the first and the last day that count. Raises InputError if there are none."""
    if not saved.counts.control:
        raise InputError(
            f'The list "{saved.name}" has no control group, so its effect cannot be measured. '
            "Hold out a control group from the next list."
        )
    if TREATMENT not in exports:
        raise InputError(
            f'The list "{saved.name}" was never exported, so it has no results yet. '
            "Export it first."
        )
    if days is not None and days < FEWEST_DAYS:
        raise InputError(f"Count at least {FEWEST_DAYS} days, not {days:,}.")
    first = exports[TREATMENT]["exported_at"].date()
    _, last = warehouse.observed_days
    if last < first:
        raise InputError(
            f'The list "{saved.name}" was exported on {day(first)}, but the data ends on '
            f"{day(last)}. Load newer sales to see its results."
        )
    return first, last if days is None else min(last, first + timedelta(days=days - 1))


def _why_open(days: int, treatment: Group, control: Group) -> str:
    """Return why nothing can be said yet; empty if something can."""
    smallest = min(treatment.customers, control.customers)
    if smallest < FEWEST_CUSTOMERS:
        group = "control group" if control.customers == smallest else "group to contact"
        customers = counted(smallest, "customer", "customers")
        return (
            f"This list is too small to measure: its {group} has {customers}, and "
            f"{FEWEST_CUSTOMERS} are needed"
        )
    if days < FEWEST_DAYS:
        passed = counted(days, "day", "days")
        return f"Too early to say: the data covers {passed}, and {FEWEST_DAYS} are needed"
    buyers = treatment.buyers + control.buyers
    if buyers < FEWEST_BUYERS:
        bought = counted(buyers, "customer has", "customers have")
        return f"Too early to say: {bought} bought so far, and {FEWEST_BUYERS} are needed"
    return ""


def _effect(by_role: Mapping[str, Rows]) -> "Effect":
    from regulars.lists.effect import estimate_effect

    return estimate_effect(spending_in(by_role[TREATMENT]), spending_in(by_role[CONTROL]))


def _more_bought(treatment: Group, control: Group) -> "Estimate":
    from regulars.lists.effect import difference_in_shares

    return difference_in_shares(
        (treatment.buyers, treatment.customers), (control.buyers, control.customers)
    )


def spending_in(rows: Rows) -> "Spending":
    """Return the amounts in rows of `with_spending`."""
    from regulars.lists.effect import Spending

    return Spending(
        [float(row["net_sales"]) for row in rows], [float(row["before"]) for row in rows]
    )
