"""The interfaces that every engine implements. The rest of the code uses only these.

An `Engine` knows where a warehouse is and opens it in one of three ways: as a `Workspace` to build
it, as a `Store` to change it, or as a `Reader` to query it. A `Workspace` and a `Store` are context
managers: their changes are published together at the end, or not at all if an error is raised.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Table
    from pyarrow import RecordBatchReader

    from regulars.engines.parameters import Statement
    from regulars.sources.profiles.file_options import FileOptions
    from regulars.sources.profiles.profile import Profile
    from regulars.sources.table import RawTable


class Fetcher(Protocol):
    """Runs queries with small results."""

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return a small result as dictionaries."""


class WarehouseTables(Fetcher, Protocol):
    """The tables of a warehouse, by name."""

    def tables(self) -> list[str]:
        """Return the names of the tables."""

    def table(self, name: str) -> "Table":
        """Return a table."""


class Workspace(Fetcher, Protocol):
    """The scratch area of a build, and the tables it saves to the warehouse."""

    @property
    def con(self) -> "SQLBackend":
        """The Ibis connection that runs the build."""

    @property
    def folder(self) -> Path:
        """A folder for scratch files, removed at the end."""

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileOptions", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that match paths and globs.

        Raises SourceError for a file that cannot be read as sales; it says why and what may help.
        """

    def planned_for(self, rows: int) -> AbstractContextManager[None]:
        """Plan queries for this number of rows, as far as the engine can."""

    def named(self, name: str, rows: "Table") -> "Table":
        """Return rows under a name until the next rows get this name.

        Queries on tables with the same name and columns are compiled once, if the engine has views.
        """

    def materialize(
        self, name: str, rows: "Table", *, constants: Mapping[str, int] | None = None
    ) -> "Table":
        """Compute rows once and return them as a scratch table.

        constants  int32 columns to add, with the same value in every row; the query of the rows
                   does not depend on them
        """

    def rows_as_table(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> "Table":
        """Return Python rows as a scratch table with columns of these Ibis types."""

    def store_batches(self, name: str, batches: "RecordBatchReader") -> "Table":
        """Store a stream of Arrow batches as a scratch table and return it."""

    def table(self, name: str) -> "Table":
        """Return a scratch or saved table."""

    def save(self, name: str, rows: "Table") -> "Table":
        """Save rows to the warehouse and return the saved table."""

    def save_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Save Python rows to the warehouse as a table with columns of these Ibis types."""

    def count(self, name: str) -> int:
        """Return the number of rows of a scratch or saved table."""

    def register_function(self, name: str, function: "Callable[[str], str | None]") -> None:
        """Make a Python function on text callable from expressions under this name.

        Raises WarehouseError if the engine cannot run Python functions.
        """

    def fingerprint(self, rows: "Table") -> str:
        """Return a checksum of rows that does not depend on their order."""


class Store(WarehouseTables, Protocol):
    """A warehouse open for change: readers see all of its changes at once, or none."""

    @property
    def workspace(self) -> Workspace:
        """The workspace in which sources are staged before they enter the warehouse."""

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, including the changes made so far."""

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Return rows of the workspace as a scratch table that can be joined to the warehouse's."""

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once and return them as a scratch table."""

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """Create an empty table with columns of these Ibis types."""

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Replace the rows that match a key in `where`, or all rows, with new ones.

        The columns of `where` are the key columns, named as in the table.
        """

    def insert(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""

    def insert_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add Python rows to a table that has columns of these Ibis types."""


class Reader(Protocol):
    """A warehouse open for queries: a snapshot that builds and loads do not affect."""

    @property
    def con(self) -> "SQLBackend":
        """The Ibis connection that runs the queries."""

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield the rows of a result of any size as dictionaries; several streams may be open."""

    def prepare(self, rows: "Table") -> "Statement":
        """Compile a query with parameters into a reusable statement."""

    def execute(self, statement: "Statement", values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, with values for its parameters."""

    def stop(self) -> None:
        """Cancel running queries, from any thread, and refuse new ones.

        Cancelled and refused queries raise QueryCancelledError.
        """

    def close(self) -> None:
        """Release the warehouse."""


class Engine(Protocol):
    """An engine and the location of a warehouse in it. `str()` shows it without the password."""

    @property
    def name(self) -> str:
        """The name of the engine."""

    @property
    def stores_marts(self) -> bool:
        """Whether a build also stores marts, for tools that only read tables."""

    @property
    def supports_lists(self) -> bool:
        """Whether the warehouse can hold customer lists."""

    def exists(self) -> bool:
        """Check whether there is a warehouse. Raises WarehouseError if it cannot be reached."""

    def version(self) -> str:
        """Return a text that changes with every build and load. Fast.

        Raises WarehouseError if there is no warehouse or it cannot be reached.
        """

    def open_workspace(self, *, memory_limit: str) -> AbstractContextManager[Workspace]:
        """Open a workspace; its saved tables become the warehouse unless an error is raised.

        Raises WarehouseError if the location cannot be written or another build is running.
        """

    def open_store(
        self, *, memory_limit: str, purge: bool = False
    ) -> AbstractContextManager[Store]:
        """Open the warehouse for change; it stays unchanged if an error is raised.

        purge  also erase removed rows from disk, instead of only marking their space as free

        Raises WarehouseError if there is no warehouse or another build or load is running.
        """

    def open_reader(self, *, memory_limit: str) -> Reader:
        """Open the warehouse for queries that may use this much memory on this machine.

        Raises WarehouseError if there is no warehouse or it cannot be opened.
        """


class ReaderTables:
    """A reader with the interface of `WarehouseTables`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def tables(self) -> list[str]:
        """Return the names of the tables."""
        return self._reader.tables()

    def table(self, name: str) -> "Table":
        """Return a table."""
        return self._reader.table(name)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return a small result as dictionaries."""
        return list(self._reader.stream(rows))
