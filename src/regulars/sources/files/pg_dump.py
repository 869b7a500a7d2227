"""PostgreSQL dumps in plain SQL: their rows, without a server."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from regulars.core.errors import SourceError, did_you_mean
from regulars.sources.files.encoding import lines_if_utf8
from regulars.sources.files.pg_dump_sql import Block, Header, blocks_of, lines_of, wrongly_encoded
from regulars.sources.profiles.match_columns import looks_like_sales, recognise
from regulars.sources.profiles.profile import FileShape, Profile
from regulars.sources.table import CHUNK, RawTable, column_names, read_delimited, scratch, unpacked

if TYPE_CHECKING:
    import ibis


@dataclass
class DumpedTable:
    """A table met in a dump; its rows are counted, and kept in a file where they are wanted."""

    header: Header
    path: Path
    file: IO[bytes] | None
    rows: int = 0

    def take(self, rows: Iterable[bytes]) -> None:
        """Take in the next rows, one line each unless a text in it holds a line end."""
        write = self.file.write if self.file else len
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007
            write(row)
        self.rows += count


def read_dump(
    con: "ibis.BaseBackend",
    path: Path,
    name: str,
    *,
    file: FileShape,
    chosen: Profile | None,
    workdir: Path,
) -> RawTable:
    """Return the rows of the table asked for, or of the only one whose columns are those of sales.

    Everything is text, as PostgreSQL writes it; NULL is NULL and an empty text is not.

    Raises SourceError where the dump is cut short, has no rows, or leaves open which table is
    meant, and MappingError where its only table is not one of sales.
    """

    def is_wanted(header: Header) -> bool:
        if file.table:
            return _is_named(header.table, file.table)
        return looks_like_sales(header.columns, chosen)

    with unpacked(path, name) as stream:
        tables = _collect(blocks_of(lines_of(stream, name), name), is_wanted, workdir)
    table = _choose(name, [table for table in tables if table.rows], file.table, chosen)
    return _land(con, table, f"{name}: {table.header.table}")


def _land(con: "ibis.BaseBackend", table: DumpedTable, name: str) -> RawTable:
    lines = lines_if_utf8(table.path)
    if lines is None:
        raise wrongly_encoded(name, "UTF8")
    columns = column_names(name, table.header.columns)
    rows = read_delimited(
        con,
        table.path,
        columns,
        delim="\t",
        new_line="\\n",  # else it is guessed, and a "\r" in a text misleads the guess
        nullstr="\\N",
        allow_quoted_nulls=False,
        parallel=lines == table.rows,  # texts with line ends in them are read in one go
    )
    return RawTable(
        name=name,
        columns=columns,
        table=rows,
        rows=table.rows,
        first_row=1,
        has_row_numbers=False,
    )


def _collect(
    blocks: Iterable[Block], is_wanted: Callable[[Header], bool], workdir: Path
) -> list[DumpedTable]:
    """Return every table of a dump, its rows counted, and kept if it is wanted."""
    tables: dict[Header, DumpedTable] = {}
    with ExitStack() as files:
        for block in blocks:
            if block.header not in tables:
                path = scratch(workdir, ".tsv")
                file = (
                    files.enter_context(path.open("wb", CHUNK)) if is_wanted(block.header) else None
                )
                tables[block.header] = DumpedTable(block.header, path, file)
            tables[block.header].take(block.rows)
    return list(tables.values())


def _is_named(table: str, asked: str) -> bool:
    """Return whether a table is the one asked for, with or without its schema."""
    return table == asked.removeprefix("public.") or table.endswith(f".{asked}")


def _choose(
    name: str, found: list[DumpedTable], asked: str | None, chosen: Profile | None
) -> DumpedTable:
    if not found:
        raise SourceError(f"{name} has no rows: is it a dump of the schema alone?")
    wanted = [table for table in found if table.file]
    if len(wanted) == 1:
        return wanted[0]
    if asked and not wanted:
        hint = did_you_mean(asked, [table.header.table for table in found])
        raise SourceError(f'{name} has no table "{asked}" with rows.{hint}')
    if len(found) == 1:
        recognise(f"{name}: {found[0].header.table}", found[0].header.columns, chosen)
    listed = "\n".join(
        f"  {table.header.table}  ({table.rows:,} rows)" for table in wanted or found
    )
    which = "several tables that may be meant" if wanted else "no table that looks like sales"
    raise SourceError(f"{name} has {which}. Choose one with --table:\n{listed}")
