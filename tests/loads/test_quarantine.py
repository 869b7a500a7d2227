"""Quarantined rows can be exported, corrected and replayed, and the ledger still balances."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from regulars.cli.output.results import write
from regulars.core.errors import InputError, ProfileError
from regulars.warehouse.quarantine import QuarantinedRows, pending_reasons
from support.engines import POSTGRESQL_IF_THOROUGH
from support.loaded_warehouse import LoadedWarehouse, balance, line, write_corrected_rows
from support.warehouses import profile_from

ON_BOTH = pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
ON_DUCKDB = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)

BAD = [
    line("1"),
    line("1", "mug", quantity="two"),
    line("2", day="yesterday"),
    line("3", price="ask", customer="Bob"),
]


@POSTGRESQL_IF_THOROUGH
def test_reasons_have_a_count_and_an_example(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("bad.csv", BAD))
    with shop.open() as warehouse:
        pending = pending_reasons(warehouse)
    assert [(one.rows, one.source_row) for one in pending] == [(1, 3), (1, 4), (1, 5)]
    assert pending[0].reason == "The quantity is missing or is not a number."
    assert '"Quantity": "two"' in pending[0].original.replace('":"', '": "')


@POSTGRESQL_IF_THOROUGH
def test_a_row_with_two_reasons_counts_for_each_and_the_first_row_is_the_example(
    shop: LoadedWarehouse,
) -> None:
    both = line("1", quantity="two", price="ask")
    shop.build(shop.file("bad.csv", [line("0"), line("3", price="ask"), both, both]))
    with shop.open() as warehouse:
        pending = {one.reason: (one.rows, one.source_row) for one in pending_reasons(warehouse)}
    assert pending == {
        "The unit price is missing or is not a number.": (3, 3),
        "The quantity is missing or is not a number.": (2, 4),
    }


@ON_DUCKDB
def test_rows_are_exported_with_their_original_cells(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("bad.csv", BAD))
    with shop.open() as warehouse:
        sheet = QuarantinedRows(warehouse)
        rows = list(sheet.rows())
    assert sheet.columns[:4] == [
        "quarantined_source_id",
        "quarantined_source",
        "quarantined_row",
        "quarantined_because",
    ]
    assert [row["Quantity"] for row in rows] == ["two", "1", "1"]
    assert [row["Order Date"] for row in rows][1] == "yesterday"


@ON_BOTH
def test_corrected_rows_give_the_same_warehouse_as_a_correct_file(
    shop: LoadedWarehouse, new_location: Callable[[], str]
) -> None:
    shop.build(shop.file("bad.csv", BAD))
    path = write_corrected_rows(
        shop, shop.folder / "corrected.csv",
        row_3={"Quantity": "2"}, row_4={"Order Date": "2024-01-05"}, row_5={"Price": "4"},
    )  # fmt: skip
    report = shop.replay(path)
    assert (report.orders.new, report.orders.changed) == (2, 1)
    assert shop.rows("quarantine") == []
    assert balance(shop) == {(0, 0)}
    right = [BAD[0], BAD[1] | {"Quantity": "2"}, BAD[2] | {"Order Date": "2024-01-05"},
             BAD[3] | {"Price": "4"}]  # fmt: skip
    expected = LoadedWarehouse(new_location(), shop.folder)
    expected.build(shop.file("right.csv", right))
    assert shop.contents() == expected.contents()


@ON_DUCKDB
def test_a_row_that_still_fails_stays_quarantined_with_the_new_reason(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("bad.csv", BAD))
    path = write_corrected_rows(
        shop, shop.folder / "corrected.csv", row_3={"Quantity": "2", "Price": "ask"}
    )
    shop.replay(path)
    quarantined = {row["source_row"]: row["reasons"] for row in shop.rows("quarantine")}
    assert quarantined[3] == "The unit price is missing or is not a number."
    assert set(quarantined) == {3, 4, 5}
    assert balance(shop) == {(0, 0)}


@ON_DUCKDB
def test_a_corrected_profile_replays_the_rows_it_can_read(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    first = profile_from(tmp_path, '[formats]\ndiscount = "fraction"')
    rows = [line("1"), line("2") | {"Discount": "10%"}]
    rows[0]["Discount"] = "0.1"
    shop.build(shop.file("sales.csv", rows), profile=first)
    assert len(shop.rows("quarantine")) == 1
    better = profile_from(tmp_path, '[formats]\ndiscount = "percent"')
    shop.replay(profile=better)
    assert shop.rows("quarantine") == []
    assert balance(shop) == {(0, 0)}


@ON_DUCKDB
def test_a_replay_without_corrections_changes_nothing(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("bad.csv", BAD))
    before = shop.contents()
    report = shop.replay()
    assert vars(report.orders) == {"new": 0, "changed": 0, "unchanged": 0, "removed": 0}
    assert shop.contents() == before
    assert balance(shop) == {(0, 0)}


@ON_DUCKDB
def test_replay_refuses_an_empty_quarantine(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("fine.csv", [line("1")]))
    with pytest.raises(InputError, match="no row is quarantined"):
        shop.replay()


@ON_DUCKDB
def test_replay_refuses_rows_that_are_not_quarantined(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("bad.csv", BAD))
    path = write_corrected_rows(shop, shop.folder / "corrected.csv", row_3={"quarantined_row": "2"})
    with pytest.raises(InputError, match="row 2 of source 1 is not quarantined"):
        shop.replay(path)


@ON_DUCKDB
def test_replay_refuses_a_file_without_the_columns_that_identify_a_row(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("bad.csv", BAD))
    with pytest.raises(InputError, match="no column quarantined_source_id or quarantined_row"):
        shop.replay(shop.file("other.csv", [line("1")]))


@ON_DUCKDB
def test_replay_refuses_a_file_without_rows(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("bad.csv", BAD))
    path = write_corrected_rows(shop, shop.folder / "corrected.csv")
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"corrected\.csv has a header but no rows"):
        shop.replay(path)


@ON_DUCKDB
def test_a_missing_profile_is_named_in_the_error(shop: LoadedWarehouse, tmp_path: Path) -> None:
    own = profile_from(tmp_path, "")
    shop.build(shop.file("bad.csv", BAD), profile=own)
    (tmp_path / "mine.toml").unlink()
    with pytest.raises(ProfileError, match=r"mine\.toml, which no longer exists"):
        shop.replay()


@ON_DUCKDB
def test_the_same_bad_row_of_a_later_file_is_exported_once(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("bad.csv", BAD))
    shop.load(shop.file("more.csv", [*BAD, line("9")]))
    assert len(shop.rows("quarantine")) == 6
    with shop.open() as warehouse:
        pending = [row["quarantined_row"] for row in QuarantinedRows(warehouse).rows()]
    assert pending[0] == 3


@ON_DUCKDB
def test_a_corrected_workbook_is_replayed(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("bad.csv", BAD))
    path = shop.folder / "rows.xlsx"
    with shop.open() as warehouse:
        write(QuarantinedRows(warehouse), output=path)
    book = openpyxl.load_workbook(path)
    names = [cell.value for cell in book.active[1]]
    book.active.cell(2, names.index("Quantity") + 1).value = 2
    book.active.cell(3, names.index("Order Date") + 1).value = datetime(2024, 1, 5)
    book.save(path)
    assert vars(shop.replay(path).orders) == {"new": 1, "changed": 1, "unchanged": 0, "removed": 0}
    assert [row["source_row"] for row in shop.rows("quarantine")] == [5]


@ON_DUCKDB
def test_numbers_and_dates_in_a_workbook_are_those_of_the_spreadsheet(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    german = profile_from(tmp_path, '[formats]\ndates = "day-first"\ndecimal = "comma"')
    shop.build(shop.file("bad.csv", [
        line("1", day="31.01.2024", price="2,50"), line("2", day="01.02.2024", price="viel"),
        line("3", day="gestern", price="1,00"),
    ]), profile=german)  # fmt: skip
    path = shop.folder / "rows.xlsx"
    with shop.open() as warehouse:
        write(QuarantinedRows(warehouse), output=path)
    book = openpyxl.load_workbook(path)
    names = [cell.value for cell in book.active[1]]
    book.active.cell(2, names.index("Price") + 1).value = 12.125
    book.active.cell(3, names.index("Order Date") + 1).value = datetime(2024, 2, 3)
    book.save(path)
    shop.replay(path)
    lines = {row["order_id"]: (row["ordered_at"], row["unit_price"])
             for row in shop.rows("order_lines")}  # fmt: skip
    assert lines["2"] == (datetime(2024, 2, 1), Decimal("12.125"))
    assert lines["3"] == (datetime(2024, 2, 3), Decimal(1))


@ON_DUCKDB
def test_one_file_can_correct_rows_of_sources_with_different_columns(shop: LoadedWarehouse) -> None:
    other = shop.folder / "other.csv"
    other.write_text("InvoiceNo,InvoiceDate,CustomerID,StockCode,Qty,UnitPrice\n"
                     "C,2024-01-01,Bob,mug,1,3\nD,2024-01-01,Bob,mug,x,3\n")  # fmt: skip
    shop.build(shop.file("bad.csv", BAD[:2]), other)
    path = write_corrected_rows(shop, shop.folder / "m.csv", row_3={"Quantity": "2", "Qty": "2"})
    shop.replay(path)
    assert shop.rows("quarantine") == []


SHOPIFY = """\
Name,Created at,Email,Lineitem sku,Lineitem name,Lineitem quantity,Lineitem price,\
Lineitem discount,Shipping Country,Cancelled at
#1,2024-01-01 10:00:00,ann@x,tea,Tea,1,2.50,0,UK,2024-01-02
#1,2024-01-01 10:00:00,,mug,Mug,{quantity},5.00,0,,
#2,2024-01-01 10:00:00,bob@x,tea,Tea,1,2.50,0,UK,
"""


@POSTGRESQL_IF_THOROUGH
def test_a_replayed_row_gets_the_cells_that_its_order_has_only_once(
    shop: LoadedWarehouse, new_location: Callable[[], str]
) -> None:
    file = shop.folder / "shopify.csv"
    file.write_text(SHOPIFY.format(quantity="two"))
    shop.build(file)
    shop.replay(write_corrected_rows(shop, shop.folder / "m.csv", row_3={"Lineitem quantity": "2"}))
    file.write_text(SHOPIFY.format(quantity="2"))
    expected = LoadedWarehouse(new_location(), shop.folder)
    expected.build(file)
    assert shop.contents() == expected.contents()


@ON_DUCKDB
def test_lines_without_readable_cells_cannot_be_replayed(shop: LoadedWarehouse) -> None:
    file = shop.folder / "broken.csv"
    file.write_text("Order ID,Order Date,Customer ID,SKU,Quantity,Price\n"
                    "1,2024-01-01,Ann,tea,1,2\n2,2024-01-01,Ann,tea,1,2,more,more\n")  # fmt: skip
    shop.build(file)
    with pytest.raises(InputError, match="lines without readable cells"):
        shop.replay()
