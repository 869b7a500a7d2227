"""First orders: the basis of cohorts, new customers and returning customers."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star
from regulars.core.expressions import first_of_month, is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import Table


def first_order_times(star: Star) -> "Table":
    """Return the time from which each known customer counts as one: customer_key, first_at."""
    customers = star.customers
    first = (
        customers.first_order_at if star.conventions.active == "orders" else customers.first_seen_at
    )
    started = customers.select("customer_key", first_at=first)
    return started.filter(is_known_customer(started.customer_key), started.first_at.notnull())


def cohort_months(star: Star) -> "Table":
    """Return the month of each known customer's first order: customer_key, cohort."""
    started = first_order_times(star)
    return started.select("customer_key", cohort=first_of_month(started.first_at))
