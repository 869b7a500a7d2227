"""The embedded warehouse: one DuckDB file, replaced as a whole by each build.

A build writes a new file beside the warehouse and swaps it in when everything has been checked.
A build that fails or is killed leaves the warehouse as it was; readers that have it open keep
the version they opened.
"""

import csv
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from regulars.engines.lock import locked
from regulars.errors import WarehouseError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table
    from pyarrow import RecordBatchReader

    from regulars.profiles import FileShape, Profile
    from regulars.sources import RawTable

READING_LIMIT = "1GB"
"""What a question may use before it works on disk."""

ATTACHED = "warehouse"
ROWS_AT_A_TIME = 10_000


@dataclass(frozen=True)
class DuckDB:
    """A warehouse in one DuckDB file."""

    path: Path
    name: ClassVar[str] = "DuckDB"
    keeps_marts: ClassVar[bool] = False

    def __str__(self) -> str:
        return str(self.path)

    def building(self, *, memory_limit: str) -> "AbstractContextManager[DuckDBWorkshop]":
        """Open a workshop over a new file that replaces the warehouse if nothing is raised."""
        return building(self.path, memory_limit=memory_limit)

    def reading(self) -> "DuckDBReader":
        """Open the file read-only; raises WarehouseError where that cannot be."""
        return DuckDBReader(reading(self.path))


