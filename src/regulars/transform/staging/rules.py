"""The rules that a line must pass. A line that fails is quarantined with every reason.

Rules only decide whether a line can be read; whether it is a sale or something else is decided in
`kinds.py`. The docstring of a rule is the reason shown to users.

A row has the typed columns of a line and its amounts. A rule that yields NULL fails, so test a
missing value first: another rule reports it. Returns have negative quantities.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add, and_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.columns import docstring
from regulars.transform.staging.money_columns import MONEY_IS_READ

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table

EARLIEST = "1970-01-01"
SEPARATOR = " | "
_FIRST_SEPARATOR = r"^ \| "


@dataclass(frozen=True)
class Rule:
    """A rule that valid rows pass, and the reason shown for those that do not."""

    name: str
    reason: str
    predicate: "Callable[[Table], BooleanValue]"

    def __call__(self, row: "Table") -> "BooleanValue":
        return self.predicate(row)


def rule(predicate: "Callable[[Table], BooleanValue]") -> Rule:
    """Turn a predicate into a rule; its docstring is the reason shown in the quarantine."""
    return Rule(predicate.__name__, docstring(predicate), predicate)


@rule
def has_an_order(row: "Table") -> "BooleanValue":
    """The order number is missing."""
    return row.order_id.notnull()


@rule
def has_a_date(row: "Table") -> "BooleanValue":
    """The order date is missing or is not a date."""
    return row.ordered_at.notnull()


@rule
def has_a_plausible_date(row: "Table") -> "BooleanValue":
    """The order date is before 1970 or in the future."""
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
    """The discount is not a number, is negative, or exceeds the price."""
    return row.is_discount_possible


@rule
def has_readable_money(row: "Table") -> "BooleanValue":
    """A discount of the order, or what was refunded or returned, is not a number."""
    if MONEY_IS_READ not in row.columns:
        return ibis.literal(True)
    return cast("BooleanValue", row[MONEY_IS_READ])


@rule
def has_a_plausible_amount(row: "Table") -> "BooleanValue":
    """Quantity times price is implausibly large."""
    return row.quantity.isnull() | row.unit_price.isnull() | row.gross_amount.notnull()


RULES: tuple[Rule, ...] = (
    has_an_order,
    has_a_date,
    has_a_plausible_date,
    has_a_quantity,
    has_a_price,
    has_a_possible_discount,
    has_readable_money,
    has_a_plausible_amount,
)


def reasons(row: "Table") -> "StringValue":
    """Return the reasons why a line fails, joined by ` | `; NULL if it passes every rule."""
    text = reduce(add, (_reason(rule, row) for rule in RULES)).re_replace(_FIRST_SEPARATOR, "")
    # The text is only computed for the few rows that fail.
    passes_all = reduce(and_, (_passes(rule, row) for rule in RULES))
    return cast("StringValue", ibis.ifelse(passes_all, ibis.null("string"), text))


def _passes(rule: Rule, row: "Table") -> "BooleanValue":
    return cast("BooleanValue", rule(row).fill_null(False))


def _reason(rule: Rule, row: "Table") -> "StringValue":
    return cast("StringValue", ibis.ifelse(_passes(rule, row), "", SEPARATOR + rule.reason))
