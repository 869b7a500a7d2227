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

LINE_REFUND = f"{MONEY}line_refund"
RETURNED_QUANTITY = f"{MONEY}returned_quantity"
NET_QUANTITY = f"{MONEY}net_quantity"
"""What was refunded of a line: its amount, the units returned, or the units that are left."""

AMOUNTS = (ORDER_DISCOUNT, ORDER_REFUND, ORDER_SUBTOTAL, LINE_REFUND)
ORDER_MONEY = (*AMOUNTS, RETURNED_QUANTITY, NET_QUANTITY)
"""What is taken off the lines of an order once all of them are known."""


MONEY_IS_READ = "order_money_is_read"
"""Whether each of these columns is a number, or has no digit, such as "-"."""


def money_columns(lines: "Table") -> list[str]:
    """Return the columns of staged lines that are used up before they become lines."""
    return [name for name in lines.columns if name.startswith(MONEY)]
