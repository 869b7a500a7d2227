"""Delimited text: layout detection, row contents, rejected lines and errors."""

import codecs
import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import ibis
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from regulars.core.errors import SourceError
from regulars.sources.open import open_sources
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.table import RawTable
from sources.conftest import Rows, read_exactly

SHOP = "Invoice,Customer ID,Price\n1,a,2.5\n2,,3\n3,c,4\n"
SHOP_ROWS = [("1", "a", "2.5"), ("2", None, "3"), ("3", "c", "4")]


def test_cells_are_read_as_text_and_an_empty_cell_is_null(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", SHOP))
    assert (raw.name, raw.rows, raw.first_row, raw.has_row_numbers) == ("shop.csv", 3, 2, False)
    assert raw.columns == ("Invoice", "Customer ID", "Price") == tuple(raw.table.columns)
    assert rows_of(raw.table) == SHOP_ROWS
    assert raw.rejected is None


def test_the_exact_reader_returns_the_same_rows_with_numbers(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    exact = read_exactly(open_one(write_file("shop.csv", SHOP)))
    assert exact.has_row_numbers
    assert exact.exact_reader is None
    assert exact.columns == ("Invoice", "Customer ID", "Price")
    assert rows_of(exact.table) == [(n, *row) for n, row in enumerate(SHOP_ROWS, 2)]
    assert (exact.rows, exact.rejected) == (3, None)


@pytest.mark.parametrize(
    "content",
    [
        SHOP.replace("a", "é").encode(),
        codecs.BOM_UTF8 + SHOP.replace("a", "é").encode(),
        SHOP.replace("a", "é").encode("utf-16"),
        codecs.BOM_UTF16_BE + SHOP.replace("a", "é").encode("utf-16-be"),
        SHOP.replace("a", "é").encode("utf-16-le"),
        SHOP.replace("a", "é").encode("utf-16-be"),
        SHOP.replace("a", "é").encode("cp1252"),
        gzip.compress(SHOP.replace("a", "é").encode(), mtime=0),
        gzip.compress(SHOP.replace("a", "é").encode("cp1252"), mtime=0),
    ],
    ids=[
        "utf8",
        "bom",
        "utf16",
        "utf16be",
        "le-without-bom",
        "be-without-bom",
        "cp1252",
        "gzip",
        "gzip-cp1252",
    ],
)
def test_the_encoding_is_detected(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    content: bytes,
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", content))
    assert rows_of(raw.table)[0] == ("1", "é", "2.5")
    assert rows_of(read_exactly(raw).table)[0] == (2, "1", "é", "2.5")
    assert raw.columns[0] == "Invoice"
    assert raw.rows == 3


def test_an_encoding_other_than_utf8_is_reported(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    text = SHOP.replace("a", "é")
    assert open_one(write_file("a.csv", text)).remarks == ()
    assert open_one(write_file("b.csv", text.encode("cp1252"))).remarks == ("encoding cp1252",)
    assert open_one(write_file("c.csv", text.encode("utf-16"))).remarks == ("encoding utf-16",)


@pytest.mark.parametrize("bom", [b"", codecs.BOM_UTF8])
def test_an_invalid_line_in_a_utf8_file_is_rejected_alone(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
    bom: bytes,
) -> None:
    lines = [
        b"Invoice,Customer ID,Price",
        "1,Zoë,2".encode(),
        b"2,Zo\xeb,3",
        "3,Ødegård,4".encode(),
    ]
    raw = open_one(write_file("shop.csv", bom + b"\n".join(lines)))
    assert rows_of(raw.table) == [(2, "1", "Zoë", "2"), (4, "3", "Ødegård", "4")]
    reason = "The line is not valid UTF-8."
    assert rows_of(raw.rejected) == [(3, "2,Zo\ufffd,3", reason)]
    assert raw.rows == 3


def test_a_replacement_character_in_the_file_is_not_rejected(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", SHOP.replace("a", "Zo\ufffd")))
    assert rows_of(raw.table)[0] == ("1", "Zo\ufffd", "2.5")
    assert read_exactly(raw).rejected is None


def test_a_declared_encoding_is_used(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", SHOP.replace("a", "é").encode("cp850")), encoding="cp850")
    assert rows_of(raw.table)[0] == ("1", "é", "2.5")


def test_a_wrong_or_unknown_declared_encoding_is_an_error(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    path = write_file("shop.csv", SHOP.replace("a", "é").encode("cp1252"))
    with pytest.raises(SourceError, match="is not in the encoding utf-8"):
        open_one(path, encoding="utf-8")
    with pytest.raises(SourceError, match='unknown encoding "klingon"'):
        open_one(path, encoding="klingon")


def test_invalid_utf8_after_a_byte_order_mark_is_an_error(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    content = codecs.BOM_UTF8 + SHOP.replace("a", "é").encode("cp1252")
    with pytest.raises(SourceError, match="is not in the encoding UTF-8"):
        open_one(write_file("shop.csv", content))


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"a,b\n1,\x9d\n", b"a,b\n1,\0\n", b"%PDF\x01\xe9"]
)
def test_binary_content_is_an_error(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    content: bytes,
) -> None:
    with pytest.raises(SourceError, match=r"photo.csv is not readable as text"):
        open_one(write_file("photo.csv", content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "shop.csv is empty."),
        (b"\n\n\r\n", "shop.csv is empty."),
        (gzip.compress(SHOP.encode() * 99, mtime=0)[:-20], "shop.csv is damaged or cut short"),
        (b"\x1f\x8b" + b"nonsense" * 9, "shop.csv is damaged or cut short"),
        (b"Price,Invoice,price\n1,2,3\n", 'the column "price" twice, as columns 1 and 3.'),
        (b"x" * 200_000, "shop.csv is not delimited text"),
    ],
)
def test_a_file_without_readable_rows_is_an_error(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    content: bytes,
    message: str,
) -> None:
    with pytest.raises(SourceError) as caught:
        open_one(write_file("shop.csv", content))
    assert message in str(caught.value)


@pytest.mark.parametrize("content", [b"Invoice,Price\n", b"Invoice,Price", b"Invoice,Price\n\n\n"])
def test_a_header_alone_is_a_table_without_rows(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
    content: bytes,
) -> None:
    raw = open_one(write_file("shop.csv", content))
    assert (raw.columns, raw.rows, rows_of(raw.table)) == (("Invoice", "Price"), 0, [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    delimiter: str,
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    lines = [["Invoice", "Text", "Price"], ["1", f'"a{delimiter}b"', "2.5"], ["2", "c, d; e", "3"]]
    if delimiter in ",;":
        lines[2][1] = '"c, d; e"'
    raw = open_one(write_file("shop.csv", "\n".join(map(delimiter.join, lines))))
    assert rows_of(raw.table) == [("1", f"a{delimiter}b", "2.5"), ("2", "c, d; e", "3")]
    assert raw.decimal_comma_likely is (delimiter == ";")


def test_decimal_commas_are_not_delimiters(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", "12,5;3,1;x\n13,5;4,1;y\n"))
    assert rows_of(raw.table) == [("12,5", "3,1", "x"), ("13,5", "4,1", "y")]


def test_a_delimiter_can_be_given_or_declared_in_the_file(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    assert open_one(write_file("a.csv", "a^b\n1^2\n"), delimiter="^").columns == ("a", "b")
    assert open_one(write_file("b.csv", "a\tb,c\n1\t2,3\n"), delimiter="tab").columns == (
        "a",
        "b,c",
    )
    declared = open_one(write_file("c.csv", "sep=;\na,x;b\n1;2\n"))
    assert declared.columns == ("a,x", "b")
    assert (declared.rows, declared.first_row) == (1, 3)
    assert rows_of(declared.table) == [("1", "2")]
    with pytest.raises(SourceError, match="is not a delimiter"):
        open_one(write_file("d.csv", SHOP), delimiter="::")


def test_a_first_row_with_a_number_or_a_date_is_not_a_header(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", "A1,12/01/2010,x\nA2,13/01/2010,y\n"))
    assert raw.columns == ("column1", "column2", "column3")
    assert (raw.rows, raw.first_row) == (2, 1)
    assert rows_of(raw.table)[0] == ("A1", "12/01/2010", "x")
    assert rows_of(read_exactly(raw).table)[1] == (2, "A2", "13/01/2010", "y")


def test_a_header_can_be_declared_or_denied(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    path = write_file("shop.csv", "a,2010\nb,3\n")
    assert open_one(path, header=True).columns == ("a", "2010")
    assert open_one(write_file("b.csv", "a,b\nc,d\n"), header=False).rows == 2


def test_column_names_are_stripped_and_blank_ones_numbered(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    raw = open_one(write_file("shop.csv", " Invoice , ,Price,\n1,2,3,4\n"))
    assert raw.columns == ("Invoice", "column2", "Price", "column4")


def test_a_column_named_source_row_is_renamed(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", "source_row,Price\n7,1\n"))
    assert raw.columns == ("source_row (found)", "Price")
    assert rows_of(read_exactly(raw).table) == [(2, "7", "1")]


def test_a_thousand_columns_are_read(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    names = [f'Month "{n}" of ¤' for n in range(1000)]
    content = io.StringIO()
    csv.writer(content).writerows([names, range(1000)])
    raw = open_one(write_file("wide.csv", content.getvalue()))
    assert raw.columns == tuple(names)
    assert rows_of(raw.table) == [tuple(map(str, range(1000)))]
    assert rows_of(read_exactly(raw).table) == [(2, *map(str, range(1000)))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("after", ["", "END", "ENDENDEND"])
def test_every_kind_of_line_end_is_counted(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    end: str,
    after: str,
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    content = "a,b\n1,2\n3,4".replace("\n", end) + after.replace("END", end)
    raw = open_one(write_file("shop.csv", content))
    assert raw.rows == 2
    assert rows_of(raw.table) == [("1", "2"), ("3", "4")]
    assert rows_of(read_exactly(raw).table) == [(2, "1", "2"), (3, "3", "4")]


def test_mixed_line_ends_are_read_exactly(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = checked(open_one(write_file("shop.csv", "a,b\r\n1,2\n3,4\r5,6\r\n")))
    assert rows_of(raw.table) == [(2, "1", "2"), (3, "3", "4"), (4, "5", "6")]


def test_blank_lines_are_not_rows_but_are_numbered(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", "\na,b\n1,2\n\n \n3,4\n"))
    assert raw.rows == 4
    assert raw.first_row == 3
    exact = checked(raw)
    assert exact.rows == 2
    assert rows_of(exact.table) == [(3, "1", "2"), (6, "3", "4")]


def test_a_line_of_the_wrong_length_is_rejected_alone(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = checked(
        open_one(write_file("shop.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12,\n13,14,15\n"))
    )
    assert raw.rows == 5
    assert rows_of(raw.rejected) == [
        (3, "4,5", "The line has 2 fields, but the header has 3."),
        (4, "6,7,8,9", "The line has 4 fields, but the header has 3."),
    ]
    assert [row[0] for row in rows_of(raw.table)] == [2, 5, 6]


def test_both_readers_accept_padding_and_blanks_before_a_quote(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", 'a,b,c\n1, "2, 3",4\n5, "6",7,,,\n, 8,9\n'))
    rows = [("1", "2, 3", "4"), ("5", "6", "7"), (None, " 8", "9")]
    assert rows_of(raw.table) == rows
    assert rows_of(read_exactly(raw).table) == [(n, *row) for n, row in enumerate(rows, 2)]


@pytest.mark.parametrize("good_rows_after", [1, 98, 99, 150, 500])
def test_a_quote_that_is_never_closed_rejects_only_its_line(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    good_rows_after: int,
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    good = "".join(f'{n},"b, ""b""",c\n' for n in range(good_rows_after))
    raw = checked(open_one(write_file("shop.csv", f'a,b,c\n1,"2,3\n{good}')))
    assert rows_of(raw.rejected) == [(2, '1,"2,3', "A quote is never closed.")]
    assert rows_of(raw.table) == [(3 + n, str(n), 'b, "b"', "c") for n in range(good_rows_after)]


def test_an_open_quote_without_another_quote_after_it_rejects_only_its_line(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    good = "".join(f"{n},b,c\n" for n in range(300))
    raw = checked(open_one(write_file("shop.csv", f'a,b,c\n1,2,"3\n{good}')))
    assert rows_of(raw.rejected) == [(2, '1,2,"3', "A quote is never closed.")]
    assert len(rows_of(raw.table)) == 300


def test_text_after_a_closing_quote_is_rejected_but_a_quote_inside_text_is_not(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = checked(open_one(write_file("shop.csv", 'a,b\n1,7" plate\n2,"7" plate"\n3,x\n')))
    assert rows_of(raw.table) == [(2, "1", '7" plate'), (4, "3", "x")]
    assert rows_of(raw.rejected) == [(3, '2,"7" plate"', "Text follows a closing quote.")]


def test_an_oversized_cell_is_rejected(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    path = write_file("shop.csv", f"a,b\n1,{'x' * 140_000}\n2,y\n")
    raw = read_exactly(open_one(path))
    assert rows_of(raw.table) == [(3, "2", "y")]
    assert rows_of(raw.rejected)[0][2] == "A cell is longer than 131,072 characters."


def test_line_breaks_inside_quotes_are_preserved_in_one_row(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    raw = open_one(write_file("shop.csv", 'a,"b\nc"\n1,"two\r\nlines"\n2,x\n'))
    assert raw.columns == ("a", "b\nc")
    exact = checked(raw)
    assert rows_of(exact.table) == [(2, "1", "two\r\nlines"), (3, "2", "x")]
    assert (exact.rows, exact.rejected) == (2, None)


def test_rows_in_several_batches_stay_in_order(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    monkeypatch: pytest.MonkeyPatch,
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    monkeypatch.setattr("regulars.sources.files.exact_reader.CELLS_PER_BATCH", 10)
    lines = "".join(f"{n},x\n" if n % 7 else "bad\n" for n in range(1000))
    raw = checked(open_one(write_file("shop.csv", "a,b\n" + lines)))
    assert rows_of(raw.table) == [(n + 2, str(n), "x") for n in range(1000) if n % 7]
    assert [row[0] for row in rows_of(raw.rejected)] == [n + 2 for n in range(0, 1000, 7)]


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
tricky = st.text("a ,;\t|\"\n\r\\'é", max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 5))
    row = st.lists(cell | tricky, min_size=width, max_size=width)
    return draw(st.lists(row, min_size=1, max_size=8))


@settings(max_examples=150, deadline=None)
@given(
    rows=tables(),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    declared=st.booleans(),
)
@example(rows=[["\n,", ""]], delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\n", declared=False)
@example(rows=[['"', '"\n"'], ["", "\n"]], delimiter=",", quoting=0, end="\r\n", declared=False)
def test_any_valid_csv_reads_back(
    con: ibis.BaseBackend,
    rows: list[list[str]],
    delimiter: str,
    quoting: Literal[0, 1, 2],
    end: str,
    declared: bool,
    checked: Callable[[RawTable], RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    # Before Python 3.13 the csv module did not quote a "\r" if lines end in "\n".
    assume(end == "\r\n" or not any("\r" in cell for row in rows for cell in row))
    header = [f"name {n}" for n in range(len(rows[0]))]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(
        [header, *rows]
    )
    expected = [tuple(cell or None for cell in row) for row in rows]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(text.getvalue().encode())
        encoding = "utf-8" if declared else None
        file = FileOptions(delimiter=delimiter, header=True, encoding=encoding)
        (raw,) = open_sources(con, [str(path)], file=file, chosen=None, workdir=Path(folder))
        assert raw.columns == tuple(header)
        result = checked(raw)
        table = result.table.drop("source_row") if result.has_row_numbers else result.table
        assert rows_of(table) == expected
        exact = read_exactly(raw)
        assert (rows_of(exact.table.drop("source_row")), exact.rejected) == (expected, None)


def test_tables_are_bound_to_the_given_connection(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    con: ibis.BaseBackend,
) -> None:
    raw = open_one(write_file("shop.csv", SHOP))
    assert isinstance(con.create_table("copied", raw.table, temp=True), ibis.Table)
    con.drop_table("copied")


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("Report, of May\n\nA;B;C\n1,5;2,5;x\n1,5;2,5;y\n", ";"),
        ("Report|of sales, 2025\n\nA|B|C\n1|2,50|x\n", "|"),
        ("A,B,C\n1,2,p|q|r|s\n3,4,p|q|r|s\n", ","),
        ("# by Ann, in May\n# all shops\nA\tB\tC\n1\t2,50\tx\n", "\t"),
    ],
)
def test_neither_titles_nor_texts_decide_the_delimiter(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    content: str,
    delimiter: str,
) -> None:
    raw = open_one(write_file("shop.csv", content))
    assert raw.columns == ("A", "B", "C"), delimiter
