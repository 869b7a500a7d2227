"""Columns of staged lines with money and currencies, which staging uses up."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr.types import Table

MONEY = "money: "
"""The prefix of these columns."""

CURRENCY = f"{MONEY}currency"
"""The currency of a line: a code, a sign, or NULL if none is given."""

ORDER_DISCOUNT = f"{MONEY}order_discount"
ORDER_REFUND = f"{MONEY}order_refund"
ORDER_SUBTOTAL = f"{MONEY}order_subtotal"
"""Given once per order: a discount on top of those of its lines, a refund, their sum."""

NET_QUANTITY = f"{MONEY}net_quantity"
"""The units of a line that were not returned."""

ORDER_MONEY = (ORDER_DISCOUNT, ORDER_REFUND, ORDER_SUBTOTAL, NET_QUANTITY)
"""What is taken off the lines of an order once all of them are known."""


def money_columns(lines: "Table") -> list[str]:
    """Return the columns of staged lines that are used up before they become lines."""
    return [name for name in lines.columns if name.startswith(MONEY)]
