"""Read workbooks of any kind that calamine reads: .xlsx, .xls, .xlsb and .ods, cells as text."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError, did_you_mean
from regulars.sources.files.compression import most_bytes, too_large
from regulars.sources.files.excel_epoch import counts_from_1904
from regulars.sources.files.sheets import Sheet, sales_tables, sheet_of
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.match_columns import resembles_sales
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import RawTable, column_names

if TYPE_CHECKING:
    import fastexcel
    import ibis

_FIRST_ROW = FileOptions(header=True)


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
    sheets = [sheet for sheet in _sheets(workbook, names, file, chosen, name) if sheet.rows]
    if not sheets:
        raise SourceError(f"{name} has no rows{f' on sheet {file.table}' if file.table else ''}.")
    tables = sales_tables(con, sheets, name, file=file, chosen=chosen, workdir=workdir)
    is_since_1904 = counts_from_1904(path)
    return [replace(table, counts_from_1904=is_since_1904) for table in tables]


def sheet_columns(path: Path, name: str, file: FileOptions) -> dict[str, tuple[str, ...]]:
    """Return the columns of the sheet that `file` names, or of each sheet that resembles sales.

    If none does, those of the largest sheet.

    Raises SourceError if the workbook is damaged or empty.
    """
    workbook = _open(path, name)
    names = [title for title in workbook.sheet_names if file.table in (None, title)]
    found = _sheets(workbook, names, file, None, name)
    sheets = [sheet for sheet in found if sheet.rows]
    if not sheets:
        raise SourceError(f"{name} has no rows.")
    sales = [sheet for sheet in sheets if resembles_sales(sheet.header) and not sheet.is_hidden]
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
    sheets = list(_sheets(workbook, workbook.sheet_names, _FIRST_ROW, None, path.name))
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

    _check_size(path, name)
    # The second attempt ignores the extension, which can be wrong.
    for source in (path, path.read_bytes()):
        try:
            return fastexcel.read_excel(source)
        except fastexcel.FastExcelError:
            continue
    with path.open("rb") as stream:
        is_zip = stream.read(2) == b"PK"
    raise SourceError(
        f"{name} cannot be read as an Excel workbook: it is damaged, cut short or another kind "
        "of zip file. Save it again as .xlsx, or unzip it."
        if is_zip
        else f"{name} is in the old Excel format and cannot be read: it is damaged or "
        "password-protected. Save it as .xlsx in Excel and try again."
    )


def _check_size(path: Path, name: str) -> None:
    """Raise SourceError if a workbook unpacks to an implausible size."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > most_bytes(path):
        raise too_large(name, most_bytes(path))


def _sheets(
    workbook: "fastexcel.ExcelReader",
    names: list[str],
    file: FileOptions,
    chosen: Profile | None,
    name: str,
) -> Iterator[Sheet]:
    import pyarrow as pa

    for title in names:
        # skip_rows=0 keeps blank rows above the header, so that row numbers match Excel's.
        loaded = workbook.load_sheet(
            title, header_row=None, skip_rows=0, dtypes="string", whitespace_as_null=True
        )
        if not loaded.height or not loaded.width:
            continue
        sheet = sheet_of(
            title,
            pa.Table.from_batches([loaded.to_arrow()]),
            f"{name}: {title}",
            file=file,
            chosen=chosen,
            first_column=loaded.available_columns()[0].absolute_index + 1,
            is_hidden=loaded.visible != "visible",
        )
        if sheet is not None:
            yield sheet
