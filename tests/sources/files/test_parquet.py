"""Parquet: column types, folders of parts, and damaged files."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from pyarrow import parquet

from regulars.core.errors import SourceError
from regulars.sources.table import RawTable
from sources.conftest import Rows
from support.warehouses import BuiltWarehouse


def test_columns_keep_their_types(
    open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows], tmp_path: Path
) -> None:
    row = ("A1", datetime(2010, 1, 2, 3, 4), 2, Decimal("2.50"), None)
    names = ("Invoice", "InvoiceDate", "Quantity", "Price", "Customer ID")
    table = pa.table({name: [value] * 3 for name, value in zip(names, row, strict=True)})
    parquet.write_table(table, tmp_path / "shop.parquet")
    raw = open_one(tmp_path / "shop.parquet")
    assert (raw.name, raw.columns, raw.rows, raw.first_row) == ("shop.parquet", names, 3, 1)
    assert (raw.has_row_numbers, raw.rejected, raw.exact_reader) == (False, None, None)
    assert rows_of(raw.table) == [row] * 3


def test_the_sample_data_is_complete(
    open_all: Callable[..., list[RawTable]], rows_of: Callable[[ibis.Table], Rows]
) -> None:
    folder = files("regulars.demo") / "data" / "online_retail_II"
    raws = open_all(f"{folder}/*.parquet")
    assert [raw.rows for raw in raws] == [525_461, 541_910]
    assert [raw.table.count().execute() for raw in raws] == [525_461, 541_910]


def test_a_truncated_damaged_or_empty_parquet_file_is_an_error(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    tmp_path: Path,
) -> None:
    path = tmp_path / "shop.parquet"
    parquet.write_table(pa.table({"a": list(range(1000))}), path)
    for content in (path.read_bytes()[:-100], b"PAR1" + bytes(99), b"PAR1"):
        with pytest.raises(SourceError, match=r"bad\.parquet is damaged or cut short"):
            open_one(write_file("bad.parquet", content))
    parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    with pytest.raises(SourceError, match=r"shop\.parquet has columns but no rows"):
        open_one(path)


def test_a_column_named_source_row_is_renamed(
    open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows], tmp_path: Path
) -> None:
    parquet.write_table(pa.table({"source_row": [7], "a": [1]}), tmp_path / "a.parquet")
    raw = open_one(tmp_path / "a.parquet")
    assert raw.columns == ("source_row (found)", "a") == tuple(raw.table.columns)
    assert rows_of(raw.table) == [(7, 1)]


def test_nested_columns_and_hive_style_folders_add_no_columns(
    open_one: Callable[..., RawTable], rows_of: Callable[[ibis.Table], Rows], tmp_path: Path
) -> None:
    (tmp_path / "year=2010").mkdir()
    parquet.write_table(pa.table({"a": [{"b": [1, 2]}]}), tmp_path / "year=2010" / "a.parquet")
    raw = open_one(tmp_path / "year=2010" / "a.parquet")
    assert raw.columns == ("a",)
    assert rows_of(raw.table) == [({"b": [1, 2]},)]


def test_a_folder_of_parts_is_one_source_with_consecutive_row_numbers(
    tmp_path: Path, build_shop: Callable[..., BuiltWarehouse]
) -> None:
    folder = tmp_path / "sales"
    folder.mkdir()
    rows = {
        "order_id": ["1", "1", "2"], "order_date": [datetime(2025, 1, 1)] * 3,
        "customer_id": ["7"] * 3, "product": ["Cup"] * 3, "quantity": [1, 2, 3],
        "unit_price": [1.5] * 3,
    }  # fmt: skip
    table = pa.table(rows)
    for number, part in enumerate((table.slice(0, 2), table.slice(0, 0), table.slice(2))):
        parquet.write_table(part, folder / f"part-{number:05}.snappy.parquet")
    (folder / "_SUCCESS").touch()
    shop = build_shop(folder)
    assert [source.name for source in shop.report.sources] == ["sales"]
    found = sorted((row["source_row"], row["quantity"]) for row in shop.table("fact_sales"))
    assert found == [(1, 1), (2, 2), (3, 3)]


def test_a_damaged_part_is_named(tmp_path: Path, build_shop: Callable[..., BuiltWarehouse]) -> None:
    folder = tmp_path / "sales"
    folder.mkdir()
    (folder / "part-00000.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(SourceError, match=r"part-00000\.parquet of sales is damaged"):
        build_shop(folder)
