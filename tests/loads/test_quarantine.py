"""The quarantine is a work list: what is mended comes in, at its place, and the ledger adds up."""

from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest

from regulars.cli.output.files import write
from regulars.core.errors import InputError, ProfileError
from regulars.warehouse.quarantine import QuarantinedRows, reasons
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


@ON_BOTH
def test_reasons_come_with_counts_and_an_example(kept):
    kept.build(kept.file("bad.csv", BAD))
    with kept.open() as warehouse:
        found = reasons(warehouse)
    assert [(one.rows, one.source_row) for one in found] == [(1, 3), (1, 4), (1, 5)]
    assert found[0].reason == "The quantity is missing or is not a number."
    assert '"Quantity": "two"' in found[0].original.replace('":"', '": "')


@ON_BOTH
def test_a_row_with_two_reasons_counts_for_each_and_the_first_that_has_one_is_its_example(kept):
    both = line("1", quantity="two", price="ask")
    kept.build(kept.file("bad.csv", [line("0"), line("3", price="ask"), both, both]))
    with kept.open() as warehouse:
        found = {one.reason: (one.rows, one.source_row) for one in reasons(warehouse)}
    assert found == {
        "The unit price is missing or is not a number.": (3, 3),
        "The quantity is missing or is not a number.": (2, 4),
    }


@ON_DUCKDB
def test_rows_are_exported_with_their_cells_as_they_stood(kept):
    kept.build(kept.file("bad.csv", BAD))
    with kept.open() as warehouse:
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
def test_mended_rows_come_in_as_if_they_had_been_right_from_the_start(kept, new_place):
    kept.build(kept.file("bad.csv", BAD))
    path = write_corrected_rows(
        kept, kept.folder / "mended.csv",
        row_3={"Quantity": "2"}, row_4={"Order Date": "2024-01-05"}, row_5={"Price": "4"},
    )  # fmt: skip
    report = kept.replay(path)
    assert (report.orders.new, report.orders.changed) == (2, 1)
    assert kept.rows("quarantine") == []
    assert balance(kept) == {(0, 0)}
    right = [BAD[0], BAD[1] | {"Quantity": "2"}, BAD[2] | {"Order Date": "2024-01-05"},
             BAD[3] | {"Price": "4"}]  # fmt: skip
    whole = LoadedWarehouse(new_place(), kept.folder)
    whole.build(kept.file("right.csv", right))
    assert kept.contents() == whole.contents()


@ON_DUCKDB
def test_a_row_that_is_still_wrong_stays_with_its_new_reason(kept):
    kept.build(kept.file("bad.csv", BAD))
    path = write_corrected_rows(
        kept, kept.folder / "mended.csv", row_3={"Quantity": "2", "Price": "ask"}
    )
    kept.replay(path)
    told = {row["source_row"]: row["reasons"] for row in kept.rows("quarantine")}
    assert told[3] == "The unit price is missing or is not a number."
    assert set(told) == {3, 4, 5}
    assert balance(kept) == {(0, 0)}


@ON_DUCKDB
def test_a_mended_profile_takes_in_what_it_can_read(kept, tmp_path):
    first = profile_from(tmp_path, '[formats]\ndiscount = "fraction"')
    rows = [line("1"), line("2") | {"Discount": "10%"}]
    rows[0]["Discount"] = "0.1"
    kept.build(kept.file("sales.csv", rows), profile=first)
    assert len(kept.rows("quarantine")) == 1
    better = profile_from(tmp_path, '[formats]\ndiscount = "percent"')
    kept.replay(profile=better)
    assert kept.rows("quarantine") == []
    assert balance(kept) == {(0, 0)}


@ON_DUCKDB
def test_a_replay_without_anything_mended_changes_nothing(kept):
    kept.build(kept.file("bad.csv", BAD))
    before = kept.contents()
    report = kept.replay()
    assert vars(report.orders) == {"new": 0, "changed": 0, "unchanged": 0, "removed": 0}
    assert kept.contents() == before
    assert balance(kept) == {(0, 0)}


@ON_DUCKDB
def test_nothing_to_take_in_is_told(kept):
    kept.build(kept.file("fine.csv", [line("1")]))
    with pytest.raises(InputError, match="No row is quarantined"):
        kept.replay()


@ON_DUCKDB
def test_rows_that_are_not_quarantined_are_refused(kept):
    kept.build(kept.file("bad.csv", BAD))
    path = write_corrected_rows(kept, kept.folder / "mended.csv", row_3={"quarantined_row": "2"})
    with pytest.raises(InputError, match="row 2 of source 1 is not quarantined, or not"):
        kept.replay(path)


@ON_DUCKDB
def test_a_file_without_the_columns_that_tell_which_row_is_refused(kept):
    kept.build(kept.file("bad.csv", BAD))
    with pytest.raises(InputError, match="no column quarantined_source_id or quarantined_row"):
        kept.replay(kept.file("other.csv", [line("1")]))


@ON_DUCKDB
def test_a_file_of_mended_rows_without_rows_is_told(kept):
    kept.build(kept.file("bad.csv", BAD))
    path = write_corrected_rows(kept, kept.folder / "mended.csv")
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"mended\.csv has a heading but no rows"):
        kept.replay(path)


