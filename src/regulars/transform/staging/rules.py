"""The rules a line must pass to be understood. A line that fails any is quarantined with them all.

Understanding a line is all that is asked here: what it is, a sale or something else, is
`kinds.py`. The docstring of a rule is the reason that people read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add, and_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.columns import docstring

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table

EARLIEST = "1970-01-01"
SEPARATOR = " | "


@dataclass(frozen=True)
class Rule:
    """What a good row passes. Calling it gives the predicate; `reason` says what failed."""

    name: str
    reason: str
    predicate: "Callable[[Table], BooleanValue]"

    def __call__(self, row: "Table") -> "BooleanValue":
        return self.predicate(row)


def rule(predicate: "Callable[[Table], BooleanValue]") -> Rule:
    """Make a rule of a predicate; its docstring is the reason shown in the quarantine."""
    return Rule(predicate.__name__, docstring(predicate), predicate)


@rule
def has_an_order(row: "Table") -> "BooleanValue":
    """There is no order number."""
    return row.order_id.notnull()


@rule
def has_a_date(row: "Table") -> "BooleanValue":
    """The order date is missing or cannot be read as a date."""
    return row.ordered_at.notnull()


@rule
def has_a_plausible_date(row: "Table") -> "BooleanValue":
    """The order date lies before 1970 or in the future."""
    return row.ordered_at.isnull() | row.ordered_at.between(
        ibis.timestamp(f"{EARLIEST} 00:00:00"), row.latest_plausible
    )


@rule
def has_a_quantity(row: "Table") -> "BooleanValue":
    """The quantity is missing or is not a number."""
    return row.quantity.notnull()


@rule
def has_a_price(row: "Table") -> "BooleanValue":
    """The unit price is missing or is not a number."""
    return row.unit_price.notnull()


@rule
def has_a_possible_discount(row: "Table") -> "BooleanValue":
    """The discount is not a number, is negative, or takes off more than the price."""
    return row.is_discount_possible


@rule
def has_a_plausible_amount(row: "Table") -> "BooleanValue":
    """Quantity times price is too large to be true."""
    return row.quantity.isnull() | row.unit_price.isnull() | row.gross_amount.notnull()


RULES: tuple[Rule, ...] = (
    has_an_order,
    has_a_date,
    has_a_plausible_date,
    has_a_quantity,
    has_a_price,
    has_a_possible_discount,
    has_a_plausible_amount,
)


def reasons(row: "Table") -> "StringValue":
    """Return every reason why a line is not understood, joined by ` | `; empty where it is."""
    said = reduce(add, (_reason(rule, row) for rule in RULES)).substr(len(SEPARATOR))
    # Text is put together only for the few rows that fail.
    passes_all = reduce(and_, (_passes(rule, row) for rule in RULES))
    return cast("StringValue", ibis.ifelse(passes_all, ibis.null("string"), said))


def _passes(rule: Rule, row: "Table") -> "BooleanValue":
    return cast("BooleanValue", rule(row).fill_null(False))


def _reason(rule: Rule, row: "Table") -> "StringValue":
    return cast("StringValue", ibis.ifelse(_passes(rule, row), "", SEPARATOR + rule.reason))
