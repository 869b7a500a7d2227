"""The Spark engine: a warehouse in a folder of Parquet files that a whole cluster reads and writes.

Spark does all the work between files and results; only results reach this process.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote, unquote, urlsplit

from regulars.core.errors import WarehouseError
from regulars.engines.spark.reader import SparkReader
from regulars.engines.spark.session import (
    SPECIAL_CHARACTERS,
    check_is_shared,
    explained,
    session_at,
)
from regulars.engines.spark.store import SparkStore
from regulars.engines.spark.versions import VersionedFolder
from regulars.engines.spark.workspace import SparkWorkspace

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

DEFAULT_FOLDER = "regulars-warehouse"
_LOCAL = re.compile(r"local\[(\*|\d+)\]")


@dataclass(frozen=True)
class Spark:
    """The folder of a warehouse, and the Spark master that works on it."""

    master: str
    folder: Path
    name: ClassVar[str] = "Spark"
    stores_marts: ClassVar[bool] = True
    supports_lists: ClassVar[bool] = False

    def __str__(self) -> str:
        return f"{self.master}?folder={quote(str(self.folder))}"

    def exists(self) -> bool:
        """Check whether a version is published."""
        return (self.folder / "current").is_file()

    @property
    def versions(self) -> VersionedFolder:
        """The folder with the versions of the warehouse."""
        return VersionedFolder(self.folder.resolve())

    def version(self) -> str:
        """Return the name of the published version."""
        return self.versions.current().name

    @contextmanager
    def open_workspace(self, *, memory_limit: str) -> "Iterator[SparkWorkspace]":
        """Open a workspace; its saved tables become the warehouse unless an error is raised.

        `memory_limit` has no effect: Spark has its own memory settings.
        """
        with self.versions.new_version() as (version, scratch):
            workspace = self._workspace(version, scratch)
            with explained(self):
                yield workspace

    @contextmanager
    def open_store(self, *, memory_limit: str, purge: bool = False) -> "Iterator[SparkStore]":
        """Open the next version, which starts with the files of the current one.

        `memory_limit` has no effect: Spark has its own memory settings.

        Raises WarehouseError for `purge`: copies on workers cannot be erased from here.
        """
        if purge:
            raise WarehouseError(
                f"{self} is in Spark, where data cannot be erased permanently. Remove the data "
                "from your sources and build the warehouse again."
            )
        with self.versions.next_version() as (version, scratch):
            store = SparkStore(self._workspace(version, scratch))
            with explained(self):
                store.show_all()
                yield store

    def _workspace(self, version: Path, scratch: Path) -> SparkWorkspace:
        con = _connect(self.master)
        if not self.master.startswith("local"):
            with explained(self):
                check_is_shared(con._session, scratch)
        return SparkWorkspace(con, scratch, version)

    def open_reader(self, *, memory_limit: str) -> "SparkReader":
        """Open the current version; builds and loads do not affect it while it is open."""
        version, handle = self.versions.open_current()
        try:
            con = _connect(self.master)
            with explained(self):
                return SparkReader(con, version, handle, str(self))
        except BaseException:
            os.close(handle)
            raise


def spark_of(warehouse: str) -> Spark:
    """Parse an address such as spark://host:7077?folder=/shared/shop.

    Raises WarehouseError for a malformed address.
    """
    master, _, query = warehouse.partition("?")
    is_local = _LOCAL.fullmatch(master) is not None
    before, has_folder, folder = query.partition("folder=")
    folder = unquote(folder) if has_folder else (DEFAULT_FOLDER if is_local and not query else "")
    is_valid = is_local or (_is_master(master) and folder.startswith("/"))
    if before or not folder or not is_valid:
        raise WarehouseError(
            f"{warehouse} is not a valid address of a warehouse in Spark. Write it as "
            "spark://host:7077?folder=/shared/shop, with the port and the full path of a folder "
            "that all workers see, or as 'local[*]?folder=shop'."
        )
    if set(str(Path(folder).resolve())) & SPECIAL_CHARACTERS:
        raise WarehouseError(
            f"{folder}: Spark gives a special meaning to {' '.join(sorted(SPECIAL_CHARACTERS))} "
            "in a folder name. Choose a name without them."
        )
    return Spark(master, Path(folder))


def _is_master(master: str) -> bool:
    try:
        url = urlsplit(master)
        has_host = url.scheme == "spark" and url.hostname and url.port
        return bool(has_host and not url.path and not url.username)
    except ValueError:
        return False


def _connect(master: str) -> "Backend":
    session = session_at(master)
    from regulars.engines.spark.compiler import connect

    return connect(session)
