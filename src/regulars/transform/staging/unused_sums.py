"""Discounts, refunds and returned units that a source states and no figure includes.

A stated total shows whether a discount is off the prices already, or still to be taken off.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.expressions import total
from regulars.sources.profiles.totals import hint_of, is_subtotal
from regulars.sources.profiles.unused_money import stated_by
from regulars.transform.staging.control_sums import (
    SHIPPING,
    TAX,
    TOTAL,
    UNUSED,
    agrees_with,
    amounts_by_meaning,
    of_order,
    prefixed,
    tolerance_of,
    totals_of,
    unused_discounts,
)

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, NumericValue, Table


def unused_of(lines: "Table") -> list[str]:
    """Return the unmapped discounts and refunds of staged lines, by column name."""
    return [name.removeprefix(UNUSED) for name in prefixed(lines, UNUSED)]


def unused_sums(lines: "Table") -> "Table":
    """Return one row of sums: discounts and refunds that are not mapped, and those read.

    An amount that is the same on all lines of an order counts once. Units count if the line is a
    sale, or if they are not all units of the line.
    """
    names = unused_of(lines)
    valid = lines.filter(lines.reasons.isnull())
    sizes = {name: valid[UNUSED + name].abs() for name in names}
    units = {name: ibis.ifelse(
        (valid.kind == "sale") | (size != valid.quantity.abs()), size, 0
    ) for name, size in sizes.items() if _counts_units(name)}  # fmt: skip
    orders = valid.group_by("order_id").aggregate(
        discounts=total(valid.discount_amount),
        returns=total(valid.net_amount, valid.kind == "return"),
        **{
            UNUSED + name: total(units[name]) if name in units else of_order(size)
            for name, size in sizes.items()
        },
    )
    return orders.aggregate(
        discounts=total(orders.discounts),
        returns=total(orders.returns),
        **{str(number): total(orders[UNUSED + name]) for number, name in enumerate(names)},
    )


def discount_evidence(lines: "Table") -> "Table | None":
    """Return one row of counts: orders with each unused discount, and what their totals show.

    discounted  orders with the discount
    off         those whose total is what was read: the discount is off already
    to_take     those whose total is less by the discount
    own         those whose lines have different discounts

    None if there is no such discount, or no total to compare with.
    """
    discounts = unused_discounts(lines)
    totals = [TOTAL + name for name in totals_of(lines) if _is_after_discount(name)]
    if not discounts or not totals:
        return None
    others = prefixed(lines, TAX) + prefixed(lines, SHIPPING)
    orders = lines.group_by("order_id").aggregate(
        net_amount=total(lines.net_amount),
        gross_amount=total(lines.gross_amount),
        quantity=lines.quantity.abs().sum(),
        failed=lines.reasons.count(),
        **{name: of_order(lines[name].abs()) for name in discounts},
        **{f"differs: {name}": lines[name].min() != lines[name].max() for name in discounts},
        **{name: of_order(lines[name]) for name in (*totals, *others)},
    )
    orders = orders.filter(orders.failed == 0, orders.order_id.notnull())
    counts: dict[str, NumericValue] = {}
    for number, name in enumerate(discounts):
        is_discounted = (orders[name] > 0).fill_null(False)
        net = orders.net_amount
        less = cast("NumericValue", net - ibis.coalesce(orders[name], 0))
        counts |= {
            f"{number}_discounted": _count(is_discounted),
            f"{number}_off": _count(is_discounted & _is_total(orders, net, totals)),
            f"{number}_to_take": _count(is_discounted & _is_total(orders, less, totals)),
            f"{number}_own": _count(is_discounted & orders[f"differs: {name}"]),
        }
    return orders.aggregate(**counts)


def _is_after_discount(total_: str) -> bool:
    return hint_of(total_) != "gross" and not is_subtotal(total_)


def _is_total(orders: "Table", net: "NumericValue", totals: Sequence[str]) -> "BooleanValue":
    """Return whether any total is a net amount, with or without tax and shipping."""
    by_meaning = amounts_by_meaning(orders, net)
    choices = [*by_meaning["net"], *by_meaning.get("net_tax", ())]
    tolerance = tolerance_of(orders)
    return reduce(
        or_, (agrees_with(orders[name], one, tolerance) for name in totals for one in choices)
    )


def _count(condition: "BooleanValue") -> "NumericValue":
    return cast("NumericValue", ibis.ifelse(condition.fill_null(False), 1, 0).sum())


def discounts_shown(lines: "Table", evidence: Mapping[str, Any]) -> dict[str, str]:
    """Return what the totals show about unused discounts, by column name.

    "off" if they are off already; "order_discount" or "discount" for how to take them off.
    """
    shown = {}
    for number, name in enumerate(unused_discounts(lines)):
        discounted, off, to_take, own = (
            evidence[f"{number}_{count}"] or 0 for count in ("discounted", "off", "to_take", "own")
        )
        if discounted and to_take == discounted:
            shown[name.removeprefix(UNUSED)] = "discount" if own else "order_discount"
        elif discounted and off == discounted:
            shown[name.removeprefix(UNUSED)] = "off"
    return shown


def unused_warnings(
    source: str, names: Sequence[str], sums: Mapping[str, Any], shown: Mapping[str, str]
) -> Iterator[str]:
    """Yield a warning for each column with discounts, refunds or units that no figure includes.

    shown  what the totals show about discounts (`discounts_shown`)
    """
    for number, name in enumerate(names):
        amount, kind = sums[str(number)] or Decimal(0), stated_by(name)
        if not amount:
            continue
        if _counts_units(name):
            yield (
                f'{source}: "{name}" adds up to {_units(amount)}, which no figure takes '
                "off. To count them as returned, set in your profile:\n  [columns]\n"
                f'  returned_quantity = "{name}"'
            )
        elif shown.get(name) == "off":
            continue
        elif name in shown:
            yield (
                f'{source}: "{name}" adds up to {amount:,.2f}, which no figure includes. To take '
                f'it off, set in your profile:\n  [columns]\n  {shown[name]} = "{name}"'
            )
        elif amount != (-sums["returns"] if kind == "refund" else sums["discounts"]):
            ours = "line_refund" if kind == "refund" else "discount"
            yield (
                f'{source}: "{name}" adds up to {amount:,.2f}, which no figure includes. If it '
                f"belongs to the order, set in your profile:\n  [columns]\n  order_{kind} = "
                f'"{name}"  # or, if each line has its own: {ours} = "{name}"'
            )


def _units(amount: Decimal) -> str:
    return "1 unit" if amount == 1 else f"{amount.normalize():,f} units"


def _counts_units(name: str) -> bool:
    return stated_by(name) in ("returned units", "cancelled units")
