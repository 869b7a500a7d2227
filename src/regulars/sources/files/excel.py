"""Excel workbooks: every sheet of sales, cells as text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError, did_you_mean
from regulars.sources.profiles.match_columns import looks_like_sales, recognise, resembles_sales
from regulars.sources.profiles.profile import FileShape, Profile
from regulars.sources.table import SOURCE_ROW, RawTable, column_names, scratch

if TYPE_CHECKING:
    import fastexcel
    import ibis
    import pyarrow as pa


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet that hold anything, numbered as Excel shows them."""

    name: str
    heading: tuple[str, ...]
    cells: "pa.Table"
    numbers: "pa.Array"
    first_row: int
    first_column: int

    @property
    def rows(self) -> int:
        """How many rows of data it has."""
        return len(self.numbers)


def read_workbook(
    con: "ibis.BaseBackend",
    path: Path,
    name: str,
    *,
    file: FileShape,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the sheet that was asked for, or every sheet whose columns are those of sales.

    Raises SourceError where the workbook is damaged, empty or without that sheet, and
    MappingError where no sheet looks like sales, or one almost does.
    """
    workbook = _opened(path, name)
    names = [file.table] if file.table else workbook.sheet_names
    if file.table and file.table not in workbook.sheet_names:
        hint = did_you_mean(file.table, workbook.sheet_names)
        raise SourceError(f'{name} has no sheet "{file.table}".{hint}')
    sheets = [sheet for sheet in _sheets(workbook, names, file.header is not False) if sheet.rows]
    if not sheets:
        raise SourceError(f"{name} has no rows{f' on sheet {file.table}' if file.table else ''}.")
    wanted = [sheet for sheet in sheets if file.table or looks_like_sales(sheet.heading, chosen)]
    if not wanted:
        largest = max(sheets, key=lambda sheet: sheet.rows)
        recognise(f"{name}: {largest.name}", largest.heading, chosen)
    for sheet in sheets:
        # Notes beside the sales are left out; a sheet of sales with a column amiss is not.
        if sheet not in wanted and resembles_sales(sheet.heading):
            recognise(f"{name}: {sheet.name}", sheet.heading, chosen)
    remarks = _left_out([sheet for sheet in sheets if sheet not in wanted])
    first, *others = (_land(con, sheet, f"{name}: {sheet.name}", workdir) for sheet in wanted)
    return [replace(first, remarks=remarks), *others]


def headings(path: Path, name: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of each sheet that resembles sales, or else of the largest.

    Raises SourceError where the workbook is damaged or empty.
    """
    workbook = _opened(path, name)
    sheets = [sheet for sheet in _sheets(workbook, workbook.sheet_names, True) if sheet.rows]
    if not sheets:
        raise SourceError(f"{name} has no rows.")
    alike = [sheet for sheet in sheets if resembles_sales(sheet.heading)]
    return {
        f"{name}: {sheet.name}": column_names(name, sheet.heading, first=sheet.first_column)
        for sheet in alike or [max(sheets, key=lambda sheet: sheet.rows)]
    }


def first_sheet(path: Path) -> tuple[tuple[str, ...], list[dict[str, str | None]]]:
    """Return the columns and the rows of a workbook's first sheet, whatever it holds.

    Sheets with the same heading go on with it: one holds no more than a million rows.

    Raises SourceError where it is damaged or empty.
    """
    workbook = _opened(path, path.name)
    sheets = list(_sheets(workbook, workbook.sheet_names, has_heading=True))
    if not sheets or sheets[0].name != workbook.sheet_names[0]:
        raise SourceError(f"{path.name} has no rows.")
    first = sheets[0]
    columns = column_names(path.name, first.heading, first=first.first_column)
    parts = [sheet.cells for sheet in sheets if sheet.heading == first.heading]
    return columns, [
        row for cells in parts for row in cells.rename_columns(list(columns)).to_pylist()
    ]


def _left_out(sheets: list[Sheet]) -> tuple[str, ...]:
    """Say which sheets hold something, but no sales."""
    named = (f"{sheet.name} ({sheet.rows:,} rows)" for sheet in sheets)
    return (f"sheets left out, for they hold no sales: {', '.join(named)}",) if sheets else ()


def _opened(path: Path, name: str) -> "fastexcel.ExcelReader":
    import fastexcel

    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError:
        raise SourceError(
            f"{name} cannot be read as an Excel workbook: it is damaged, cut short, or another "
            "kind of zip file. Save it again as .xlsx, or unpack it."
        ) from None


def _sheets(
    workbook: "fastexcel.ExcelReader", names: list[str], has_heading: bool
) -> Iterator[Sheet]:
    import pyarrow as pa
    from pyarrow import compute

    for name in names:
        # Skipping no rows keeps the blank ones above the heading, and so Excel's own numbers.
        loaded = workbook.load_sheet(
            name, header_row=None, skip_rows=0, dtypes="string", whitespace_as_null=True
        )
        if not loaded.height or not loaded.width:
            continue
        cells = pa.Table.from_batches([loaded.to_arrow()])
        filled = reduce(compute.or_, (compute.is_valid(column) for column in cells.columns))
        numbers = pa.array(range(1, cells.num_rows + 1), pa.int64()).filter(filled.combine_chunks())
        cells = cells.filter(filled)
        heading = cells.slice(0, has_heading).to_pylist()
        yield Sheet(
            name,
            tuple(cell or "" for cell in heading[0].values()) if heading else ("",) * loaded.width,
            cells.slice(has_heading),
            numbers.slice(has_heading),
            numbers[0].as_py() + has_heading,
            loaded.available_columns()[0].absolute_index + 1,
        )


def _land(con: "ibis.BaseBackend", sheet: Sheet, name: str, workdir: Path) -> RawTable:
    from pyarrow import parquet

    columns = column_names(name, sheet.heading, first=sheet.first_column)
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
