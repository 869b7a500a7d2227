"""The largest customer of each row of a breakdown, who may explain most of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis

from regulars.core.expressions import is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, Table


def with_largest(
    groups: "Table", lines: "Table", keys: Sequence[str], amount: "NumericValue"
) -> "Table":
    """Return groups with the highest and the lowest amount of one known customer.

    `groups` are the lines grouped by the keys; the columns are `highest` and `lowest`, NULL for a
    group of guests.
    """
    bought = lines.group_by(*keys, "customer_key").aggregate(amount=amount)
    known = bought.filter(is_known_customer(bought.customer_key))
    extremes = known.group_by(keys).aggregate(highest=known.amount.max(), lowest=known.amount.min())
    same = [one for key in keys for one in _is_same(groups[key], extremes[key])]
    return groups.left_join(extremes, same).select(*groups.columns, "highest", "lowest")


def _is_same(left: "ibis.Value", right: "ibis.Value") -> "list[BooleanValue]":
    """Return conditions for equal text or two NULLs, which PostgreSQL can join by hash."""
    return [left.fill_null("") == right.fill_null(""), left.isnull() == right.isnull()]
