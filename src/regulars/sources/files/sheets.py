"""Sheets of cells, from a workbook or a web page: their headers, and which of them are sales."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from regulars.core.errors import MappingError, SourceError, listed
from regulars.core.formatting import counted
from regulars.sources.files.footer import footer_remark
from regulars.sources.files.header import SEARCHED, advice_on, find_header, remarks_on
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.match_columns import (
    is_wanted,
    looks_like_sales,
    match_columns,
    resembles_sales,
)
from regulars.sources.profiles.profile import Profile
from regulars.sources.profiles.recognise_files import has_parts
from regulars.sources.table import (
    SOURCE_ROW,
    RawTable,
    column_names,
    read_parquet_files,
    scratch,
)

if TYPE_CHECKING:
    from pathlib import Path

    import ibis
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Sheet:
    """The non-blank rows of a sheet below its header, with the row numbers that Excel shows."""

    name: str
    header: tuple[str, ...]
    cells: "pa.Table"
    numbers: "pa.Array"
    first_row: int
    first_column: int = 1
    is_hidden: bool = False
    remarks: tuple[str, ...] = ()
    advice: str = ""

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(self.numbers)


def sheet_of(
    name: str,
    cells: "pa.Table",
    source: str,
    *,
    file: FileOptions,
    chosen: Profile | None,
    first_column: int = 1,
    is_hidden: bool = False,
) -> Sheet | None:
    """Return the sheet in a table of text cells, blank rows included; None if all are blank.

    source  the display name, for errors
    """
    import pyarrow as pa
    from pyarrow import compute

    is_filled = reduce(compute.or_, (compute.is_valid(column) for column in cells.columns))
    numbers = pa.array(range(1, cells.num_rows + 1), pa.int64()).filter(is_filled.combine_chunks())
    if not len(numbers):
        return None
    searched = numbers[0].as_py() + 2 * SEARCHED + max(file.skip_rows or 0, file.header_row or 0)
    sample = [[cell or "" for cell in row.values()] for row in cells.slice(0, searched).to_pylist()]
    header = find_header(sample, file, lambda names: is_wanted(names, chosen), source)
    is_data = compute.greater(numbers, header.start)
    numbers = numbers.filter(is_data)
    cells = cells.filter(is_filled).filter(is_data)
    rows = max(0, len(numbers) - (file.footer or 0))
    first = max(file.skip_rows or 0, next(n for n, row in enumerate(sample) if any(row)))
    return Sheet(
        name,
        header.names,
        cells.slice(0, rows),
        numbers.slice(0, rows),
        header.start + 1,
        first_column,
        is_hidden,
        (*remarks_on(header, first), *footer_remark(file)),
        advice_on(header, sample),
    )


def sales_tables(
    con: "ibis.BaseBackend",
    sheets: Sequence[Sheet],
    name: str,
    *,
    file: FileOptions,
    chosen: Profile | None,
    workdir: "Path",
) -> list[RawTable]:
    """Return the sheets that look like sales, or the one that `file` names, as raw tables.

    If a profile joins sheets, all of them count as sales.

    Hidden sheets and sheets that sum up others are left out, and the first table says so.

    A sheet that resembles sales but lacks a column is returned alone, for staging to refuse it.

    Raises MappingError if no sheet resembles sales, and SourceError if all sheets of sales are
    hidden.
    """
    if file.table:
        return [_raw_table(con, sheet, f"{name}: {sheet.name}", workdir) for sheet in sheets]
    shown = [sheet for sheet in sheets if not sheet.is_hidden]
    is_joined = has_parts([(sheet.name, sheet.header) for sheet in sheets], chosen)
    sales = [one for one in sheets if is_joined or looks_like_sales(one.header, chosen)]
    wanted = [sheet for sheet in sales if not sheet.is_hidden]
    if sales and not wanted:
        raise SourceError(_only_hidden(name, sales))
    # Skip sheets of notes, but not a sheet of sales that lacks a column: staging refuses it, with
    # what its values show.
    lacking = [one for one in shown if one not in wanted and resembles_sales(one.header)]
    if lacking:
        table = _raw_table(con, lacking[0], f"{name}: {lacking[0].name}", workdir)
        return [replace(table, advice=_instead_of(lacking[0], wanted) or table.advice)]
    if not wanted:
        _refuse(max(shown or sheets, key=lambda sheet: sheet.rows), name, chosen)
    sums = [sheet for sheet in wanted if _sums_up_others(sheet, wanted)]
    left_out = {
        "skipped sheets without sales": [one for one in shown if one not in sales],
        "left out hidden sheets": [one for one in sheets if one.is_hidden],
        "left out sheets that repeat the rows of all others": sums,
    }
    remarks = (
        f"{why}: {', '.join(map(_with_rows, which))}" for why, which in left_out.items() if which
    )
    first, *others = (
        _raw_table(con, sheet, f"{name}: {sheet.name}", workdir)
        for sheet in wanted
        if sheet not in sums
    )
    return [replace(first, remarks=(*first.remarks, *remarks)), *others]


def _with_rows(sheet: Sheet) -> str:
    return f"{sheet.name} ({counted(sheet.rows, 'row', 'rows')})"


def _instead_of(sheet: Sheet, sales: Sequence[Sheet]) -> str:
    """Return how to leave out a sheet if others have the sales; nothing if none has."""
    if not sales:
        return ""
    if len(sales) > 1:
        return f'If "{sheet.name}" is not sales, hide the sheet in Excel, and it is left out.'
    return (
        f'If "{sheet.name}" is not sales, choose the sheet that is, in your profile:\n  [file]\n'
        f'  table = "{sales[0].name}"'
    )


def _only_hidden(name: str, sheets: Sequence[Sheet]) -> str:
    names = listed([sheet.name for sheet in sheets])
    return (
        f"{name} has sales only on hidden sheets: {names}. Unhide them in Excel, or choose one in "
        f'your profile:\n  [file]\n  table = "{sheets[0].name}"'
    )


def _refuse(sheet: Sheet, name: str, chosen: Profile | None) -> None:
    try:
        match_columns(f"{name}: {sheet.name}", sheet.header, chosen)
    except MappingError as error:
        error.args = ("\n".join(filter(None, (str(error), sheet.advice))),)
        raise


def _sums_up_others(sheet: Sheet, sheets: Sequence[Sheet]) -> bool:
    """Return whether a sheet has exactly the rows of all other sheets with the same header."""
    others = [one for one in sheets if one is not sheet and one.header == sheet.header]
    if len(others) < 2 or sum(one.rows for one in others) != sheet.rows:
        return False
    return _counts([sheet]) == _counts(others)


def _counts(sheets: Sequence[Sheet]) -> Counter[tuple[str | None, ...]]:
    """Return how often each row occurs in sheets."""
    return Counter(
        row
        for sheet in sheets
        for row in zip(*(column.to_pylist() for column in sheet.cells.columns), strict=True)
    )


def _raw_table(con: "ibis.BaseBackend", sheet: Sheet, name: str, workdir: "Path") -> RawTable:
    from pyarrow import parquet

    columns = column_names(name, sheet.header, first=sheet.first_column)
    cells = sheet.cells.rename_columns(list(columns))
    path = scratch(workdir, ".parquet")
    parquet.write_table(cells.add_column(0, SOURCE_ROW, sheet.numbers), path)
    return RawTable(
        name=name,
        columns=columns,
        table=read_parquet_files(con, path),
        rows=sheet.rows,
        first_row=sheet.first_row,
        has_row_numbers=True,
        remarks=sheet.remarks,
        advice=sheet.advice,
    )
