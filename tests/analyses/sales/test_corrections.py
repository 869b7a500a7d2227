"""Orders of Online Retail II that a credit undoes. Every figure is from the lines of the file."""

from decimal import Decimal
from typing import Any

import pytest

from support.warehouses import BuiltWarehouse


def lines_of(shop: BuiltWarehouse, *orders: str) -> dict[str, tuple[str, Decimal]]:
    """Return the kind and amount of the only line of each order."""
    rows = shop.ask("lines", where={"order_id": list(orders)})
    return {row["order_id"]: (row["kind"], row["net_amount"]) for row in rows}


def customer(shop: BuiltWarehouse, number: str) -> dict[str, Any]:
    [found] = [row for row in shop.ask("rfm") if row["customer_id"] == number]
    return found


def test_an_order_undone_after_twelve_minutes_is_cancelled(standard: BuiltWarehouse) -> None:
    amount = Decimal("168469.60")  # 80,995 units at 2.08, on 9 December 2011 at 9:15
    assert lines_of(standard, "581483", "C581484") == {
        "581483": ("cancelled", amount), "C581484": ("reversal", -amount),
    }  # fmt: skip
    day = {"since": "2011-12-09", "until": "2011-12-09"}
    [found] = standard.ask("corrections", **day)
    assert (found["order_id"], found["credit_id"], found["matched_by"], found["amount"]) == (
        "581483", "C581484", "lines", amount
    )  # fmt: skip
    # Customer 16446 keeps order 553573: 1.65 and 1.25.
    ours = customer(standard, "16446")
    assert (ours["frequency"], ours["monetary"]) == (1, Decimal("2.90"))
    assert standard.one("kpis", **day)["gross_sales"] < amount


def test_a_credit_booked_as_manual_takes_out_the_order(standard: BuiltWarehouse) -> None:
    amount = Decimal("38970")  # 60 baskets at 649.50, a typing error on 10 June 2011 at 15:28
    assert lines_of(standard, "556444", "C556445") == {
        "556444": ("cancelled", amount), "C556445": ("reversal", -amount),
    }  # fmt: skip
    # Customer 15098 was also credited 556442 (C556448). What remains is 556446: 1 at 649.50.
    ours = customer(standard, "15098")
    assert (ours["frequency"], ours["monetary"]) == (1, Decimal("649.50"))
    year = {"since": "2011-01-01", "until": "2011-12-31"}
    leaders = [row["product_id"] for row in standard.ask("sales_by", by="product", **year)][:20]
    assert "22502" not in leaders


@pytest.mark.parametrize("name", ["gross_sales", "net_sales", "orders", "adjustments"])
def test_a_filter_by_an_undone_order_has_no_sales(standard: BuiltWarehouse, name: str) -> None:
    where = {"order_id": ["556444", "C556445", "581483", "C581484"]}
    assert standard.one("kpis", where=where)[name] == 0
