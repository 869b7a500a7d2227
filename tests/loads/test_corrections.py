"""An order that a credit undoes within three days is a cancelled order, whenever the credit comes.

The price of a line is a power of two, so that a sum shows which lines are in it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import ProfileError, SourceError
from regulars.loads.report import remarks
from support.loaded_warehouse import LoadedWarehouse, balance, line
from support.warehouses import profile_from

ON_DUCKDB = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)

ORDERS = [
    line("1", "tea", "1", "1"),
    line("2", "tea", "1", "2"), line("2", "mug", "2", "4"),
    line("3", "hat", "1", "16"),
]  # fmt: skip
"""1, 10 and 16 of sales to Ann on 1 January."""

CREDIT = [
    line("C2", "mug", "-2", "4", day="2024-01-04"),
    line("C2", "tea", "-1", "2", day="2024-01-04"),
]
"""All of order 2, on the third day after it."""

MANUAL = '[[kinds]]\nkind = "adjustment"\nbecause = "Manual"\nproduct_id = "M"\n'


def undone(shop: LoadedWarehouse) -> set[tuple[Any, ...]]:
    rows = shop.ask("corrections")
    return {(row["order_id"], row["credit_id"], row["matched_by"]) for row in rows}


def figures(shop: LoadedWarehouse) -> tuple[float, ...]:
    """Return gross sales, returns, net sales and orders, as numbers."""
    [row] = shop.ask("kpis")
    return tuple(float(row[name]) for name in ("gross_sales", "returns", "net_sales", "orders"))


def money_by_kind(shop: LoadedWarehouse) -> dict[str, float]:
    """Return the money of accepted lines by kind, as the ledger has it."""
    sums: dict[str, float] = {}
    for row in shop.rows("ledger_entries"):
        if row["outcome"] == "accepted":
            sums[row["kind"]] = sums.get(row["kind"], 0) + float(row["amount"])
    return {kind: amount for kind, amount in sums.items() if amount}


def test_a_credit_in_a_later_load_cancels_the_order_until_that_load_is_undone(
    shop: LoadedWarehouse, new_location: Callable[[], str], tmp_path: Path
) -> None:
    orders, credit = shop.file("1.csv", ORDERS), shop.file("2.csv", CREDIT)
    shop.build(orders)
    before = shop.contents()
    assert figures(shop) == (27, 0, 27, 3)
    report = shop.load(credit)
    assert "1 order is undone by a credit within 3 days" in " ".join(map(str, remarks(report)))
    # 1 + 16: neither the order nor its credit counts.
    assert figures(shop) == (17, 0, 17, 2)
    assert undone(shop) == {("2", "C2", "lines")}
    assert money_by_kind(shop) == {"sale": 17, "cancelled": 10, "reversal": -10}
    assert balance(shop) == {(0, 0)}
    built = LoadedWarehouse(new_location(), tmp_path)
    built.build(credit, orders)
    assert shop.contents() == built.contents()
    assert undone(shop) == undone(built)
    report = shop.undo(2)
    assert "1 order counts again" in " ".join(map(str, remarks(report)))
    assert shop.contents() == before
    assert undone(shop) == set()
    assert money_by_kind(shop) == {"sale": 27}


@ON_DUCKDB
def test_a_new_version_of_an_order_or_its_credit_is_matched_again(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", ORDERS + CREDIT))
    shop.load(shop.file("2.csv", CREDIT[:1]))
    # Only the mugs came back: a return of 8 of the order of 10.
    assert undone(shop) == set()
    assert figures(shop) == (27, 8, 19, 3)
    shop.load(shop.file("3.csv", [line("2", "mug", "2", "4")]))
    assert undone(shop) == {("2", "C2", "lines")}
    assert figures(shop) == (17, 0, 17, 2)


@ON_DUCKDB
@pytest.mark.parametrize(
    "credit",
    [
        [CREDIT[0]],
        [*CREDIT, line("C2", "hat", "-1", "16", day="2024-01-04")],
        [row | {"Customer ID": "Bob"} for row in CREDIT],
        [row | {"Customer ID": ""} for row in CREDIT],
        [CREDIT[0] | {"Customer ID": ""}, CREDIT[1]],
        [row | {"Order Date": "2024-01-05"} for row in CREDIT],
        [row | {"Order Date": "2023-12-31"} for row in CREDIT],
        [CREDIT[0] | {"SKU": "cup"}, CREDIT[1]],
        [CREDIT[0] | {"Quantity": "-1", "Price": "8"}, CREDIT[1]],
    ],
    ids=["a part", "more", "another customer", "a guest", "half a guest", "after four days",
         "before", "another product", "another quantity"],
)  # fmt: skip
def test_any_other_credit_is_a_return(shop: LoadedWarehouse, credit: list[dict[str, str]]) -> None:
    shop.build(shop.file("1.csv", ORDERS + credit))
    returned = sum(float(row["Quantity"]) * -float(row["Price"]) for row in credit)
    assert figures(shop) == (27, returned, 27 - returned, 3)
    assert undone(shop) == set()


@ON_DUCKDB
def test_a_credit_booked_as_an_adjustment_takes_out_the_order_of_the_same_amount(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    lines = [
        *ORDERS,
        line("C2", "M", "-1", "10", day="2024-01-02"),  # order 2
        line("C4", "M", "-1", "17", day="2024-01-02"),  # orders 1 and 3 together
        line("C5", "M", "-1", "1", day="2024-01-02", customer="Bob"),
    ]
    shop.build(shop.file("1.csv", lines), profile=profile_from(tmp_path, MANUAL))
    assert undone(shop) == {("2", "C2", "amount")}
    assert figures(shop) == (17, 0, 17, 2)
    assert money_by_kind(shop) == {
        "sale": 17, "cancelled": 10, "reversal": -10, "adjustment": -18,
    }  # fmt: skip
    [ann] = [row for row in shop.rows("dim_customer") if row["customer_id"] == "Ann"]
    assert (ann["orders"], float(ann["net_sales"])) == (2, 17)


@ON_DUCKDB
def test_each_credit_undoes_one_order_the_latest_before_it(shop: LoadedWarehouse) -> None:
    days = {"A": "01", "B": "02", "C": "03", "D": "05", "E": "06"}
    lines = [
        line(number, "tea", "-1" if number in "CE" else "1", "2", day=f"2024-01-{day}")
        for number, day in days.items()
    ]
    lines += [line("F", "tea", "-1", "2", day="2024-01-07")]
    shop.build(shop.file("1.csv", lines))
    # C closes B, and E closes D. Only A is left for F, six days later: a return.
    assert undone(shop) == {("B", "C", "lines"), ("D", "E", "lines")}
    assert figures(shop) == (2, 2, 0, 1)


@ON_DUCKDB
def test_a_profile_has_the_days_and_the_orders_that_are_not_corrections(
    shop: LoadedWarehouse, new_location: Callable[[], str], tmp_path: Path
) -> None:
    lines = shop.file("1.csv", ORDERS + CREDIT)
    for setting in ("corrections_within = 0", "corrections_within = 2", 'not_corrections = "C2"',
                    'not_corrections = ["X", "2"]'):  # fmt: skip
        other = LoadedWarehouse(new_location(), tmp_path)
        other.build(lines, profile=profile_from(tmp_path, f"[orders]\n{setting}"))
        assert undone(other) == set(), setting
        assert figures(other) == (27, 10, 17, 3), setting
    shop.build(lines)
    assert undone(shop) == {("2", "C2", "lines")}
    rejecting = profile_from(tmp_path, '[orders]\nnot_corrections = ["C2"]')
    shop.load(shop.file("2.csv", [line("9", "tea", "1", "32", customer="Bob")]), profile=rejecting)
    assert undone(shop) == set()
    assert figures(shop) == (59, 10, 49, 4)
    shop.undo(2)
    assert undone(shop) == {("2", "C2", "lines")}
    assert shop.load(lines, profile=rejecting).duplicates
    assert undone(shop) == set()
    week = profile_from(tmp_path, "[orders]\ncorrections_within = 7")
    with pytest.raises(SourceError, match="corrections_within = 7, but the warehouse was built"):
        shop.load(lines, profile=week)
    with pytest.raises(ProfileError, match="must be a number of days"):
        profile_from(tmp_path, "[orders]\ncorrections_within = -1")


@ON_DUCKDB
def test_a_source_with_statuses_says_itself_what_was_cancelled(shop: LoadedWarehouse) -> None:
    sold = [row | {"Order Status": "Completed"} for row in ORDERS]
    back = [row | {"Order Status": "Refunded"} for row in CREDIT]
    shop.build(shop.file("1.csv", sold + back))
    assert undone(shop) == set()
    assert figures(shop) == (27, 10, 17, 3)


@ON_DUCKDB
def test_forgetting_a_customer_does_not_change_the_sales(shop: LoadedWarehouse, key: str) -> None:
    bob = line("9", "tea", "1", "32", customer="Bob")
    shop.build(shop.file("1.csv", [*ORDERS, *CREDIT, bob]))
    shop.forget("Ann")
    assert figures(shop) == (49, 0, 49, 3)
    assert money_by_kind(shop) == {"sale": 49, "cancelled": 10, "reversal": -10}
    assert balance(shop) == {(0, 0)}
