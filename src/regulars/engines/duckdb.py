"""The embedded warehouse: one DuckDB file, replaced as a whole by each build.

A build writes a new file beside the warehouse and swaps it in when everything has been checked.
A build that fails or is killed leaves the warehouse as it was; readers that have it open keep
the version they opened.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from regulars.errors import WarehouseError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table

ROWS_AT_A_TIME = 10_000
ReadError = duckdb.Error
"""What a connection raises where a file is not as its reader was told."""


@dataclass(frozen=True)
class Workshop:
    """A connection to work in and a scratch folder, both gone when the work is done.

    Tables that are kept for the work alone live in memory and spill to the scratch folder.
    """

    con: "Backend"
    folder: Path

    def keep(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""
        return self.con.create_table(name, rows, temp=True, overwrite=True)

    def add(self, name: str, rows: "Table") -> int:
        """Add rows to a kept table, making it with the first; return how many were added."""
        before = self.count(name)
        if before is None:
            self.keep(name, rows)
        else:
            self.con.insert(name, rows)
        return (self.count(name) or 0) - (before or 0)

    def trim(self, name: str, size: int) -> None:
        """Take back what was added to a kept table beyond its first `size` rows."""
        if self.count(name) is None:
            return
        if size == 0:
            self.con.drop_table(name)
        else:
            self.con.raw_sql(f'DELETE FROM "{name}" WHERE rowid >= {size:d}')  # noqa: S608

    def count(self, name: str) -> int | None:
        """Return how many rows a kept table has, None where there is no such table."""
        if name not in self.con.list_tables(database=("temp", "main")):
            return None
        table = self.con.table(name)
        return int(self.fetch(table.aggregate(rows=table.count()))[0]["rows"])

    def save(self, name: str, rows: "Table") -> "Table":
        """Write rows to the warehouse as a table, and return it."""
        return self.con.create_table(name, rows)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        return list(fetched(self.con, rows))


def fetched(con: "Backend", rows: "Table") -> Iterator[dict[str, Any]]:
    """Yield rows as dictionaries, by the engine's own cursor.

    By way of Arrow or pandas both would have to be imported first, which takes a second.
    """
    cursor = con.raw_sql(con.compile(rows))
    names = [column[0] for column in cursor.description]
    while some := cursor.fetchmany(ROWS_AT_A_TIME):
        yield from (dict(zip(names, row, strict=True)) for row in some)


@contextmanager
def workshop(file: Path | None = None, *, memory_limit: str = "1GB") -> Iterator[Workshop]:
    """Open a workshop over a new file, or over memory alone."""
    import ibis

    folder = Path(tempfile.mkdtemp(prefix=_scratch_prefix(file), dir=file.parent if file else None))
    try:
        con = ibis.duckdb.connect(
            str(file or ":memory:"), memory_limit=memory_limit, temp_directory=str(folder)
        )
        try:
            yield Workshop(con, folder)
        finally:
            con.disconnect()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def building(warehouse: Path, *, memory_limit: str) -> Iterator[Workshop]:
    """Open a workshop whose saved tables become the warehouse if nothing is raised.

    Raises WarehouseError where the place cannot be written or another build is at work there.
    """
    if not warehouse.parent.is_dir():
        raise WarehouseError(f"There is no folder {warehouse.parent} to write {warehouse.name} in.")
    if warehouse.is_dir():
        raise WarehouseError(
            f"{warehouse} is a folder; name a file, such as {warehouse}/shop.duckdb."
        )
    new = warehouse.with_name(warehouse.name + ".building")
    _clear(new, warehouse)
    try:
        with workshop(new, memory_limit=memory_limit) as shop:
            yield shop
            shop.con.raw_sql("CHECKPOINT")
        new.replace(warehouse)
    except BaseException:
        _unlink(new)
        raise


def reading(warehouse: Path) -> "Backend":
    """Return a read-only connection to a warehouse.

    Raises WarehouseError where there is none, or it cannot be opened.
    """
    import ibis

    if not warehouse.is_file():
        raise WarehouseError(
            f"There is no warehouse {warehouse}. Build one:  regulars build SOURCE -w {warehouse}"
        )
    # Attached to a connection of its own, for DuckDB keeps one instance of a path for a process:
    # opened directly, a rebuilt warehouse would be the old one while anybody has that open.
    con = ibis.duckdb.connect()
    try:
        con.attach(warehouse, name="warehouse", read_only=True)
        con.raw_sql("USE warehouse")
    except duckdb.Error as error:
        con.disconnect()
        raise WarehouseError(
            f"{warehouse} cannot be opened as a warehouse: {_first_line(error)}"
        ) from None
    return con


def _clear(new: Path, warehouse: Path) -> None:
    """Remove what a killed build left, unless a build that is alive holds it."""
    if new.exists() and _is_held(new):
        raise WarehouseError(
            f"Another build of {warehouse} is at work. Wait for it to end, then try again."
        )
    _unlink(new)
    for debris in warehouse.parent.glob(_scratch_prefix(new) + "*"):
        shutil.rmtree(debris, ignore_errors=True)


def _is_held(file: Path) -> bool:
    try:
        duckdb.connect(str(file)).close()
    except duckdb.ConnectionException:
        return True  # by this very process
    except duckdb.IOException as error:
        return "lock" in str(error).lower()
    except duckdb.Error:
        return False
    return False


def _scratch_prefix(file: Path | None) -> str:
    return f".{file.name}-" if file else "regulars-"


def _unlink(file: Path) -> None:
    for path in (file, file.with_name(file.name + ".wal")):
        with suppress(FileNotFoundError):
            path.unlink()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
