"""Control sums: whether the amounts of lines and orders come out as the totals a source states.

A total can be that of the line or of the order, before or after discount, with or without tax and
shipping. Each is compared under the meaning that fits it best; what differs is a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.errors import SourceError
from regulars.core.expressions import total
from regulars.core.formatting import counted
from regulars.core.schema import MONEY as MONEY_TYPE
from regulars.sources.profiles.totals import has_tax
from regulars.sources.profiles.unused_money import stated_by
from regulars.transform.staging.money_columns import MONEY, ORDER_DISCOUNT

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, Table

TOTAL, TAX, SHIPPING = f"{MONEY}total: ", f"{MONEY}tax: ", f"{MONEY}shipping: "
"""Prefixes of the columns of staged lines with stated totals, taxes and shipping."""

UNUSED = f"{MONEY}unused: "
"""The prefix of columns with discounts and refunds that no figure includes."""

_SUM = f"{MONEY}sum of "
_ANY = f"{MONEY}any total: "
"""The prefix of the highest total of an order."""

_LINES = f"{MONEY}sum of lines: "
"""The prefix of the sum of a total over the lines of an order."""

RATES = (
    2, 2.5, 2.6, 3, 3.8, 4, 5, 5.5, 6, 6.5, 7, 7.7, 8, 8.1, 9, 10, 12, 13, 13.5, 14, 15, 16, 17, 18,
    19, 20, 21, 22, 23, 24, 25, 25.5, 27, 28,
)  # fmt: skip
"""The usual rates of a tax on sales, in percent, for totals that say that it is inside."""

MOSTLY = 0.5
"""The share of lines or orders that must agree with a total for it to have that meaning."""

_MEANINGS = {
    "net": "after discount", "gross": "before discount", "net_tax": "after discount, with tax",
    "gross_tax": "before discount, with tax", "net_rate": "after discount, with tax",
    "list": "before the discount that the prices already include",
}  # fmt: skip


@dataclass(frozen=True)
class ControlSum:
    """How a stated total compares with the amounts that were read.

    level   "line" or "order"
    meaning the amount it was compared with, a key of _MEANINGS
    number  how many lines or orders state it
    agree   how many of them agree
    stated  the sum of the total
    read    the sum of the amounts it was compared with
    """

    column: str
    level: str
    meaning: str
    number: int
    agree: int
    stated: Decimal
    read: Decimal


def orders_with_one_amount(lines: "Table") -> "Table":
    """Return one row of counts: orders of several lines, and those whose lines all cost the same.

    Only orders with different quantities or products count, because equal lines cost the same.
    """
    valid = lines.filter(lines.reasons.isnull())
    orders = valid.group_by("order_id").aggregate(
        is_one=valid.gross_amount.min() == valid.gross_amount.max(),
        kinds=(valid.product_id.nunique() * valid.quantity.nunique()),
        lines=valid.count(),
    )
    several = orders.filter(orders.lines > 1, orders.kinds > 1)
    return several.aggregate(orders=several.count(), same=ibis.ifelse(several.is_one, 1, 0).sum())


def check_is_of_the_line(source: str, column: str, counts: Mapping[str, Any]) -> None:
    """Raise SourceError if a total is the same on all lines of every order of several lines."""
    if counts["orders"] and counts["same"] == counts["orders"]:
        orders = counted(counts["orders"], "order", "orders")
        raise SourceError(
            f'{source}: "{column}" is the same on all lines of {orders}, so it can be the total of '
            "the order instead of the value of a line. If it is the value of each line, set in "
            f'your profile:\n  [columns]\n  line_total = "{column}"\nOtherwise name the column '
            'with the unit price:\n  [columns]\n  unit_price = "their column"'
        )


def totals_of(lines: "Table") -> list[str]:
    """Return the totals that staged lines have, by column name."""
    return [name.removeprefix(TOTAL) for name in lines.columns if name.startswith(TOTAL)]


def line_sums(lines: "Table") -> "Table":
    """Return one row of counts and sums: how each total compares with the amounts of lines."""
    valid = lines.filter(lines.reasons.isnull())
    return _compared(valid, amounts_by_meaning(valid), tolerance_of(valid), totals_of(lines))


def order_sums(lines: "Table") -> "Table":
    """Return the same counts and sums for totals of orders; orders with failed lines are left out.

    A total that differs within an order agrees with nothing.
    """
    totals, others = totals_of(lines), prefixed(lines, TAX) + prefixed(lines, SHIPPING)
    orders = lines.group_by("order_id").aggregate(
        net_amount=total(lines.net_amount),
        gross_amount=total(lines.gross_amount),
        quantity=lines.quantity.abs().sum(),
        failed=lines.reasons.count(),
        off=_off(lines),
        **{TOTAL + name: _same(lines[TOTAL + name]) for name in totals},
        **{_ANY + name: lines[TOTAL + name].max() for name in totals},
        **{_LINES + name: lines[TOTAL + name].sum() for name in totals},
        **{name: of_order(lines[name].abs()) for name in unused_discounts(lines)},
        **{name: lines[name].max() for name in others},
        **{_SUM + name: lines[name].sum() for name in prefixed(lines, TAX)},
    )
    orders = orders.filter(orders.failed == 0, orders.order_id.notnull())
    orders = orders.mutate(net_amount=orders.net_amount - orders.off)
    return _compared(orders, amounts_by_meaning(orders), tolerance_of(orders), totals)


def _off(lines: "Table") -> "NumericValue":
    """Return the discount that an order gives once."""
    if ORDER_DISCOUNT not in lines.columns:
        return total(lines.net_amount, lines.net_amount.isnull())
    nothing = ibis.literal(0).cast(MONEY_TYPE)
    return cast("NumericValue", ibis.coalesce(lines[ORDER_DISCOUNT].abs().max(), nothing))


def _same(amount: "NumericValue") -> "NumericValue":
    return cast("NumericValue", ibis.ifelse(amount.min() == amount.max(), amount.max(), None))


def of_order(amount: "NumericValue") -> "NumericValue":
    """Return an amount of an order: one that is the same on all of its lines, or their sum."""
    return cast(
        "NumericValue", ibis.ifelse(amount.min() == amount.max(), amount.max(), total(amount))
    )


def unused_discounts(lines: "Table") -> list[str]:
    """Return the columns of staged lines with discounts that no figure includes."""
    names = prefixed(lines, UNUSED)
    return [name for name in names if stated_by(name.removeprefix(UNUSED)) == "discount"]


def prefixed(lines: "Table", prefix: str) -> list[str]:
    """Return the columns with a prefix."""
    return [name for name in lines.columns if name.startswith(prefix)]


def amounts_by_meaning(
    rows: "Table", net: "NumericValue | None" = None
) -> "dict[str, list[NumericValue]]":
    """Return the amounts that a total can be, by meaning; `net` is another net amount."""
    net = rows.net_amount if net is None else net
    taxes = [_signed(rows[name], net) for name in prefixed(rows, TAX)]
    taxes += [rows[name] for name in prefixed(rows, SHIPPING)]
    of_lines = [rows[name] for name in prefixed(rows, _SUM)]
    shipping = [rows[name] for name in prefixed(rows, SHIPPING)]
    amounts = {"net": [net], "gross": [rows.gross_amount]}
    for name, amount in (("net_tax", net), ("gross_tax", rows.gross_amount)):
        sums = [amount + ibis.coalesce(tax, 0) for tax in taxes]
        several = [taxes] if len(taxes) > 1 else []
        # A tax can be given once per order, or on each line.
        several += [of_lines, [*of_lines, *shipping]] if of_lines else []
        sums += [reduce(add, (ibis.coalesce(tax, 0) for tax in parts), amount) for parts in several]
        if sums:
            amounts[name] = sums
    amounts["net_rate"] = [net.cast("float64") * (1 + rate / 100) for rate in RATES]
    if discounts := unused_discounts(rows):
        amounts["list"] = [net + ibis.coalesce(rows[name], 0) for name in discounts]
    return amounts


def _signed(tax: "NumericValue", net: "NumericValue") -> "NumericValue":
    """Return a tax with the sign of its amount: credit notes are often written without signs."""
    return cast("NumericValue", ibis.ifelse(net < 0, -tax.abs(), tax))


def tolerance_of(rows: "Table") -> "NumericValue":
    """Return by how much a total may differ: half a cent on the line and on each unit."""
    return cast("NumericValue", 0.006 + 0.005 * rows.quantity.cast("float64").abs())


def _compared(
    rows: "Table",
    amounts: "Mapping[str, Sequence[NumericValue]]",
    tolerance: "NumericValue",
    totals: Sequence[str],
) -> "Table":
    counts: dict[str, NumericValue] = {}
    for number, name in enumerate(totals):
        stated = rows[TOTAL + name]
        known = rows[_ANY + name] if _ANY + name in rows.columns else stated
        counts[f"{number}_number"] = cast("NumericValue", known.count())
        counts[f"{number}_stated"] = total(stated)
        sums = [rows[_LINES + name]] if _LINES + name in rows.columns else []
        for meaning, choices in amounts.items():
            if meaning == "net_rate" and not has_tax(name):
                continue
            agrees = [
                agrees_with(one, amount, tolerance) for one in (stated, *sums) for amount in choices
            ]
            either = reduce(lambda one, other: one | other, agrees)
            counts[f"{number}_agree_{meaning}"] = ibis.ifelse(either, 1, 0).sum()
            counts[f"{number}_read_{meaning}"] = total(choices[0], stated.notnull())
    return rows.aggregate(**counts)


def agrees_with(
    stated: "NumericValue", amount: "NumericValue", tolerance: "NumericValue"
) -> "BooleanValue":
    # A refund can be written without its sign.
    difference = stated.cast("float64").abs() - amount.cast("float64").abs()
    return cast("BooleanValue", (difference.abs() <= tolerance).fill_null(False))


def best_meanings(
    totals: Sequence[str], lines: Mapping[str, Any], orders: Mapping[str, Any]
) -> list[ControlSum]:
    """Return each stated total under the meaning that most lines or orders agree with."""
    sums = []
    for number, name in enumerate(totals):
        candidates = [
            ControlSum(
                name,
                level,
                meaning,
                row[f"{number}_number"] or 0,
                row[f"{number}_agree_{meaning}"] or 0,
                row[f"{number}_stated"] or Decimal(0),
                row[f"{number}_read_{meaning}"] or Decimal(0),
            )
            for level, row in (("line", lines), ("order", orders))
            for meaning in _MEANINGS
            if f"{number}_agree_{meaning}" in row
        ]
        sums.append(max(candidates, key=_share))
    return [one for one in sums if one.number]


def _share(one: ControlSum) -> float:
    return one.agree / one.number if one.number else -1.0


def first_difference(lines: "Table", control: ControlSum) -> "Table":
    """Return the first valid line whose total differs: quantity, unit_price, stated, amount."""
    valid = lines.filter(lines.reasons.isnull())
    stated = valid[TOTAL + control.column]
    amounts = amounts_by_meaning(valid).get(control.meaning, [valid.net_amount])
    agrees = reduce(
        lambda one, other: one | other,
        [agrees_with(stated, amount, tolerance_of(valid)) for amount in amounts],
    )
    differs = valid.filter(stated.notnull(), ~agrees)
    return differs.select(
        "order_id", "quantity", "unit_price", amount="net_amount", stated=TOTAL + control.column
    ).limit(1)


def warning_of(source: str, control: ControlSum, example: Mapping[str, Any] | None) -> str:
    """Return a warning that a stated total differs from the amounts read."""
    level = ("line", "lines") if control.level == "line" else ("order", "orders")
    number = counted(control.number, *level)
    first = (
        f" First: order {example['order_id']}, quantity {example['quantity'].normalize():f}, price "
        f"{example['unit_price']:,.2f}, amount {example['amount']:,.2f}, "
        f'"{control.column}" {example["stated"]:,.2f}.'
        if example
        else ""
    )
    if _share(control) >= MOSTLY:
        return (
            f'{source}: "{control.column}" ({_MEANINGS[control.meaning]}) differs from the amounts '
            f"read on {control.number - control.agree:,} of {number}, by "
            f"{control.stated - control.read:+,.2f} in all.{first}"
        )
    return (
        f'{source}: "{control.column}" adds up to {control.stated:,.2f} on {number}, but the '
        f"amounts read come to {control.read:,.2f}: no reading of prices and discounts explains "
        f"it.{first}"
    )