@ON_DUCKDB
def test_a_profile_that_is_gone_is_named(kept, tmp_path):
    own = profile_from(tmp_path, "")
    kept.build(kept.file("bad.csv", BAD), profile=own)
    (tmp_path / "mine.toml").unlink()
    with pytest.raises(ProfileError, match=r"mine\.toml, which is not there any more"):
        kept.replay()


@ON_DUCKDB
def test_the_same_bad_row_of_a_later_file_waits_only_once(kept):
    kept.build(kept.file("bad.csv", BAD))
    kept.load(kept.file("more.csv", [*BAD, line("9")]))
    assert len(kept.rows("quarantine")) == 6
    with kept.open() as warehouse:
        waiting = [row["quarantined_row"] for row in QuarantinedRows(warehouse).rows()]
    assert waiting[0] == 3


@ON_DUCKDB
def test_a_workbook_that_was_mended_comes_in(kept):
    kept.build(kept.file("bad.csv", BAD))
    path = kept.folder / "rows.xlsx"
    with kept.open() as warehouse:
        write(QuarantinedRows(warehouse), output=path)
    book = openpyxl.load_workbook(path)
    names = [cell.value for cell in book.active[1]]
    book.active.cell(2, names.index("Quantity") + 1).value = 2
    book.active.cell(3, names.index("Order Date") + 1).value = datetime(2024, 1, 5)
    book.save(path)
    assert vars(kept.replay(path).orders) == {"new": 1, "changed": 1, "unchanged": 0, "removed": 0}
    assert [row["source_row"] for row in kept.rows("quarantine")] == [5]


@ON_DUCKDB
def test_numbers_and_days_typed_into_a_workbook_are_what_the_spreadsheet_says(kept, tmp_path):
    german = profile_from(tmp_path, '[formats]\ndates = "day-first"\ndecimal = "comma"')
    kept.build(kept.file("bad.csv", [
        line("1", day="31.01.2024", price="2,50"), line("2", day="01.02.2024", price="viel"),
        line("3", day="gestern", price="1,00"),
    ]), profile=german)  # fmt: skip
    path = kept.folder / "rows.xlsx"
    with kept.open() as warehouse:
        write(QuarantinedRows(warehouse), output=path)
    book = openpyxl.load_workbook(path)
    names = [cell.value for cell in book.active[1]]
    book.active.cell(2, names.index("Price") + 1).value = 12.125
    book.active.cell(3, names.index("Order Date") + 1).value = datetime(2024, 2, 3)
    book.save(path)
    kept.replay(path)
    told = {row["order_id"]: (row["ordered_at"], row["unit_price"])
            for row in kept.rows("order_lines")}  # fmt: skip
    assert told["2"] == (datetime(2024, 2, 1), Decimal("12.125"))
    assert told["3"] == (datetime(2024, 2, 3), Decimal(1))


@ON_DUCKDB
def test_rows_of_sources_with_other_columns_are_mended_in_one_file(kept):
    other = kept.folder / "other.csv"
    other.write_text("InvoiceNo,InvoiceDate,CustomerID,StockCode,Qty,UnitPrice\n"
                     "C,2024-01-01,Bob,mug,1,3\nD,2024-01-01,Bob,mug,x,3\n")  # fmt: skip
    kept.build(kept.file("bad.csv", BAD[:2]), other)
    path = write_corrected_rows(kept, kept.folder / "m.csv", row_3={"Quantity": "2", "Qty": "2"})
    kept.replay(path)
    assert kept.rows("quarantine") == []


SHOPIFY = """\
Name,Created at,Email,Lineitem sku,Lineitem name,Lineitem quantity,Lineitem price,\
Lineitem discount,Shipping Country,Cancelled at
#1,2024-01-01 10:00:00,ann@x,tea,Tea,1,2.50,0,UK,2024-01-02
#1,2024-01-01 10:00:00,,mug,Mug,{quantity},5.00,0,,
#2,2024-01-01 10:00:00,bob@x,tea,Tea,1,2.50,0,UK,
"""


@ON_BOTH
def test_a_row_that_comes_in_late_knows_what_its_order_told_once(kept, new_place):
    file = kept.folder / "shopify.csv"
    file.write_text(SHOPIFY.format(quantity="two"))
    kept.build(file)
    kept.replay(write_corrected_rows(kept, kept.folder / "m.csv", row_3={"Lineitem quantity": "2"}))
    file.write_text(SHOPIFY.format(quantity="2"))
    whole = LoadedWarehouse(new_place(), kept.folder)
    whole.build(file)
    assert kept.contents() == whole.contents()


@ON_DUCKDB
def test_lines_that_no_reader_could_take_apart_stay_and_say_so(kept):
    file = kept.folder / "broken.csv"
    file.write_text("Order ID,Order Date,Customer ID,SKU,Quantity,Price\n"
                    "1,2024-01-01,Ann,tea,1,2\n2,2024-01-01,Ann,tea,1,2,more,more\n")  # fmt: skip
    kept.build(file)
    with pytest.raises(InputError, match="lines without readable cells"):
        kept.replay()
