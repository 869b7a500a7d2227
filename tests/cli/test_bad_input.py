"""Bad input gives a clear message or a quarantined row, and never changes a warehouse."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

import regulars as rg

HEADING = "Order ID,Order Date,Customer ID,Product,Quantity,Unit Price\n"
ROW = "A1,2024-01-05,ann,Tea,1,2.50\n"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("warehouse")
    (folder / "good.csv").write_text(HEADING + ROW)
    rg.build(folder / "good.csv", warehouse=folder / "shop.duckdb")
    return folder / "shop.duckdb"


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))


def raw(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
REFUSED: list[tuple[str, Callable[[Path], object], str]] = [
    ("empty.csv", text(""), "is empty"),
    ("header.csv", text(HEADING), "a header but no rows"),
    ("picture.csv", raw(PNG), "not readable as text"),
    ("wrong.csv", raw(HEADING.encode() + b"A1,2024-01-05,\x81\x00,Tea,1,2.50\n"), "encoding"),
    ("folder", lambda path: path.mkdir(), "is a folder"),
    ("missing.csv", lambda path: None, "There is no file"),
    ("short.csv.gz", raw(gzip.compress((HEADING + ROW * 999).encode())[:70]), "cut short"),
    ("short.xlsx", raw(b"PK\x03\x04" + bytes(100)), "short.xlsx"),
    ("short.parquet", raw(b"PAR1" + bytes(100)), "short.parquet"),
    ("old.xls", raw(b"\xd0\xcf\x11\xe0" + bytes(600)), "old Excel format"),
    ("packed.dump", raw(b"PGDMP" + bytes(100)), "pg_restore"),
    ("twice.csv", text("Order ID,order id,Customer ID\n1,2,3\n"), "twice"),
    ("other.csv", text("Name,Colour\nTea,green\n"), "has no column for"),
    (
        "either.csv",
        text(HEADING + ROW.replace("2024-01-05", "05/01/2024")),
        "day first or month first",
    ),
    ("hopeless.csv", text(HEADING + ",,,,,\n"), "No row could be read"),
    (
        "tableless.sql",
        text("-- PostgreSQL database dump\n\nCREATE TABLE public.a (b text);\n"),
        "tableless.sql",
    ),
]


@pytest.mark.parametrize(("name", "make", "message"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_an_unreadable_source_is_refused_and_changes_nothing(
    name: str, make: Callable[[Path], object], message: str, tmp_path: Path, warehouse: Path
) -> None:
    make(tmp_path / name)
    before = warehouse.read_bytes()
    with pytest.raises(rg.RegularsError, match=message) as error:
        rg.build(tmp_path / name, warehouse=warehouse)
    assert name in str(error.value) or message in str(error.value)
    assert warehouse.read_bytes() == before
    assert [path.name for path in warehouse.parent.iterdir() if path != warehouse] == ["good.csv"]


QUARANTINED = [
    ("A2,9999-12-31,ann,Tea,1,2.50", "before 1970 or in the future"),
    ("A2,1066-10-14,ann,Tea,1,2.50", "before 1970 or in the future"),
    ("A2,2024-02-30,ann,Tea,1,2.50", "missing or is not a date"),
    ("A2,2024-01-05,ann,Tea,one,2.50", "quantity is missing or is not a number"),
    ("A2,2024-01-05,ann,Tea,1,two fifty", "price is missing or is not a number"),
    ("A2,2024-01-05,ann,Tea,1,2.50.00", "price is missing or is not a number"),
    (",2024-01-05,ann,Tea,1,2.50", "order number is missing"),
    ("A2,2024-01-05,ann,Tea,999999999999,999999999", "implausibly large"),
    ("A2,2024-01-05,ann,Tea,1", "5 fields, but the header has 6"),
    ('A2,2024-01-05,"ann,Tea,1,2.50', "never closed"),
]


@pytest.mark.parametrize(("line", "reason"), QUARANTINED, ids=[line for line, _ in QUARANTINED])
def test_only_the_unreadable_row_is_quarantined(line: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + ROW + line + "\n" + ROW.replace("A1", "A3"))
    report = rg.check(tmp_path / "sales.csv")
    assert report.total("accepted")[0] == 2
    [example] = report.examples
    assert example["source_row"] == 3
    assert reason in example["reasons"]
    assert "Tea" in example["original"]


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ("£2.50", "2.5000"), ("$ 2.50", "2.5000"), ("2.50 €", "2.5000"), ("USD 2.50", "2.5000"),
        ('"1,234.50"', "1234.5000"), ('"£12,345,678.90"', "12345678.9000"), ("-2.50", "-2.5000"),
    ],
)  # fmt: skip
def test_currency_signs_and_thousands_separators_are_read(
    price: str, amount: str, tmp_path: Path
) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + f"A1,2024-01-05,ann,Tea,1,{price}\n", "utf-8")
    assert str(rg.check(tmp_path / "sales.csv").total("accepted")[1]) == amount


@pytest.mark.parametrize("columns", [200, pytest.param(1000, marks=pytest.mark.thorough)])
def test_a_file_with_hundreds_of_columns_is_read(columns: int, tmp_path: Path) -> None:
    names = ",".join(f"extra {n}" for n in range(columns - 6))
    cells = ",".join("x" * (columns - 6))
    (tmp_path / "wide.csv").write_text(f"{HEADING.strip()},{names}\n{ROW.strip()},{cells}\n")
    assert rg.check(tmp_path / "wide.csv").total("accepted")[0] == 1
