"""Workbooks: sheets of sales, cells as text, and row numbers as in Excel."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from regulars.core.errors import MappingError, SourceError
from regulars.sources.files.excel_epoch import counts_from_1904
from regulars.sources.table import RawTable
from sources.conftest import Rows
from support.xlsb import write_xlsb

CASES = Path(__file__).parents[2] / "cases"

Book = Callable[..., Path]
"""Writes a workbook with these sheets, each given as a list of rows."""

NAMES = ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID"]
LINE: list[Any] = ["A1", 85048, 2, datetime(2010, 1, 2, 3, 4), 2.5, 12346.0]
AS_TEXT = ("A1", "85048", "2", "2010-01-02 03:04:00", "2.5", "12346")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    def make(name: str = "book.xlsx", **sheets: list[list[Any]]) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, rows in sheets.items():
            sheet = workbook.create_sheet(title.replace("_", " "))
            for row in rows:
                sheet.append(row)
        workbook.save(tmp_path / name)
        return tmp_path / name

    return make


def test_cells_are_text_and_rows_are_numbered_as_in_excel(
    book: Book, open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows]
) -> None:
    raw = open_one(book(Year_2010=[NAMES, LINE, LINE]))
    assert (raw.name, raw.columns) == ("book.xlsx: Year 2010", tuple(NAMES))
    assert (raw.rows, raw.first_row, raw.has_row_numbers) == (2, 2, True)
    assert rows_of(raw.table) == [(2, *AS_TEXT), (3, *AS_TEXT)]
    assert (raw.rejected, raw.exact_reader, raw.decimal_comma_likely) == (None, None, False)


def test_blank_rows_and_columns_are_skipped_but_numbered(
    book: Book, open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows]
) -> None:
    line = [None, *LINE]
    raw = open_one(book(S=[[], [None, " "], [None, *NAMES], [], line, [None, ""], [], line]))
    assert raw.columns == tuple(NAMES)
    assert (raw.rows, raw.first_row) == (2, 4)
    assert rows_of(raw.table) == [(5, *AS_TEXT), (8, *AS_TEXT)]


def test_every_sheet_of_sales_is_read_and_others_are_skipped(
    book: Book, open_all: Callable[..., list[RawTable]]
) -> None:
    path = book(Notes=[["About"], ["this"]], A=[NAMES, LINE], Empty=[], B=[NAMES, LINE, LINE])
    raws = open_all(path)
    assert [(raw.name, raw.rows) for raw in raws] == [("book.xlsx: A", 1), ("book.xlsx: B", 2)]


def test_a_sheet_can_be_chosen_by_name(
    book: Book, open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows]
) -> None:
    path = book(Notes=[["About", None], ["this", 1]], A=[NAMES, LINE])
    raw = open_one(path, table="Notes")
    assert (raw.name, raw.columns) == ("book.xlsx: Notes", ("About", "column2"))
    assert rows_of(raw.table) == [(2, "this", "1")]
    with pytest.raises(SourceError, match=r'has no sheet "Note"\. Did you mean "Notes"\?'):
        open_one(path, table="Note")


def test_skipped_sheets_are_reported(book: Book, open_all: Callable[..., list[RawTable]]) -> None:
    [raw] = open_all(book(A=[NAMES, LINE], Notes=[["What I think"], ["good"], ["bad"]]))
    assert raw.remarks == ("skipped sheets without sales: Notes (2 rows)",)


def test_without_a_sheet_of_sales_the_error_is_about_the_largest(
    book: Book, open_all: Callable[..., list[RawTable]]
) -> None:
    path = book(Small=[["a"], [1]], Large=[["Invoice", "b"], [1, 2], [3, 4]])
    with pytest.raises(MappingError, match=r"^book.xlsx: Large has no column for"):
        open_all(path)


def test_a_sheet_without_a_header_has_numbered_columns(
    book: Book, open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows]
) -> None:
    raw = open_one(book(A=[LINE, LINE]), table="A", header=False)
    assert raw.columns[0] == "column1"
    assert raw.first_row == 1
    assert rows_of(raw.table)[1] == (2, *AS_TEXT)


def test_a_duplicate_column_is_an_error_with_its_positions_in_excel(
    book: Book, open_all: Callable[..., list[RawTable]]
) -> None:
    with pytest.raises(SourceError, match=r'A has the column "Price" twice, as columns 6 and 8'):
        open_all(book(A=[[None, *NAMES, "Price"], [None, *LINE, 1]]))


def test_a_workbook_without_rows_is_an_error(
    book: Book, open_all: Callable[..., list[RawTable]]
) -> None:
    with pytest.raises(SourceError, match=r"^book.xlsx has no rows\.$"):
        open_all(book(A=[NAMES], B=[]))
    with pytest.raises(SourceError, match=r"^book.xlsx has no rows on sheet B\.$"):
        open_all(book(A=[NAMES], B=[]), table="B")


def test_a_truncated_or_invalid_workbook_is_an_error(
    book: Book,
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
) -> None:
    content = book(A=[NAMES, LINE]).read_bytes()
    for broken in (content[: len(content) // 2], content[:100], b"PK\x03\x04nonsense"):
        with pytest.raises(SourceError, match=r"bad\.xlsx cannot be read as an Excel workbook"):
            open_all(write_file("bad.xlsx", broken))


@pytest.mark.parametrize("since_1904", [False, True])
def test_a_binary_workbook_is_read_with_its_dates(
    tmp_path: Path, open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows],
    since_1904: bool,
) -> None:  # fmt: skip
    rows: list[list[Any]] = [list(NAMES), LINE, LINE]
    path = write_xlsb(tmp_path / "book.xlsb", rows, since_1904=since_1904)
    raw = open_one(path)
    assert (raw.name, raw.columns) == ("book.xlsb: Orders", tuple(NAMES))
    assert rows_of(raw.table) == [(2, *AS_TEXT), (3, *AS_TEXT)]
    assert raw.counts_from_1904 == since_1904


def test_any_workbook_that_counts_from_1904_is_detected(book: Book, tmp_path: Path) -> None:
    path = book(S=[NAMES, LINE])
    assert not counts_from_1904(path)
    workbook = openpyxl.load_workbook(path)
    workbook.epoch = CALENDAR_MAC_1904
    workbook.save(path)
    assert counts_from_1904(path)
    old = (CASES / "old_excel.xls").read_bytes()
    assert not counts_from_1904(CASES / "old_excel.xls")
    # The record Date1904: its number 0x22, a length of 2, and 1 for yes.
    date_1904 = b"\x22\0\2\0\0\0"
    assert old.count(date_1904) == 1
    old_path = tmp_path / "old.xls"
    old_path.write_bytes(old.replace(date_1904, b"\x22\0\2\0\1\0"))
    assert counts_from_1904(old_path)
    assert not counts_from_1904(CASES / "open_document.ods")
    with zipfile.ZipFile(tmp_path / "open.ods", "w") as archive:
        null_date = '<table:null-date table:value-type="date" table:date-value="1904-01-01"/>'
        archive.writestr("content.xml", f"<office:spreadsheet>{null_date}</office:spreadsheet>")
    assert counts_from_1904(tmp_path / "open.ods")
