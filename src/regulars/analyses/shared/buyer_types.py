"""Who bought: somebody new, somebody who came back, or a guest."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.analyses.define import Period
from regulars.core.expressions import is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table

BUYER = "buyer"
RETURNING, NEW, GUESTS = "Returning customers", "New customers", "Guests"


def buyer_of(lines: "Table", is_new: "BooleanValue") -> "StringValue":
    """Return who bought a line, given whether a known customer was new then."""
    kind = ibis.ifelse(is_new, NEW, RETURNING)
    return cast("StringValue", ibis.ifelse(is_known_customer(lines.customer_key), kind, GUESTS))


def began_in(lines: "Table", period: Period) -> "BooleanValue":
    """Return whether somebody's first order, `first_at`, is of a period.

    Who never ordered is not new.
    """
    first = lines.first_at.date()
    began = first.notnull()
    if period.since is not None:
        began &= first >= period.since
    if period.until is not None:
        began &= first <= period.until
    return cast("BooleanValue", ibis.coalesce(began, ibis.literal(False)))
