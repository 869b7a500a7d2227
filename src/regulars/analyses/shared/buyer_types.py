"""Buyer types: new customers, returning customers and guests."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Period
from regulars.core.expressions import is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table

BUYER = "buyer"
RETURNING, NEW, GUESTS = "Returning customers", "New customers", "Guests"


def buyer_type(lines: "Table", is_new: "BooleanValue") -> "StringValue":
    """Return the buyer type of each line; `is_new` says whether a known customer is new."""
    known = ibis.ifelse(is_new, NEW, RETURNING)
    return cast("StringValue", ibis.ifelse(is_known_customer(lines.customer_key), known, GUESTS))


def is_new_in(lines: "Table", period: Period) -> "BooleanValue":
    """Return whether the customer's first order, `first_at`, is in a period; false without one."""
    first = lines.first_at.date()
    is_new = first.notnull()
    if period.since is not None:
        is_new &= first >= period.since
    if period.until is not None:
        is_new &= first <= period.until
    return cast("BooleanValue", ibis.coalesce(is_new, ibis.literal(False)))
