"""Columns that say what a row is decide the kinds of lines in every build, load and replay."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.loads.api import build, check, load, replay
from regulars.loads.report import LoadReport
from regulars.warehouse.warehouse import open_warehouse

HEADER = "Order ID,Order Date,Customer ID,SKU,Quantity,Price,Payment status"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def write(name: str, *rows: str, header: str = HEADER) -> str:
        Path(name).write_text("\n".join((header, *rows)) + "\n", "utf-8")
        return name

    return write


def net_sales() -> Decimal:
    with open_warehouse("shop.duckdb") as warehouse:
        [row] = warehouse.rows(warehouse.ask("kpis"))
    return Decimal(row["net_sales"])


def kinds(report: LoadReport) -> dict[str, str]:
    return {count.value: count.kind for source in report.sources
            for survey in source.states for count in survey.counts}  # fmt: skip


def test_a_later_file_can_cancel_an_order(write: Callable[..., str]) -> None:
    first = write("1.csv", "1,2024-01-01,C1,S,1,10,paid", "2,2024-01-01,C2,S,1,20,paid")
    build(first, warehouse="shop.duckdb")
    assert net_sales() == 30
    report = load(write("2.csv", "2,2024-01-01,C2,S,1,20,voided"), warehouse="shop.duckdb")
    assert report.orders.changed == 1
    assert net_sales() == 10


@pytest.mark.parametrize(
    ("status", "lines"),
    [("voided", [("cancelled", 60)]), ("refunded", [("return", -60), ("sale", 60)])],
)
def test_a_corrected_row_keeps_its_state(
    write: Callable[..., str], status: str, lines: list[tuple[str, int]]
) -> None:
    rows = ("1,2024-01-01,C1,S,1,10,paid", f"2,2024-01-01,C2,S,many,20,{status}")
    build(write("1.csv", *rows), warehouse="shop.duckdb")
    with open_warehouse("shop.duckdb") as warehouse:
        [row] = warehouse.rows(warehouse.table("quarantine"))
    corrected = write(
        "corrected.csv",
        f"{row['source_id']},1.csv,{row['source_row']},x,2,2024-01-01,C2,S,3,20,{status}",
        header="quarantined_source_id,quarantined_source,quarantined_row,quarantined_because,"
        + HEADER,
    )
    replay(corrected, warehouse="shop.duckdb")
    with open_warehouse("shop.duckdb") as warehouse:
        sales = list(warehouse.rows(warehouse.table("fact_sales")))
    found = sorted((row["kind"], row["net_amount"]) for row in sales)
    assert found == sorted([*lines, ("sale", 10)])


def test_a_profile_can_name_the_columns_or_none(write: Callable[..., str]) -> None:
    file = write("1.csv", "1,2024-01-01,C1,S,1,10,voided")
    Path("none.toml").write_text("[formats]\nstates = []\n")
    Path("one.toml").write_text('[formats]\nstates = ["Payment status"]\n')
    assert kinds(check(file, profile="none.toml")) == {}
    assert kinds(check(file, profile="one.toml")) == {"voided": "cancelled"}


def test_a_column_of_anything_else_is_not_a_state_column(write: Callable[..., str]) -> None:
    header = "Order ID,Order Date,Customer ID,SKU,Quantity,Price,Note,Payment method,Type"
    report = check(
        write(
            "1.csv",
            "1,2024-01-01,C1,S,1,10,,Visa,Ring",
            "2,2024-01-01,C2,S,1,10,test,Cash,Necklace",
            header=header,
        )
    )
    assert kinds(report) == {}
    assert report.total("accepted", "sale") == (2, Decimal(20))


def test_a_column_is_recognised_after_the_sample(write: Callable[..., str]) -> None:
    rows = [f"{n},2024-01-01,C{n},S,1,1,paid" for n in range(10_001)]
    report = check(write("1.csv", *rows, "x,2024-01-01,C,S,1,5,voided"))
    assert kinds(report) == {"paid": "sale", "voided": "cancelled"}
    assert report.total("accepted", "cancelled") == (1, Decimal(5))
