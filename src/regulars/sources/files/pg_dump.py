"""Read the rows of a table from a PostgreSQL or MySQL dump, without a server."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from regulars.core.errors import SourceError, did_you_mean
from regulars.sources.files.compression import unpacked
from regulars.sources.files.encoding import lines_if_utf8
from regulars.sources.files.mysql_dump_sql import mysql_blocks
from regulars.sources.files.pg_dump_sql import Block, Header, blocks_of, lines_of, wrongly_encoded
from regulars.sources.files.pg_restore import restored
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.match_columns import looks_like_sales, match_columns
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import CHUNK, RawTable, column_names, read_delimited, scratch

if TYPE_CHECKING:
    import ibis

Dialect = Literal["dump", "dump archive", "mysql dump"]
"""SQL of pg_dump, its custom or tar format, and SQL of mysqldump."""


@dataclass
class DumpedTable:
    """A table in a dump: its row count and, if it is wanted, the file with its rows."""

    header: Header
    path: Path
    file: IO[bytes] | None
    rows: int = 0

    def add(self, rows: Iterable[bytes]) -> None:
        """Count rows, and write them if the table is wanted."""
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
    dialect: Dialect = "dump",
    file: FileOptions,
    chosen: Profile | None,
    workdir: Path,
) -> RawTable:
    """Return the rows of the chosen table, or of the only table that looks like sales.

    All values are text as the database writes them. An empty text is not NULL.

    Raises SourceError if the dump is truncated, has no rows or has several tables that look like
    sales, and MappingError if its only table does not.
    """

    def is_wanted(header: Header) -> bool:
        if file.table:
            return _is_named(header.table, file.table)
        return looks_like_sales(header.columns, chosen)

    opened = restored if dialect == "dump archive" else unpacked
    with opened(path, name) as stream:
        blocks = (
            mysql_blocks(stream, name)
            if dialect == "mysql dump"
            else blocks_of(lines_of(stream, name), name)
        )
        tables = _collect(blocks, is_wanted, workdir)
    table = _choose(name, [table for table in tables if table.rows], file.table, chosen)
    return _raw_table(con, table, f"{name}: {table.header.table}")


def _raw_table(con: "ibis.BaseBackend", table: DumpedTable, name: str) -> RawTable:
    lines = lines_if_utf8(table.path)
    if lines is None:
        raise wrongly_encoded(name, "UTF8")
    columns = column_names(name, table.header.columns)
    rows = read_delimited(
        con,
        table.path,
        columns,
        delim="\t",
        new_line="\\n",  # a "\r" inside a text would mislead DuckDB's detection
        nullstr="\\N",
        allow_quoted_nulls=False,
        parallel=lines == table.rows,  # not if texts contain line breaks
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
    """Return every table in a dump with its row count; write the rows of wanted tables."""
    tables: dict[Header, DumpedTable] = {}
    with ExitStack() as files:
        for block in blocks:
            if block.header not in tables:
                path = scratch(workdir, ".tsv")
                file = (
                    files.enter_context(path.open("wb", CHUNK)) if is_wanted(block.header) else None
                )
                tables[block.header] = DumpedTable(block.header, path, file)
            tables[block.header].add(block.rows)
    return list(tables.values())


def _is_named(table: str, name: str) -> bool:
    """Return whether a table has this name, with or without its schema."""
    return table == name.removeprefix("public.") or table.endswith(f".{name}")


def _choose(
    name: str, tables: list[DumpedTable], requested: str | None, chosen: Profile | None
) -> DumpedTable:
    if not tables:
        raise SourceError(
            f"{name} has no rows. If it has only the schema, create it again without "
            "--schema-only or --no-data."
        )
    wanted = [table for table in tables if table.file]
    if len(wanted) == 1:
        return wanted[0]
    if requested and not wanted:
        hint = did_you_mean(requested, [table.header.table for table in tables])
        raise SourceError(f'{name} has no table "{requested}" with rows.{hint}')
    if len(tables) == 1:
        match_columns(f"{name}: {tables[0].header.table}", tables[0].header.columns, chosen)
    listed = "\n".join(
        f"  {table.header.table}  ({table.rows:,} {'row' if table.rows == 1 else 'rows'})"
        for table in wanted or tables
    )
    count = "several tables that look" if wanted else "no table that looks"
    first = (wanted or tables)[0].header.table
    raise SourceError(
        f"{name} has {count} like sales:\n{listed}\nChoose one with --table, or in a profile:\n"
        f'  [file]\n  table = "{first}"'
    )
