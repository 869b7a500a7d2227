"""Rows and money read are rows and money accounted for, or nothing is built."""

from decimal import Decimal

import pytest

from regulars.core.errors import ReconciliationError
from regulars.loads import build
from regulars.transform.orders.reconcile import Tally, check
from support.warehouses import build_and_open

NAMES = {1: "shop.csv", 2: "more.csv"}


def tally(outcome, rows, amount, source=1, kind=""):
    return Tally(source, outcome, kind, rows, Decimal(amount))


def test_what_adds_up_passes():
    read = [tally("read", 3, "10.00"), tally("read", 1, "5", source=2)]
    became = [
        tally("accepted", 1, "4.00", kind="sale"),
        tally("accepted", 1, "-1.00", kind="return"),
        tally("quarantined", 1, "7.00"),
        tally("superseded", 1, "5", source=2),
    ]
    check(read, became, NAMES)


@pytest.mark.parametrize(
    ("rows", "amount", "words"),
    [
        (2, "10.00", "read 3 rows worth 10.0000, accounted for 2 rows worth 10.0000"),
        (4, "10.00", "accounted for 4 rows"),
        (3, "9.9999", "accounted for 3 rows worth 9.9999"),
    ],
)
def test_a_row_or_a_hundredth_of_a_penny_that_is_missing_is_told(rows, amount, words):
    with pytest.raises(ReconciliationError, match=words):
        check([tally("read", 3, "10.00")], [tally("accepted", rows, amount)], NAMES)


def test_files_do_not_make_up_for_each_other():
    read = [tally("read", 2, "1"), tally("read", 2, "1", source=2)]
    became = [tally("accepted", 1, "1"), tally("accepted", 3, "1", source=2)]
    with pytest.raises(ReconciliationError) as raised:
        check(read, became, NAMES)
    assert "shop.csv" in str(raised.value)
    assert "more.csv" in str(raised.value)


def test_a_file_of_which_nothing_arrived_is_told():
    with pytest.raises(ReconciliationError, match="accounted for 0 rows"):
        check([tally("read", 2, "1")], [], NAMES)


@pytest.fixture
def losing_a_row(monkeypatch):
    honest = build.fact_sales

    def careless(lines, orders, products):
        return honest(lines, orders, products).filter(lambda fact: fact.source_row != 3)

    monkeypatch.setattr(build, "fact_sales", careless)


def sales(*quantities):
    return [
        {"Order ID": n, "Order Date": "2024-01-01", "Customer ID": "Ann", "Product": "Tea",
         "Quantity": quantity, "Price": 10}
        for n, quantity in enumerate(quantities)
    ]  # fmt: skip


def test_a_build_that_loses_a_row_leaves_the_warehouse_as_it_was(
    build_shop, write, tmp_path, request
):
    before = build_shop(sales(1, 2))
    path = before.warehouse.engine.path
    before.warehouse.close()
    contents = path.read_bytes()
    request.getfixturevalue("losing_a_row")
    with pytest.raises(ReconciliationError, match=r"read 3 .* 60\.0.* accounted for 2 .* 40\.0"):
        build_and_open(path, [write(sales(1, 2, 3))])
    assert path.read_bytes() == contents
    assert list(tmp_path.glob("*.building*")) == []
