"""What every engine offers: a place for a warehouse, a workshop to build in, a reader to ask.

Only this package knows which engine it is; everything else is written against these three.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Table

    from regulars.profiles import FileShape, Profile
    from regulars.sources import RawTable


class Workshop(Protocol):
    """Where a build works: a connection, a scratch folder, and tables that it keeps or saves."""

    @property
    def con(self) -> "SQLBackend":
        """The connection of the engine that does the work."""

    @property
    def folder(self) -> Path:
        """A folder for scratch files, gone when the work is done."""

    def open_sources(
        self, patterns: Sequence[str], *, file: "FileShape", chosen: "Profile | None"
    ) -> "list[RawTable]":
        """Return the tables in the files that paths and globs mean, bound to the connection.

        Raises SourceError for a file that cannot be read as sales, saying why and what may help.
        """

    def keep(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""

    def save(self, name: str, rows: "Table") -> "Table":
        """Write rows to the warehouse as a table, and return it."""

    def record(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows of ours to the warehouse as a table with columns of these Ibis types."""

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""

    def count(self, name: str) -> int:
        """Return how many rows a kept or saved table has."""


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

    def close(self) -> None:
        """Let go of the warehouse."""


class Engine(Protocol):
    """An engine and the place in it where a warehouse is or will be; `str()` tells no password."""

    @property
    def name(self) -> str:
        """What the engine is called."""

    @property
    def keeps_marts(self) -> bool:
        """Whether headline answers are saved as tables too, for tools that only see tables."""

    def building(self, *, memory_limit: str) -> AbstractContextManager[Workshop]:
        """Open a workshop whose saved tables become the warehouse if nothing is raised.

        Raises WarehouseError where the place cannot be written or another build is at work there.
        """

    def reading(self) -> Reader:
        """Open the warehouse for questions.

        Raises WarehouseError where there is none, or it cannot be opened.
        """
