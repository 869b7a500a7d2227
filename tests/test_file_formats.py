"""The same lines in any file format give the same warehouse."""

import csv
import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from support.postgres import Postgres
from support.warehouses import SAMPLE_FILES, BuiltWarehouse, build_and_open, star_contents

# A whole day, and all invoices with a pound sign: cancellations, guests, postage, vouchers, notes.
LINES = f"""
    SELECT * FROM read_parquet('{SAMPLE_FILES[0]}') WHERE InvoiceDate::DATE = '2010-01-05'
        OR Invoice IN
            (SELECT Invoice FROM read_parquet('{SAMPLE_FILES[0]}') WHERE Description LIKE '%£%')
    ORDER BY InvoiceDate, Invoice, StockCode, Quantity
"""
HEADING = (
    "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID",
    "Country",
)  # fmt: skip
Line = tuple[Any, ...]
TEXTS: dict[str, dict[str, Any]] = {
    "utf-8": {"encoding": "utf-8"},
    "utf-8 with a byte order mark": {"encoding": "utf-8-sig"},
    "cp1252": {"encoding": "cp1252"},
    "utf-16": {"encoding": "utf-16"},
    "tabs": {"delimiter": "\t"},
    "semicolons and decimal commas": {"delimiter": ";", "decimal": ","},
    "british dates": {"dates": "%d/%m/%Y %H:%M:%S"},
    "american dates": {"dates": "%m/%d/%Y %H:%M:%S"},
    "ids with a decimal zero": {"ids": "{}.0"},
    "gzip": {"compressed": True},
}


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    rows = duckdb.sql(f"""
        SELECT Invoice, StockCode, Description, Quantity, InvoiceDate::TIMESTAMP, Price,
            "Customer ID"::BIGINT, Country FROM ({LINES})
    """).fetchall()
    assert any("£" in (line[2] or "") for line in rows)
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats")


@pytest.fixture(scope="module")
def expected(folder: Path) -> Iterator[BuiltWarehouse]:
    """The warehouse of these lines from Parquet, with their original types."""
    path = folder / "lines.parquet"
    duckdb.sql(f"COPY ({LINES}) TO '{path}'")
    shop = build_and_open(folder / "expected.duckdb", [path])
    yield shop
    shop.warehouse.close()


def text_of(
    line: Line, *, decimal: str = ".", dates: str = "%Y-%m-%d %H:%M:%S", ids: str = "{}"
) -> Line:
    invoice, code, description, quantity, moment, price, customer, country = line
    customer_id = "" if customer is None else ids.format(customer)
    price = repr(price).replace(".", decimal)
    return invoice, code, description, quantity, moment.strftime(dates), price, customer_id, country


def write_text(
    path: Path,
    lines: list[Line],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    compressed: bool = False,
    **text: str,
) -> None:
    open_file = gzip.open if compressed else open
    with open_file(path, "wt", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(HEADING)
        writer.writerows(text_of(line, **text) for line in lines)


def write_workbook(path: Path, lines: list[Line]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Year 2009-2010")
    sheet.append(HEADING)
    for line in lines:
        sheet.append(line)
    book.save(path)


def assert_equal(path: Path, expected: BuiltWarehouse) -> None:
    shop = build_and_open(path.with_suffix(".duckdb"), [path])
    try:
        assert shop.report.total("quarantined") == (0, Decimal(0))
        assert star_contents(shop) == star_contents(expected)
        assert shop.one("kpis") == expected.one("kpis")
        assert shop.ask("rfm") == expected.ask("rfm")
    finally:
        shop.warehouse.close()


def test_the_lines_include_the_cases_where_formats_differ(expected: BuiltWarehouse) -> None:
    kinds = dict(expected.sql("SELECT kind, count(*) FROM fact_sales GROUP BY 1"))
    assert set(kinds) >= {"sale", "return", "fee", "voucher", "adjustment"}
    assert sum(kinds.values()) > 1_000
    assert expected.sql("SELECT count(*) > 100 FROM fact_sales WHERE customer_key = 0") == [(True,)]


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_file_gives_the_same_warehouse(
    kind: str, lines: list[Line], folder: Path, expected: BuiltWarehouse
) -> None:
    suffix = ".csv.gz" if "compressed" in TEXTS[kind] else ".csv"
    path = (folder / kind.replace(" ", "-")).with_suffix(suffix)
    write_text(path, lines, **TEXTS[kind])
    assert_equal(path, expected)


def test_a_workbook_gives_the_same_warehouse(
    lines: list[Line], folder: Path, expected: BuiltWarehouse
) -> None:
    write_workbook(folder / "workbook.xlsx", lines)
    assert_equal(folder / "workbook.xlsx", expected)


@pytest.fixture(scope="module")
def loaded(postgres: Postgres, folder: Path) -> Postgres:
    # A database of its own: other tests leave their tables in the shared one, and a dump has all.
    shop = postgres.new_database("file_formats")
    shop.load_retail(f"({LINES})", folder)
    return shop


@pytest.mark.parametrize("kind", ["copy", "inserts", "column-inserts"])
def test_a_dump_gives_the_same_warehouse(
    kind: str, loaded: Postgres, folder: Path, expected: BuiltWarehouse
) -> None:
    options = [] if kind == "copy" else [f"--{kind}"]
    assert_equal(loaded.dump(folder / f"{kind}.sql", *options), expected)


def test_a_compressed_dump_gives_the_same_warehouse(
    loaded: Postgres, folder: Path, expected: BuiltWarehouse
) -> None:
    plain = loaded.dump(folder / "plain.sql")
    compressed = folder / "compressed.sql.gz"
    compressed.write_bytes(gzip.compress(plain.read_bytes()))
    assert_equal(compressed, expected)
