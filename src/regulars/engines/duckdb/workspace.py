"""Where a build in DuckDB works: a connection, and a scratch folder, both gone when it is done."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from regulars.engines.sql import creation, insertion
from regulars.engines.sql_cache import alike, sql_of, table_of

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table
    from pyarrow import RecordBatchReader

    from regulars.sources.profiles.profile import FileOptions, Profile
    from regulars.sources.table import RawTable

ROWS_AT_A_TIME = 10_000
_FINGERPRINT = """
    SELECT count(*), sum((digest >> 64)::HUGEINT), sum((digest & 18446744073709551615)::HUGEINT)
    FROM (SELECT md5_number(concat_ws(chr(31), *COLUMNS(*))) AS digest"""
"""Of an MD5, as two numbers of 64 bits: a sum of whole ones would overflow."""

_NOTHING = "\x1e"
"""An empty cell: no cell holds this character, nor chr(31), which stands between cells."""


@dataclass(frozen=True)
class DuckDBWorkspace:
    """A connection to work in and a scratch folder, both gone when the work is done.

    Tables that are kept for the work alone live in memory and spill to the scratch folder.
    """

    con: "Backend"
    folder: Path

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileOptions", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that paths and globs mean."""
        from regulars.sources.open import open_sources

        return open_sources(self.con, patterns, file=file, chosen=chosen, workdir=self.folder)

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table.

        Rows kept under the name before are let go first.
        """
        return self._made(name, rows, temporary=True)

    def insert(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""
        self.con.raw_sql(f"{insertion(name, rows.columns)} {sql_of(self.con, rows)}")

    def saved_tables(self) -> list[str]:
        """Return the names of the tables that were written to the warehouse."""
        found = self.con.con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT temporary "
            "AND database_name = current_database() AND schema_name = 'main' ORDER BY table_name"
        )
        return [name for (name,) in found.fetchall()]

    def batches(self, name: str, rows: int) -> "RecordBatchReader":
        """Return a saved table as Arrow batches of so many rows, read one after the other."""
        return self.con.con.table(name).to_arrow_reader(rows)

    def count(self, name: str) -> int:
        """Return how many rows a kept or saved table has."""
        table = self.con.table(name)
        return int(self.fetch(table.aggregate(rows=table.count()))[0]["rows"])

    def save(self, name: str, rows: "Table") -> "Table":
        """Write rows to the warehouse as a table, and return it."""
        return self._made(name, rows, temporary=False)

    def _made(self, name: str, rows: "Table", *, temporary: bool) -> "Table":
        columns = rows.schema()
        self.con.raw_sql(creation(name, columns, temporary=temporary))
        self.insert(name, rows)
        return table_of(self.con, name, columns)

    def save_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows of ours to the warehouse as a table."""
        self.save(name, self.rows_as_table(name, columns, rows))

    def rows_as_table(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> "Table":
        """Return rows of ours as a table; None is an empty cell.

        By way of a file, for with parameters or frames pandas is imported, which takes a second.
        """
        path = self.folder / f"{name}.csv"
        lines = (",".join(map(_cell, row)) + "\n" for row in rows)
        path.write_text("".join(lines), "utf-8")
        texts = dict.fromkeys(columns, "VARCHAR")
        told = self.con.read_csv(
            path, table_name=f"told_{name}", columns=texts, header=False, quote='"', escape='"',
            allow_quoted_nulls=False,
        )  # fmt: skip
        schema = ibis.schema(columns)
        return told.select(**{column: told[column].cast(schema[column]) for column in schema})

    def store_batches(self, name: str, batches: "RecordBatchReader") -> "Table":
        """Take in Arrow batches as they come, and return them as a table kept for this work."""
        # Ibis takes batches for a table in memory, and refuses; DuckDB reads them as they come.
        coming = f"{name}_coming"
        self.con.con.register(coming, batches)
        try:
            return self.materialize(name, self.con.table(coming))
        finally:
            self.con.con.unregister(coming)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        # The connection's own cursor: tables that are kept are hidden from all others.
        return list(rows_of(self.con.raw_sql(sql_of(self.con, rows))))

    def register_function(self, name: str, function: "Callable[[str], str | None]") -> None:
        """Have expressions call a function of text by this name; what is empty stays so."""

        def called(text: str | None) -> str | None:
            return None if text is None else function(text)

        with suppress(duckdb.Error):  # that it is not there yet
            self.con.con.remove_function(name)
        # Without words for "null" DuckDB does not let a function return nothing.
        self.con.con.create_function(name, called, ["VARCHAR"], "VARCHAR", null_handling="special")

    def fingerprint(self, rows: "Table") -> str:
        """Return a short text that equal rows share, in whatever order they are.

        It is the sum of what MD5 makes of each row, so that a row that stands twice counts twice.
        """
        cells = {name: ibis.coalesce(rows[name].cast("string"), _NOTHING) for name in rows.columns}
        found = self.con.raw_sql(f"{_FINGERPRINT} FROM ({sql_of(self.con, rows.select(**cells))}))")
        [(count, low, high)] = found.fetchall()
        return f"{count}-{low or 0:x}-{high or 0:x}"


@contextmanager
def open_workspace(
    file: Path | None = None, *, memory_limit: str = "1GB"
) -> Iterator[DuckDBWorkspace]:
    """Open a workspace over a new file, or over memory alone."""
    folder = Path(tempfile.mkdtemp(prefix=scratch_prefix(file), dir=file.parent if file else None))
    try:
        con = connected(str(file or ":memory:"), memory_limit, str(folder))
        try:
            yield DuckDBWorkspace(con, folder)
        except (RuntimeError, duckdb.InterruptException) as error:
            # Ctrl-C during a query arrives as one of these.
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from None
            raise
        finally:
            con.disconnect()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def connected(database: str, memory_limit: str, temp_directory: str) -> "Backend":
    told = {"memory_limit": memory_limit, "temp_directory": temp_directory}
    con = alike(ibis.duckdb.connect(database, **told))
    # DuckDB draws its progress on stdout, among the rows of an answer.
    con.raw_sql("SET enable_progress_bar = false")
    return con


def rows_of(cursor: "duckdb.DuckDBPyConnection") -> Iterator[dict[str, Any]]:
    """Yield what a cursor found, as dictionaries.

    By way of Arrow or pandas both would have to be imported first, which takes a second.
    """
    names = [column[0] for column in cursor.description]
    while some := cursor.fetchmany(ROWS_AT_A_TIME):
        yield from (dict(zip(names, row, strict=True)) for row in some)


def _cell(value: object) -> str:
    """Return a value as CSV: in quotes, and nothing for None."""
    return "" if value is None else '"' + str(value).replace('"', '""') + '"'


def scratch_prefix(file: Path | None) -> str:
    return f".{file.name}-" if file else "regulars-"
