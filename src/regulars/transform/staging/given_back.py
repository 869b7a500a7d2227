"""Orders with the status refunded or returned: a sale, and a return of it."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Literal, cast

import ibis

from regulars.sources.states.words import REFUNDED
from regulars.transform.staging.kinds import has_state
from regulars.transform.staging.state_cells import STATE
from regulars.transform.staging.states import States

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table


def is_given_back(lines: "Table", states: States) -> "BooleanValue":
    """Return whether a line is a sale that a state column says was given back."""
    cells = [
        has_state(cast("StringValue", lines[STATE + column.name]), () if column.is_time else values)
        for column in states.columns
        if (values := column.values_of(REFUNDED))
    ]
    was_refunded = reduce(or_, cells, ibis.literal(False))
    is_sale = lines.reasons.isnull() & (lines.kind == "sale") & (lines.net_amount > 0)
    return cast("BooleanValue", is_sale & was_refunded)


def has_returns(states: States, recognised: tuple[str, ...] | Literal["all"]) -> bool:
    """Return whether refunded orders need a return, because nothing else refunds them."""
    is_recognised = recognised == "all" or "return" in recognised
    has_refunds = any(column.values_of(REFUNDED) for column in states.columns)
    return is_recognised and has_refunds and states.refunded == "return"


def with_returns(lines: "Table", states: States) -> "Table":
    """Return lines with a return for each sale that was given back.

    It is a line of its own, with the negative number of the row that says so.
    """
    back = lines.filter(is_given_back(lines, states))
    changed = {
        "quantity": -back.quantity,
        "gross_amount": -back.gross_amount,
        "discount_amount": -back.discount_amount,
        "net_amount": -back.net_amount,
        "kind": ibis.literal("return"),
        "source_row": -back.source_row,
    }
    types = lines.schema()
    returns = back.mutate(**{name: value.cast(types[name]) for name, value in changed.items()})
    return lines.union(returns.select(*lines.columns))
