"""What customers bought in some days, and in the year before: one row per customer."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.metrics import sales as metrics
from regulars.core.expressions import money
from regulars.engines.protocols import WarehouseTables
from regulars.lists.control_group import TREATMENT
from regulars.lists.saved import SavedList
from regulars.transform.star.merges import by_person
from regulars.warehouse.people.merges import TABLE as MERGES

if TYPE_CHECKING:
    from ibis.expr.types import IntegerValue, Table

DAYS_BEFORE = 365
"""The days before a campaign whose net sales adjust the result: a year has every season."""

BOTH = "both"
"""The role of one person whose customer IDs are in both groups."""


def with_spending(customers: "Table", sales: "Table", first: date, last: date) -> "Table":
    """Return customers with net_sales and orders from the first day to the last, and before.

    customers  a row per customer with customer_key, null if a customer is not in the warehouse
    sales      the fact table
    before     net sales in the year before the first day
    """
    since = first - timedelta(days=DAYS_BEFORE)
    now = sales.filter(sales.ordered_on >= first, sales.ordered_on <= last)
    earlier = sales.filter(sales.ordered_on >= since, sales.ordered_on < first)
    bought = now.group_by(buyer="customer_key").aggregate(
        net_sales=metrics.net_sales(now), orders=metrics.orders(now)
    )
    history = earlier.group_by(earlier_buyer="customer_key").aggregate(
        before=metrics.net_sales(earlier)
    )
    rows = customers.left_join(bought, customers.customer_key == bought.buyer)
    rows = rows.left_join(history, rows.customer_key == history.earlier_buyer)
    nothing = money(ibis.literal(0))
    return rows.select(
        *customers.columns,
        net_sales=ibis.coalesce(rows.net_sales, nothing),
        orders=ibis.coalesce(rows.orders, 0),
        before=ibis.coalesce(rows.before, nothing),
    )


def members_by_person(tables: WarehouseTables, saved: SavedList) -> "Table":
    """Return the members of a list, one row per person: customer_id, role and ids.

    role  treatment or control; `BOTH` if a person has customer IDs in both groups
    ids   how many customer IDs of the person are on the list
    """
    members = tables.table("list_members")
    ids = _by_person(tables, members.filter(members.list_id == saved.list_id))
    people = ids.group_by("customer_id").aggregate(
        first_role=ids.role.min(), last_role=ids.role.max(), ids=ids.count()
    )
    is_one = people.first_role == people.last_role
    return people.select("customer_id", "ids", role=ibis.ifelse(is_one, people.first_role, BOTH))


def with_customer_key(tables: WarehouseTables, members: "Table") -> "Table":
    """Return members with their customer_key, null for those without any line now."""
    customers = tables.table("dim_customer")
    known = customers.filter(customers.is_known).select("customer_key", known_id="customer_id")
    rows = members.left_join(known, members.customer_id == known.known_id)
    return rows.select(*members.columns, "customer_key")


def contacted_elsewhere(
    tables: WarehouseTables, saved: SavedList, first: date, last: date
) -> "Table":
    """Return how many of each group were on another list exported in these days: role, customers.

    Control groups of other lists were not contacted.
    """
    exports, members = tables.table("list_exports"), tables.table("list_members")
    day = exports.exported_at.date()
    others = exports.filter(
        exports.list_id != saved.list_id, exports.role == TREATMENT, day >= first, day <= last
    )
    treated = members.filter(members.role == TREATMENT).semi_join(others, "list_id")
    contacted = _by_person(tables, treated).select("customer_id").distinct()
    people = members_by_person(tables, saved).semi_join(contacted, "customer_id")
    return people.group_by("role").aggregate(customers=cast("IntegerValue", people.count()))


def _by_person(tables: WarehouseTables, members: "Table") -> "Table":
    merges = tables.table(MERGES) if MERGES in tables.tables() else None
    return by_person(members.select("customer_id", "role"), merges)
