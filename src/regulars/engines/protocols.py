"""What every engine offers: a place for a warehouse, and ways to build, to change and to ask it.

Only this package knows which engine it is; everything else is written against these four: the
engine, a workspace to build in, a store to change what is there, a reader to ask.
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
    from regulars.sources.profiles.profile import FileOptions, Profile
    from regulars.sources.table import RawTable


class Fetcher(Protocol):
    """What answers questions of a few rows."""

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries."""


class Workspace(Protocol):
    """Where a build works: a connection, a scratch folder, and tables that it keeps or saves."""

    @property
    def con(self) -> "SQLBackend":
        """The connection of the engine that does the work."""

    @property
    def folder(self) -> Path:
        """A folder for scratch files, gone when the work is done."""

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileOptions", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that paths and globs mean, bound to the connection.

        Raises SourceError for a file that cannot be read as sales, saying why and what may help.
        """

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""

    def store_batches(self, name: str, batches: "RecordBatchReader") -> "Table":
        """Take in Arrow batches as they come, and return them as a table kept for this work."""

    def save(self, name: str, rows: "Table") -> "Table":
        """Write rows to the warehouse as a table, and return it."""

    def save_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows of ours to the warehouse as a table with columns of these Ibis types."""

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""

    def count(self, name: str) -> int:
        """Return how many rows a kept or saved table has."""

    def register_function(self, name: str, function: "Callable[[str], str | None]") -> None:
        """Have expressions call a function of text by this name.

        Raises WarehouseError where the engine has none of its own.
        """

    def fingerprint(self, rows: "Table") -> str:
        """Return a short text that equal rows share, in whatever order they are."""


class StagingWorkspace(Workspace, Protocol):
    """A workspace where sources are staged on their way to a warehouse of another engine, too."""

    def rows_as_table(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> "Table":
        """Return rows of ours as a table with columns of these Ibis types."""


class Store(Protocol):
    """A warehouse open for change: all that is done to it is seen at once, or none of it."""

    @property
    def workspace(self) -> StagingWorkspace:
        """Where sources are staged before they come to the warehouse."""

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, as it is by now."""

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Return rows of the workspace as a table to work with beside those of the warehouse."""

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Put rows into a table in place of those that bear one of the keys in `where`.

        The columns of `where` are columns of the table. Without it every row is replaced.
        """

    def insert(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""

    def insert_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add rows of ours to a table that has columns of these Ibis types."""


class Reader(Protocol):
    """A warehouse open for questions: one state of it, whatever is built meanwhile."""

    @property
    def con(self) -> "SQLBackend":
        """The connection that computes answers."""

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""

    def stream(self, rows: "Table") -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries, however many they are; several streams may be open."""

    def prepare(self, rows: "Table") -> "Statement":
        """Return rows that hold blanks as a statement, to be filled again and again."""

    def execute(self, statement: "Statement", values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows of a statement as dictionaries, given what goes into its blanks."""

    def stop(self) -> None:
        """Break off what is being asked, from another thread, and let nothing more be asked.

        Whoever asks is told by StoppedError.
        """

    def close(self) -> None:
        """Let go of the warehouse."""


class Engine(Protocol):
    """An engine and the place in it where a warehouse is or will be; `str()` tells no password."""

    @property
    def name(self) -> str:
        """What the engine is called."""

    @property
    def stores_marts(self) -> bool:
        """Whether headline answers are saved as tables too, for tools that only see tables."""

    @property
    def supports_lists(self) -> bool:
        """Whether lists of customers can be kept in it."""

    def exists(self) -> bool:
        """Return whether there is a warehouse. Raises WarehouseError where that cannot be known."""

    def version(self) -> str:
        """Return what tells what is published now from what was before; no more than a look.

        Raises WarehouseError where there is no warehouse, or it cannot be reached.
        """

    def open_workspace(self, *, memory_limit: str) -> AbstractContextManager[Workspace]:
        """Open a workspace whose saved tables become the warehouse if nothing is raised.

        Raises WarehouseError where the place cannot be written or another build is at work there.
        """

    def open_store(
        self, *, memory_limit: str, purge: bool = False
    ) -> AbstractContextManager[Store]:
        """Open the warehouse for change; if anything is raised, it stays as it was.

        leaving_nothing  what is removed goes from where it was stored, too, not only from sight

        Raises WarehouseError where there is none, or a build or another load is at work there.
        """

    def open_reader(self, *, memory_limit: str) -> Reader:
        """Open the warehouse for questions, which may use so much memory of this machine.

        Raises WarehouseError where there is none, or it cannot be opened.
        """


class ReaderTables:
    """A warehouse open for questions, asked as one that is open for change."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return self._reader.tables()

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse."""
        return self._reader.table(name)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries."""
        return list(self._reader.stream(rows))


class WarehouseTables(Fetcher, Protocol):
    """A warehouse that can be asked for its tables, by their names."""

    def tables(self) -> list[str]:
        """Return the names of its tables."""

    def table(self, name: str) -> "Table":
        """Return one of them."""
