"""Read Excel workbooks: every sheet of sales, with cells as text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError, did_you_mean
from regulars.sources.profiles.match_columns import looks_like_sales, match_columns, resembles_sales
from regulars.sources.profiles.profile import FileOptions, Profile
from regulars.sources.table import SOURCE_ROW, RawTable, column_names, scratch

if TYPE_CHECKING:
    import fastexcel
    import ibis
    import pyarrow as pa


@dataclass(frozen=True)
class Sheet:
    """The non-blank rows of a sheet, with the row numbers that Excel shows."""

    name: str
    header: tuple[str, ...]
    cells: "pa.Table"
    numbers: "pa.Array"
    first_row: int
    first_column: int

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(self.numbers)


def read_workbook(
    con: "ibis.BaseBackend",
    path: Path,
    name: str,
    *,
    file: FileOptions,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the sheet chosen by name, or else every sheet that looks like sales.

    Raises SourceError if the workbook is damaged, empty or lacks that sheet, and MappingError if no
    sheet looks like sales, or if a sheet resembles sales but lacks a column.
    """
    workbook = _open(path, name)
    names = [file.table] if file.table else workbook.sheet_names
    if file.table and file.table not in workbook.sheet_names:
        hint = did_you_mean(file.table, workbook.sheet_names)
        raise SourceError(f'{name} has no sheet "{file.table}".{hint}')
    sheets = [sheet for sheet in _sheets(workbook, names, file.header is not False) if sheet.rows]
    if not sheets:
        raise SourceError(f"{name} has no rows{f' on sheet {file.table}' if file.table else ''}.")
    wanted = [sheet for sheet in sheets if file.table or looks_like_sales(sheet.header, chosen)]
    if not wanted:
        largest = max(sheets, key=lambda sheet: sheet.rows)
        match_columns(f"{name}: {largest.name}", largest.header, chosen)
    for sheet in sheets:
        # Skip sheets of notes, but raise for a sheet of sales that lacks a column.
        if sheet not in wanted and resembles_sales(sheet.header):
            match_columns(f"{name}: {sheet.name}", sheet.header, chosen)
    skipped = [f"{one.name} ({one.rows:,} rows)" for one in sheets if one not in wanted]
    remarks = (f"skipped sheets without sales: {', '.join(skipped)}",) if skipped else ()
    first, *others = (_raw_table(con, sheet, f"{name}: {sheet.name}", workdir) for sheet in wanted)
    return [replace(first, remarks=remarks), *others]


def sheet_columns(path: Path, name: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of each sheet that resembles sales, or else of the largest sheet.

    Raises SourceError if the workbook is damaged or empty.
    """
    workbook = _open(path, name)
    sheets = [sheet for sheet in _sheets(workbook, workbook.sheet_names, True) if sheet.rows]
    if not sheets:
        raise SourceError(f"{name} has no rows.")
    sales = [sheet for sheet in sheets if resembles_sales(sheet.header)]
    return {
        f"{name}: {sheet.name}": column_names(name, sheet.header, first=sheet.first_column)
        for sheet in sales or [max(sheets, key=lambda sheet: sheet.rows)]
    }


def read_first_sheet(path: Path) -> tuple[tuple[str, ...], list[dict[str, str | None]]]:
    """Return the columns and rows of a workbook's first sheet.

    Rows of later sheets with the same header are appended: Excel limits a sheet to 1,048,576 rows.

    Raises SourceError if the workbook is damaged or its first sheet is empty.
    """
    workbook = _open(path, path.name)
    sheets = list(_sheets(workbook, workbook.sheet_names, has_header=True))
    if not sheets or sheets[0].name != workbook.sheet_names[0]:
        raise SourceError(f"{path.name} has no rows.")
    first = sheets[0]
    columns = column_names(path.name, first.header, first=first.first_column)
    parts = [sheet.cells for sheet in sheets if sheet.header == first.header]
    return columns, [
        row for cells in parts for row in cells.rename_columns(list(columns)).to_pylist()
    ]


def _open(path: Path, name: str) -> "fastexcel.ExcelReader":
    import fastexcel

    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError:
        raise SourceError(
            f"{name} cannot be read as an Excel workbook: it is damaged, cut short or another kind "
            "of zip file. Save it again as .xlsx, or unzip it."
        ) from None


def _sheets(
    workbook: "fastexcel.ExcelReader", names: list[str], has_header: bool
) -> Iterator[Sheet]:
    import pyarrow as pa
    from pyarrow import compute

    for name in names:
        # skip_rows=0 keeps blank rows above the header, so that row numbers match Excel's.
        loaded = workbook.load_sheet(
            name, header_row=None, skip_rows=0, dtypes="string", whitespace_as_null=True
        )
        if not loaded.height or not loaded.width:
            continue
        cells = pa.Table.from_batches([loaded.to_arrow()])
        filled = reduce(compute.or_, (compute.is_valid(column) for column in cells.columns))
        numbers = pa.array(range(1, cells.num_rows + 1), pa.int64()).filter(filled.combine_chunks())
        cells = cells.filter(filled)
        header = cells.slice(0, has_header).to_pylist()
        yield Sheet(
            name,
            tuple(cell or "" for cell in header[0].values()) if header else ("",) * loaded.width,
            cells.slice(has_header),
            numbers.slice(has_header),
            numbers[0].as_py() + has_header,
            loaded.available_columns()[0].absolute_index + 1,
        )


def _raw_table(con: "ibis.BaseBackend", sheet: Sheet, name: str, workdir: Path) -> RawTable:
    from pyarrow import parquet

    columns = column_names(name, sheet.header, first=sheet.first_column)
    cells = sheet.cells.rename_columns(list(columns))
    path = scratch(workdir, ".parquet")
    parquet.write_table(cells.add_column(0, SOURCE_ROW, sheet.numbers), path)
    return RawTable(
        name=name,
        columns=columns,
        table=con.read_parquet(path),
        rows=sheet.rows,
        first_row=sheet.first_row,
        has_row_numbers=True,
    )