@dataclass(frozen=True)
class DuckDBReader:
    """A warehouse file that has been opened; it is the same whatever replaces it meanwhile."""

    con: "Backend"

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return list(self.con.list_tables())

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self.con.table(name)

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries, however many they are, by a cursor of their own."""
        cursor = self.con.con.cursor()
        cursor.execute(f"USE {ATTACHED}")
        return _rows_of(cursor.execute(self.con.compile(rows)))

    def close(self) -> None:
        """Let go of the file."""
        self.con.disconnect()


@dataclass(frozen=True)
class DuckDBWorkshop:
    """A connection to work in and a scratch folder, both gone when the work is done.

    Tables that are kept for the work alone live in memory and spill to the scratch folder.
    """

    con: "Backend"
    folder: Path

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileShape", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that paths and globs mean."""
        from regulars.sources import open_sources

        return open_sources(self.con, patterns, file=file, chosen=chosen, workdir=self.folder)

    def keep(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table.

        Rows kept under the name before are let go first: Ibis, told to overwrite, writes a
        temporary table twice.
        """
        self.con.drop_table(name, force=True)
        return self.con.create_table(name, rows, temp=True)

    def saved_tables(self) -> list[str]:
        """Return the names of the tables that were written to the warehouse."""
        found = self.con.con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT temporary "
            "AND database_name = current_database() ORDER BY table_name"
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
        return self.con.create_table(name, rows)

    def record(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows of ours to the warehouse as a table.

        By way of a file, for with parameters or frames pandas is imported, which takes a second.
        """
        import ibis

        path = self.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
        texts = dict.fromkeys(columns, "VARCHAR")
        told = self.con.read_csv(path, columns=texts, header=False, quote='"', escape='"')
        schema = ibis.schema(columns)
        # Read as text, where "" is no absence, and given its types by us.
        self.save(
            name, told.select(**{c: ibis.coalesce(told[c], "").cast(schema[c]) for c in schema})
        )

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        # The connection's own cursor: tables that are kept are hidden from all others.
        return list(_rows_of(self.con.raw_sql(self.con.compile(rows))))


def _rows_of(cursor: "duckdb.DuckDBPyConnection") -> Iterator[dict[str, Any]]:
    """Yield what a cursor found, as dictionaries.

    By way of Arrow or pandas both would have to be imported first, which takes a second.
    """
    names = [column[0] for column in cursor.description]
    while some := cursor.fetchmany(ROWS_AT_A_TIME):
        yield from (dict(zip(names, row, strict=True)) for row in some)


@contextmanager
def workshop(file: Path | None = None, *, memory_limit: str = "1GB") -> Iterator[DuckDBWorkshop]:
    """Open a workshop over a new file, or over memory alone."""
    folder = Path(tempfile.mkdtemp(prefix=_scratch_prefix(file), dir=file.parent if file else None))
    try:
        con = _connected(str(file or ":memory:"), memory_limit, str(folder))
        try:
            yield DuckDBWorkshop(con, folder)
        except (RuntimeError, duckdb.InterruptException) as error:
            # Ctrl-C during a query arrives as one of these.
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from None
            raise
        finally:
            con.disconnect()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def building(warehouse: Path, *, memory_limit: str) -> Iterator[DuckDBWorkshop]:
    """Open a workshop whose saved tables become the warehouse if nothing is raised.

    Raises WarehouseError where the place cannot be written, holds something else, or another
    build is at work there.
    """
    _check_place(warehouse)
    new = warehouse.with_name(warehouse.name + ".building")
    with locked(warehouse):
        _clear(new)
        try:
            with workshop(new, memory_limit=memory_limit) as shop:
                yield shop
                shop.con.raw_sql("CHECKPOINT")
            # A log that somebody's killed session left would be replayed into the new warehouse.
            _log_of(warehouse).unlink(missing_ok=True)
            new.replace(warehouse)
        finally:
            _clear(new)


def is_duckdb(file: Path) -> bool:
    """Return whether a file is a DuckDB database, by its magic bytes."""
    with file.open("rb") as stream:
        return stream.read(12)[8:] == b"DUCK"


def _check_place(warehouse: Path) -> None:
    if not warehouse.parent.is_dir():
        raise WarehouseError(f"There is no folder {warehouse.parent} to write {warehouse.name} in.")
    if warehouse.is_dir():
        raise WarehouseError(
            f"{warehouse} is a folder; name a file, such as {warehouse}/shop.duckdb."
        )
    if warehouse.exists() and not is_duckdb(warehouse):
        raise WarehouseError(
            f"{warehouse} is there already and is no warehouse. It was left alone; "
            "name another file with -w."
        )


def _clear(new: Path) -> None:
    """Remove an unfinished warehouse and the scratch folders of its build."""
    for path in (new, _log_of(new)):
        path.unlink(missing_ok=True)
    for folder in new.parent.glob(_scratch_prefix(new) + "*"):
        shutil.rmtree(folder, ignore_errors=True)


def _log_of(file: Path) -> Path:
    return file.with_name(file.name + ".wal")


def _scratch_prefix(file: Path | None) -> str:
    return f".{file.name}-" if file else "regulars-"


def reading(warehouse: Path) -> "Backend":
    """Return a read-only connection to a warehouse.

    Raises WarehouseError where there is none, or it cannot be opened.
    """
    if not warehouse.is_file():
        raise WarehouseError(
            f"There is no warehouse {warehouse}. Build one:  regulars build SOURCE -w {warehouse}"
            + _others_beside(warehouse)
        )
    if not is_duckdb(warehouse):
        raise WarehouseError(
            f"{warehouse} is no DuckDB file and so no warehouse. To build one from it:  "
            f"regulars build {warehouse} -w regulars.duckdb"
        )
    # Attached to a connection of its own, for DuckDB keeps one instance of a path for a process:
    # opened directly, a rebuilt warehouse would be the old one while anybody has that open.
    con = _connected(":memory:", READING_LIMIT, tempfile.gettempdir())
    try:
        con.attach(warehouse, name=ATTACHED, read_only=True)
        con.raw_sql(f"USE {ATTACHED}")
    except duckdb.Error as error:
        con.disconnect()
        raise WarehouseError(
            f"{warehouse} cannot be opened as a warehouse: {_first_line(error)}"
        ) from None
    return con


def _others_beside(warehouse: Path) -> str:
    """Name the warehouses that are in the same folder."""
    others = sorted(path for path in warehouse.parent.glob("*.duckdb") if path != warehouse)
    return f"\nThere is: {', '.join(map(str, others[:3]))}" if others else ""


def _connected(database: str, memory_limit: str, temp_directory: str) -> "Backend":
    import ibis

    con = ibis.duckdb.connect(database, memory_limit=memory_limit, temp_directory=temp_directory)
    # DuckDB draws its progress on stdout, among the rows of an answer.
    con.raw_sql("SET enable_progress_bar = false")
    return con


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
