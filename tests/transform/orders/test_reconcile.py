"""Reconciliation: a build that does not add up changes nothing."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from ibis.expr.types import Table

from regulars.core.errors import ReconciliationError
from regulars.engines.duckdb.engine import DuckDB
from regulars.loads import build
from regulars.transform.orders.reconcile import LedgerEntry, check_balance
from regulars.transform.star.sales import fact_sales
from support.warehouses import BuiltWarehouse, Rows, build_and_open

NAMES = {1: "shop.csv", 2: "more.csv"}


def entry(outcome: str, rows: int, amount: str, source: int = 1, kind: str = "") -> LedgerEntry:
    return LedgerEntry(source, outcome, kind, rows, Decimal(amount))


def test_a_balanced_ledger_passes() -> None:
    read = [entry("read", 3, "10.00"), entry("read", 1, "5", source=2)]
    outcomes = [
        entry("accepted", 1, "4.00", kind="sale"),
        entry("accepted", 1, "-1.00", kind="return"),
        entry("quarantined", 1, "7.00"),
        entry("superseded", 1, "5", source=2),
    ]
    check_balance(read, outcomes, NAMES)


@pytest.mark.parametrize(
    ("rows", "amount", "message"),
    [
        (2, "10.00", "read 3 rows worth 10.0000, accounted for 2 rows worth 10.0000"),
        (4, "10.00", "accounted for 4 rows"),
        (3, "9.9999", "accounted for 3 rows worth 9.9999"),
    ],
)
def test_a_missing_row_or_hundredth_of_a_penny_is_reported(
    rows: int, amount: str, message: str
) -> None:
    with pytest.raises(ReconciliationError, match=message):
        check_balance([entry("read", 3, "10.00")], [entry("accepted", rows, amount)], NAMES)


def test_every_source_must_balance_by_itself() -> None:
    read = [entry("read", 2, "1"), entry("read", 2, "1", source=2)]
    outcomes = [entry("accepted", 1, "1"), entry("accepted", 3, "1", source=2)]
    with pytest.raises(ReconciliationError) as raised:
        check_balance(read, outcomes, NAMES)
    assert "shop.csv" in str(raised.value)
    assert "more.csv" in str(raised.value)


def test_a_source_without_any_outcome_is_reported() -> None:
    with pytest.raises(ReconciliationError, match="accounted for 0 rows"):
        check_balance([entry("read", 2, "1")], [], NAMES)


@pytest.fixture
def losing_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_a_row(lines: Table, orders: Table, products: Table) -> Table:
        return fact_sales(lines, orders, products).filter(lambda fact: fact.source_row != 3)

    monkeypatch.setattr(build, "fact_sales", without_a_row)


def sales(*quantities: int) -> Rows:
    return [
        {"Order ID": n, "Order Date": "2024-01-01", "Customer ID": "Ann", "Product": "Tea",
         "Quantity": quantity, "Price": 10}
        for n, quantity in enumerate(quantities)
    ]  # fmt: skip


def test_a_build_that_loses_a_row_leaves_the_warehouse_unchanged(
    build_shop: Callable[..., BuiltWarehouse],
    write: Callable[..., Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    before = build_shop(sales(1, 2))
    engine = before.warehouse.engine
    assert isinstance(engine, DuckDB)
    path = engine.path
    before.warehouse.close()
    contents = path.read_bytes()
    request.getfixturevalue("losing_a_row")
    with pytest.raises(ReconciliationError, match=r"read 3 .* 60\.0.* accounted for 2 .* 40\.0"):
        build_and_open(path, [write(sales(1, 2, 3))])
    assert path.read_bytes() == contents
    assert list(tmp_path.glob("*.building*")) == []
