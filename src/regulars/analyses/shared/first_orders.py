"""When each customer first was one: what cohorts, new customers and returning ones go by."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star
from regulars.core.expressions import first_of_month, is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import Table


def first_moments(star: Star) -> "Table":
    """Return when each customer first was one: customer_key, first_at."""
    customers = star.customers
    first = (
        customers.first_order_at if star.conventions.active == "orders" else customers.first_seen_at
    )
    started = customers.select("customer_key", first_at=first)
    return started.filter(is_known_customer(started.customer_key), started.first_at.notnull())


def first_months(star: Star) -> "Table":
    """Return each customer's first month as a customer: customer_key, cohort."""
    started = first_moments(star)
    return started.select("customer_key", cohort=first_of_month(started.first_at))
