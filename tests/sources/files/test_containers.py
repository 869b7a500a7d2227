"""Compressed files, zip files, web pages and JSON: what is read, and what is refused."""

import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from regulars.core.errors import SourceError
from regulars.sources.table import RawTable
from sources.conftest import Rows

SHOP = "Order No,Date,Customer,SKU,Qty,Price\n1,2025-01-03,a,S,1,2.5\n2,2025-01-04,b,S,1,3\n"
OTHER = SHOP.replace("\n1,", "\n3,").replace("\n2,", "\n4,")
LONG = SHOP + "5,2025-01-05,c,S,1,4.25\n" * 99

Write = Callable[[str, str | bytes], Path]
Open = Callable[..., list[RawTable]]


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, **files: str | bytes) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in files.items():
                archive.writestr(member, content)
        return tmp_path / name

    return write


def refusal(open_all: Open, path: Path, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        open_all(path, **options)
    return str(caught.value)


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_compressed_file_is_read_and_a_truncated_one_refused(
    suffix: str, write_file: Write, open_all: Open, rows_of: Callable[[ibis.Table], Rows]
) -> None:
    content = COMPRESSORS[suffix](LONG.encode())
    [raw] = open_all(write_file(f"shop.csv.{suffix}", content))
    assert (raw.rows, len(rows_of(raw.table))) == (101, 101)
    message = refusal(open_all, write_file(f"cut.csv.{suffix}", content[: len(content) // 2]))
    assert message.startswith(f"cut.csv.{suffix} is damaged or cut short")


def test_a_compressed_workbook_or_page_is_read(write_file: Write, open_all: Open) -> None:
    page = "<table><tr><td>Order No<td>Date<td>Customer<td>SKU<td>Qty<td>Price</tr>" + (
        "<tr><td>1<td>2025-01-03<td>a<td>S<td>1<td>2.5</tr></table>"
    )
    [raw] = open_all(write_file("page.xls.gz", gzip.compress(page.encode())))
    assert (raw.name, raw.rows) == ("page.xls.gz: table 1", 1)


def test_a_file_that_unpacks_to_an_implausible_size_is_refused(
    write_file: Write, make_zip: Callable[..., Path], open_all: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("regulars.sources.files.compression.ALWAYS_ALLOWED", 1 << 20)
    zeros = b"0" * (3 << 20)
    for path in (
        write_file("bomb.csv.gz", gzip.compress(zeros)),
        write_file("bomb.csv.xz", lzma.compress(zeros)),
        make_zip("bomb.zip", **{"a.csv": zeros}),
        make_zip("bomb.xlsx", **{"[Content_Types].xml": zeros}),
    ):
        assert refusal(open_all, path).startswith(f"{path.name} unpacks to more than 1 MB")


def test_every_table_of_sales_in_a_zip_file_is_read(
    make_zip: Callable[..., Path], open_all: Open
) -> None:
    files = {
        "2024-10/shop.csv": SHOP,
        "2024-9/shop.csv": OTHER,
        "readme.txt": "Our orders,\nfor you\n",
        "photo.png": b"\x89PNG\0",
        "__MACOSX/._shop.csv": b"\0\5",
        ".hidden": "x",
    }
    raws = open_all(make_zip("shop.zip", **files))
    assert [raw.name for raw in raws] == [
        "shop.zip: 2024-9/shop.csv",
        "shop.zip: 2024-10/shop.csv",
    ]
    assert raws[0].remarks == ("skipped files without sales: shop.zip: readme.txt",)
    [chosen] = open_all(make_zip("shop.zip", **files), table="2024-9/shop.csv")
    assert chosen.name == "shop.zip: 2024-9/shop.csv"
    message = refusal(open_all, make_zip("shop.zip", **files), table="2024-9/shap.csv")
    assert message.endswith('has no file "2024-9/shap.csv". Did you mean "2024-9/shop.csv"?')


def test_no_path_in_a_zip_file_is_used(
    make_zip: Callable[..., Path], open_all: Open, tmp_path: Path
) -> None:
    before = set(tmp_path.parent.iterdir())
    [raw] = open_all(make_zip("shop.zip", **{"../../evil.csv": SHOP}))
    assert raw.rows == 2
    assert set(tmp_path.parent.iterdir()) == before
    assert not list(tmp_path.rglob("evil.csv"))


def test_zip_files_that_cannot_be_read_are_refused_with_a_reason(
    make_zip: Callable[..., Path], write_file: Write, open_all: Open
) -> None:
    content = bytearray(make_zip("shop.zip", **{"shop.csv": SHOP}).read_bytes())
    assert "is damaged" in refusal(open_all, write_file("cut.zip", bytes(content[:60])))
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in refusal(open_all, write_file("locked.zip", bytes(content)))
    inner = make_zip("inner.zip", **{"shop.csv": SHOP}).read_bytes()
    for member in ("inner.zip", "inner.dat"):
        assert "zip file" in refusal(open_all, make_zip("outer.zip", **{member: inner}))
    assert "contains no table" in refusal(open_all, make_zip("empty.zip", **{"a.png": b"x"}))


def test_nested_json_gives_a_row_for_each_line_in_order(
    write_file: Write, open_all: Open, rows_of: Callable[[ibis.Table], Rows]
) -> None:
    orders = [
        {"id": n, "client": {"id": f"C{n}"}, "lines": [{"qty": k, "price": 0.1} for k in range(n)]}
        for n in range(4)
    ]
    [raw] = open_all(write_file("shop.json", json.dumps(orders)))
    assert raw.columns == ("order id", "client id", "qty", "price")
    expected: Rows = [("0", "C0", None, None)]
    expected += [(str(n), f"C{n}", str(k), "0.1") for n in range(4) for k in range(n)]
    assert rows_of(raw.table) == expected
    assert raw.rows == 7


def test_an_id_beside_an_order_number_stays_an_id_and_other_lists_are_named(
    write_file: Write, open_all: Open
) -> None:
    order = {"id": 7, "order_number": 1001, "items": [{"qty": 1, "price": 2}],
             "refunds": [{"amount": 1}]}  # fmt: skip
    [raw] = open_all(write_file("shop.json", json.dumps({"orders": [order]})))
    assert raw.columns == ("id", "order_number", "qty", "price", "refunds")
    assert raw.remarks[-1] == "lists that are not read: refunds"


def test_json_values_keep_their_text(
    write_file: Write, open_all: Open, rows_of: Callable[[ibis.Table], Rows]
) -> None:
    record = '{"id": 12345678901234567, "code": "00123", "when": "2025-01-03", "paid": true}'
    [raw] = open_all(write_file("shop.ndjson", f"{record}\n\n{record}\n"))
    assert rows_of(raw.table) == [("12345678901234567", "00123", "2025-01-03", "true")] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id": 1}\n{"id": \n', "shop.json, line 2, is not valid JSON: Expecting value"),
        ('[{"id": 1},\n{"id" 2}]', "shop.json, line 2, is not valid JSON: Expecting ':' delimiter"),
        ("[]", "shop.json has no records."),
    ],
)
def test_json_that_cannot_be_read_is_refused_with_its_line(
    content: str, message: str, write_file: Write, open_all: Open
) -> None:
    assert refusal(open_all, write_file("shop.json", content)).startswith(message)


def test_a_web_page_without_a_table_and_xml_are_refused(write_file: Write, open_all: Open) -> None:
    assert "without a table" in refusal(
        open_all, write_file("a.xls", "<html><p>Sign in</p></html>")
    )
    assert "XML" in refusal(open_all, write_file("b.xls", '<?xml version="1.0"?><Workbook/>'))


def test_a_cell_that_spans_rows_counts_in_each_of_them(
    write_file: Write, open_all: Open, rows_of: Callable[[ibis.Table], Rows]
) -> None:
    page = """<table><tr><th>Order No<th>Date<th>Customer<th>SKU<th>Qty<th>Price</tr>
    <tr><td rowspan=2>1<td rowspan="2" colspan=2>2025-01-03<td>A<td>1<td>2.5</tr>
    <tr><td>B<td>2<td rowspan=2>3</tr>
    <tr><td>2<td>2025-01-04<td>c<td><table><tr><td>C</table><td>4</tr></table>"""
    [raw] = open_all(write_file("page.html", page))
    assert rows_of(raw.table) == [
        (2, "1", "2025-01-03", None, "A", "1", "2.5"),
        (3, "1", "2025-01-03", None, "B", "2", "3"),
        (4, "2", "2025-01-04", "c", None, "4", "3"),
    ]
