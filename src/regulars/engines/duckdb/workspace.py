"""The DuckDB workspace: a connection and a scratch folder for the duration of a build."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from regulars.engines.sql import copying, creation, insertion, view_creation, with_constants
from regulars.engines.sql_cache import share_cache, sql_of, table_of

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table
    from pyarrow import RecordBatchReader

    from regulars.sources.profiles.file_options import FileOptions
    from regulars.sources.profiles.profile import Profile
    from regulars.sources.table import RawTable

ROWS_AT_A_TIME = 10_000
FEW_ROWS = 10_000
"""Up to this, DuckDB runs a query on the lines of a source faster than it plans it."""

_FINGERPRINT = """
    SELECT count(*), sum((digest >> 64)::HUGEINT), sum((digest & 18446744073709551615)::HUGEINT)
    FROM (SELECT md5_number(concat_ws(chr(31), *COLUMNS(*))) AS digest"""
"""Sums each MD5 as two 64-bit halves: a sum of whole digests would overflow."""

_NULL = "\x1e"
"""Represents NULL in a fingerprint. It never occurs in a cell, nor does the separator chr(31)."""


@dataclass(frozen=True)
class DuckDBWorkspace:
    """A DuckDB connection and a scratch folder.

    Scratch tables live in memory and spill to the folder.
    """

    con: "Backend"
    folder: Path
    _tables: "dict[str, Table]" = field(default_factory=dict, init=False, repr=False)
    """Tables by name: Ibis takes ten milliseconds to look one up."""

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileOptions", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that match paths and globs."""
        from regulars.sources.open import open_sources

        return open_sources(self.con, patterns, file=file, chosen=chosen, workdir=self.folder)

    @contextmanager
    def planned_for(self, rows: int) -> Iterator[None]:
        """Plan queries for this number of rows.

        Looking for common expressions takes half of the time to plan a long query, which few rows
        do not make up for.
        """
        if rows > FEW_ROWS:
            yield
            return
        self.con.raw_sql("SET disabled_optimizers = 'common_subexpressions'")
        try:
            yield
        finally:
            with suppress(duckdb.Error):  # after an interrupt
                self.con.raw_sql("RESET disabled_optimizers")

    def named(self, name: str, rows: "Table") -> "Table":
        """Return rows as a view, which takes the place of an earlier view of this name."""
        self.con.raw_sql(f"{view_creation(name)} {sql_of(self.con, rows)}")
        return table_of(self.con, name, rows.schema())

    def materialize(
        self, name: str, rows: "Table", *, constants: Mapping[str, int] | None = None
    ) -> "Table":
        """Compute rows once and return them as a scratch table, replacing one of this name."""
        return self._create(name, rows, constants or {}, temporary=True)

    def insert(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""
        self.con.raw_sql(f"{insertion(name, rows.columns)} {sql_of(self.con, rows)}")

    def saved_tables(self) -> list[str]:
        """Return the names of the tables saved to the warehouse."""
        rows = self.con.con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT temporary "
            "AND database_name = current_database() AND schema_name = 'main' ORDER BY table_name"
        )
        return [name for (name,) in rows.fetchall()]

    def batches(self, name: str, rows: int) -> "RecordBatchReader":
        """Return a saved table as a stream of Arrow batches of this many rows."""
        return self.con.con.table(name).to_arrow_reader(rows)

    def count(self, name: str) -> int:
        """Return the number of rows of a scratch or saved table."""
        table = self.table(name)
        return int(self.fetch(table.aggregate(rows=table.count()))[0]["rows"])

    def table(self, name: str) -> "Table":
        """Return a scratch or saved table."""
        if name not in self._tables:
            self._tables[name] = self.con.table(name)
        return self._tables[name]

    def save(self, name: str, rows: "Table") -> "Table":
        """Save rows to the warehouse and return the saved table."""
        return self._create(name, rows, {}, temporary=False)

    def _create(
        self, name: str, rows: "Table", constants: Mapping[str, int], *, temporary: bool
    ) -> "Table":
        columns = ibis.schema({**dict.fromkeys(constants, "int32"), **rows.schema()})
        self.con.raw_sql(creation(name, columns, temporary=temporary))
        query = sql_of(self.con, rows)
        if constants:
            query = f"{with_constants(constants.values())} ({query})"
        self.con.raw_sql(f"{insertion(name, columns.names)} {query}")
        self._tables[name] = table_of(self.con, name, columns)
        return self._tables[name]

    def save_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Save Python rows to the warehouse as a table."""
        self._tables.pop(name, None)
        self.con.raw_sql(creation(name, ibis.schema(columns), temporary=False))
        self.insert_rows(name, columns, rows)

    def insert_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add Python rows to a table that has columns of these Ibis types, in this order."""
        if rows:
            self.con.raw_sql(copying(name, tuple(columns), str(self._write_rows(name, rows))))

    def rows_as_table(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> "Table":
        """Return Python rows as a table with columns of these Ibis types; None becomes NULL."""
        texts = self.con.read_csv(
            self._write_rows(name, rows), table_name=f"text_{name}",
            columns=dict.fromkeys(columns, "VARCHAR"), header=False, quote='"', escape='"',
            allow_quoted_nulls=False,
        )  # fmt: skip
        schema = ibis.schema(columns)
        return texts.select(**{column: texts[column].cast(schema[column]) for column in schema})

    def _write_rows(self, name: str, rows: Sequence[tuple[Any, ...]]) -> Path:
        """Write rows to a CSV file: faster than parameters or data frames, which import pandas."""
        path = self.folder / f"{name}.csv"
        path.write_text("".join(",".join(map(_cell, row)) + "\n" for row in rows), "utf-8")
        return path

    def store_batches(self, name: str, batches: "RecordBatchReader") -> "Table":
        """Store a stream of Arrow batches as a scratch table and return it."""
        # DuckDB reads the stream; Ibis would treat it as an in-memory table and refuse it.
        stream = f"{name}_stream"
        self.con.con.register(stream, batches)
        try:
            return self.materialize(name, self.con.table(stream))
        finally:
            self.con.con.unregister(stream)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return a small result as dictionaries."""
        # Only the connection's own cursor sees temporary tables.
        return list(rows_of(self.con.raw_sql(sql_of(self.con, rows))))

    def register_function(self, name: str, function: "Callable[[str], str | None]") -> None:
        """Make a Python function on text callable from expressions; it is not called for NULL."""

        def call(text: str | None) -> str | None:
            return None if text is None else function(text)

        with suppress(duckdb.Error):  # not registered yet
            self.con.con.remove_function(name)
        # DuckDB lets a function return NULL only with special NULL handling.
        self.con.con.create_function(name, call, ["VARCHAR"], "VARCHAR", null_handling="special")

    def fingerprint(self, rows: "Table") -> str:
        """Return a checksum of rows that does not depend on their order.

        It sums the MD5 of each row, so that a repeated row counts twice.
        """
        cells = {name: ibis.coalesce(rows[name].cast("string"), _NULL) for name in rows.columns}
        sums = self.con.raw_sql(f"{_FINGERPRINT} FROM ({sql_of(self.con, rows.select(**cells))}))")
        [(count, low, high)] = sums.fetchall()
        return f"{count}-{low or 0:x}-{high or 0:x}"


@contextmanager
def open_workspace(
    file: Path | None = None, *, memory_limit: str = "1GB"
) -> Iterator[DuckDBWorkspace]:
    """Open a workspace over a new file, or in memory."""
    folder = Path(tempfile.mkdtemp(prefix=scratch_prefix(file), dir=file.parent if file else None))
    try:
        con = connect(str(file or ":memory:"), memory_limit, str(folder))
        try:
            yield DuckDBWorkspace(con, folder)
        except (RuntimeError, duckdb.InterruptException) as error:
            # DuckDB raises one of these on Ctrl-C during a query.
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from None
            raise
        finally:
            con.disconnect()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def connect(database: str, memory_limit: str, temp_directory: str) -> "Backend":
    """Return an Ibis connection to a database file, or to ":memory:"."""
    from regulars.engines.duckdb.backend import CachedTypes  # Ibis on DuckDB is slow to import

    settings = {"memory_limit": memory_limit, "temp_directory": temp_directory}
    # Ibis 12 calls a function that DuckDB 1.5 has renamed, dozens of times in a build.
    warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning, r"ibis\.")
    con = share_cache(CachedTypes().connect(database, **settings))
    # DuckDB would print the progress bar on stdout, between the rows of a result. Where it is off,
    # as in a notebook without ipywidgets, DuckDB refuses to set it.
    [(is_on,)] = con.con.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if is_on:
        con.raw_sql("SET enable_progress_bar = false")
    return con


def rows_of(cursor: "duckdb.DuckDBPyConnection") -> Iterator[dict[str, Any]]:
    """Yield the rows of a cursor as dictionaries, without the second it takes to import pandas."""
    names = [column[0] for column in cursor.description]
    while batch := cursor.fetchmany(ROWS_AT_A_TIME):
        yield from (dict(zip(names, row, strict=True)) for row in batch)


def _cell(value: object) -> str:
    """Return a value as a quoted CSV cell; None is empty and unquoted."""
    return "" if value is None else '"' + str(value).replace('"', '""') + '"'


def scratch_prefix(file: Path | None) -> str:
    return f".{file.name}-" if file else "regulars-"
