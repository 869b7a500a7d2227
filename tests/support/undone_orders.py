"""Orders of Online Retail II that a credit undoes, found invoice by invoice in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

Key = Callable[["Invoice"], Hashable]
DAYS = 3


@dataclass(frozen=True)
class Invoice:
    """One invoice: its number, customer and time, and its lines by kind, without their signs."""

    number: str
    customer: Any
    time: pd.Timestamp
    kinds: frozenset[str]
    goods: frozenset[tuple[tuple[Any, ...], int]]
    amounts: dict[str, float]

    @property
    def is_order(self) -> bool:
        return "sale" in self.kinds and "return" not in self.kinds

    @property
    def is_credit_of_goods(self) -> bool:
        return "return" in self.kinds and "sale" not in self.kinds

    @property
    def is_credit_of_money(self) -> bool:
        return not self.kinds & {"sale", "return"} and self.amounts.get("adjustment", 0) < 0


def undone_orders(lines: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Return the credit of each order that one undoes: by the same lines, and by the same amount.

    `lines` has Invoice, customer, InvoiceDate, StockCode, Quantity, Price and kind.
    """
    invoices = _invoices(lines.dropna(subset="customer"))
    by_lines = _last_in_first_out(
        [one for one in invoices if one.is_order or one.is_credit_of_goods],
        lambda one: (one.customer, one.goods),
    )
    others = [one for one in invoices if one.number not in by_lines]
    by_amount = _last_in_first_out(
        [one for one in others if one.is_order or one.is_credit_of_money],
        lambda one: (
            (one.customer, round(abs(sum(one.amounts.values())), 4))
            if one.is_credit_of_money
            else (one.customer, round(one.amounts["sale"], 4))
        ),
    )
    return by_lines, by_amount


def _last_in_first_out(invoices: list[Invoice], key: Key) -> dict[str, str]:
    """Return the credit of each order: a credit takes the last order that is still open."""
    is_open: dict[Hashable, list[Invoice]] = defaultdict(list)
    found = {}
    for one in sorted(invoices, key=lambda one: (one.time, not one.is_order, one.number)):
        orders = is_open[key(one)]
        if one.is_order:
            orders.append(one)
        elif orders:
            order = orders.pop()
            if (one.time.normalize() - order.time.normalize()).days <= DAYS:
                found[order.number] = one.number
    return found


def _invoices(lines: pd.DataFrame) -> list[Invoice]:
    """Return the invoices whose amount the same customer was charged and credited."""
    booked = lines[lines.kind.isin(["sale", "return", "manual", "nothing charged", "stock"])]
    money = booked.assign(
        kind=booked.kind.where(booked.kind.isin(["sale", "return"]), "adjustment"),
        amount=(booked.Quantity * booked.Price).round(4),
    )
    totals = money.groupby(["customer", "Invoice", "kind"]).amount.sum().round(2).reset_index()
    pennies = totals.assign(amount=totals.amount.abs(), is_order=totals.kind == "sale")
    alike = pennies.groupby(["customer", "amount"]).is_order.transform("nunique") > 1
    theirs = money[money.Invoice.isin(totals[alike].Invoice)]
    return [_invoice(str(number), theirs) for number, theirs in theirs.groupby("Invoice")]


def _invoice(number: str, lines: pd.DataFrame) -> Invoice:
    goods = lines[lines.kind != "adjustment"]
    cells = zip(
        goods.StockCode.str.strip().str.upper(), goods.Quantity.abs(), goods.Price, strict=True
    )
    return Invoice(
        number,
        lines.customer.iloc[0],
        lines.InvoiceDate.min(),
        frozenset(lines.kind),
        frozenset(Counter(cells).items()),
        lines.groupby("kind").amount.sum().to_dict(),
    )
