"""The header among titles, notes and blank rows."""

import pytest

from regulars.core.errors import SourceError
from regulars.sources.files.header import Header, advice_on, find_header, remarks_on
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.match_columns import looks_like_sales

NAMES = ["Order No", "Date", "Customer", "SKU", "Qty", "Price"]
LINE = ["1001", "2025-01-03", "C1", "TEA", "2", "10.00"]


def find(*rows: list[str], **file: int | bool) -> Header:
    return find_header(rows, FileOptions(**file), looks_like_sales, "shop.csv")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "above",
    [
        [],
        [[]],
        [["Sales report"], []],
        [["Sales report", "", "", "", "", ""], ["Period:", "2025-01-01", "", "", "", ""]],
        [["# exported 2025-03-01", " all stores"]],
        [["Store", "Main St"], ["Printed by", "Ann"], ["Period", "01/01/2025 - 31/01/2025"]],
        [["Generated", "2025-01-31", "by", "Ann", "page", "1"]],
    ],
)
def test_a_header_is_found_below_titles(above: list[list[str]]) -> None:
    assert find(*above, NAMES, LINE, LINE) == Header(tuple(NAMES), len(above) + 1)


def test_a_row_of_data_without_numbers_is_not_the_header() -> None:
    junk = ["a", "b", "c", "d", "e", "f"]
    assert find(NAMES, junk, LINE).start == 1
    assert find(NAMES, junk).start == 1


def test_a_table_without_a_header_has_unnamed_columns_below_its_title() -> None:
    assert find(LINE, LINE) == Header(("",) * 6, 0, found=False)
    assert find(["Sales report"], LINE, LINE) == Header(("",) * 6, 1, found=False)


def test_a_header_of_two_rows_is_joined_where_one_row_is_not_enough() -> None:
    over = ["Order", "", "Customer", "", "Item", "", "", ""]
    under = ["No", "Date", "No", "Name", "Code", "Name", "Qty", "Price"]
    line = ["1001", "2025-01-03", "C1", "Ann", "TEA", "Tea", "2", "10.00"]
    names = (
        "Order No",
        "Date",
        "Customer No",
        "Customer Name",
        "Item Code",
        "Item Name",
        "Qty",
        "Price",
    )
    assert find(over, under, line) == Header(names, 2)


def test_a_row_of_units_belongs_to_the_header() -> None:
    assert find(NAMES, ["", "", "", "", "(pcs)", "(EUR)"], LINE) == Header(tuple(NAMES), 2)


def test_a_profile_decides() -> None:
    rows = (["Report"], NAMES, LINE, LINE)
    assert find(*rows, header_row=1).names == ("Report",)
    assert find(*rows, skip_rows=1) == Header(tuple(NAMES), 2)
    assert find(*rows, skip_rows=1, header=False) == Header(("",) * 6, 1, found=False)
    with pytest.raises(SourceError, match=r"shop\.csv, row 9 is blank"):
        find(*rows, header_row=9)
    with pytest.raises(SourceError, match="no rows below the first 4, which are skipped"):
        find(*rows, skip_rows=4)


def test_advice_is_given_only_if_the_header_is_in_doubt() -> None:
    assert advice_on(find(NAMES, LINE), [NAMES, LINE]) == ""
    assert "header_row = 3" in advice_on(find([], NAMES, LINE), [[], NAMES, LINE])
    assert "header = false" in advice_on(find(LINE, LINE), [LINE, LINE])


def test_a_load_reports_where_the_header_is() -> None:
    assert remarks_on(find(NAMES, LINE), 0) == ()
    assert remarks_on(find([], NAMES, LINE), 1) == ()
    assert remarks_on(find(["Report"], [], NAMES, LINE), 0) == (
        "header in row 3, below 2 rows of titles",
    )
    units = ["", "", "", "", "(pcs)", "(EUR)"]
    assert remarks_on(find(NAMES, units, LINE), 0) == ("header in rows 1 and 2",)
