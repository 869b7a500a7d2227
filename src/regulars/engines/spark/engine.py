"""The warehouse in Spark: a folder of Parquet that many machines read and write at once.

Everything between the files and an answer is a job of Spark's; nothing comes to us but answers.
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
from regulars.engines.spark.session import PATTERN, check_is_shared, explained, session_at
from regulars.engines.spark.store import SparkStore
from regulars.engines.spark.versions import VersionedFolder
from regulars.engines.spark.workspace import SparkWorkspace

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend

DEFAULT_FOLDER = "regulars-warehouse"
_LOCAL = re.compile(r"local\[(\*|\d+)\]")


@dataclass(frozen=True)
class Spark:
    """A warehouse in a folder, and the Spark that works on it."""

    master: str
    folder: Path
    name: ClassVar[str] = "Spark"
    keeps_marts: ClassVar[bool] = True
    keeps_lists: ClassVar[bool] = False

    def __str__(self) -> str:
        return f"{self.master}?folder={quote(str(self.folder))}"

    def is_there(self) -> bool:
        """Return whether a version is published."""
        return (self.folder / "current").is_file()

    @property
    def versions(self) -> VersionedFolder:
        """The folder and the versions in it."""
        return VersionedFolder(self.folder.resolve())

    def state(self) -> str:
        """Return the folder of the version that is published."""
        return self.versions.holding().name

    @contextmanager
    def building(self, *, memory_limit: str) -> "Iterator[SparkWorkspace]":
        """Open a workspace whose saved tables become the warehouse if nothing is raised.

        How much memory Spark may use is told to Spark, not here.
        """
        with self.versions.building() as (version, scratch):
            workspace = self._workspace(version, scratch)
            with explained(self):
                yield workspace

    @contextmanager
    def changing(
        self, *, memory_limit: str, leaving_nothing: bool = False
    ) -> "Iterator[SparkStore]":
        """Open the next version, which begins with the files of the one that holds.

        How much memory Spark may use is told to Spark, not here.

        Raises WarehouseError where nothing shall be left of what is removed: files of older
        versions, and of workers, are not ours to erase.
        """
        if leaving_nothing:
            raise WarehouseError(
                f"{self} is in Spark, and nothing can be taken out of it for good. Build it anew "
                "from sources without what is to go."
            )
        with self.versions.changing() as (version, scratch):
            store = SparkStore(self._workspace(version, scratch))
            with explained(self):
                store.show_all()
                yield store

    def _workspace(self, version: Path, scratch: Path) -> SparkWorkspace:
        con = _connected(self.master)
        if not self.master.startswith("local"):
            with explained(self):
                check_is_shared(con._session, scratch)
        return SparkWorkspace(con, scratch, version)

    def reading(self, *, memory_limit: str) -> "SparkReader":
        """Open the version that holds now; it stays while it is open, whatever is built."""
        version, handle = self.versions.hold()
        try:
            con = _connected(self.master)
            with explained(self):
                return SparkReader(con, version, handle, str(self))
        except BaseException:
            os.close(handle)
            raise


def spark_of(warehouse: str) -> Spark:
    """Return what an address such as spark://host:7077?folder=/shared/shop means.

    Raises WarehouseError where it is not well formed.
    """
    master, _, asked = warehouse.partition("?")
    is_local = _LOCAL.fullmatch(master) is not None
    named, told, folder = asked.partition("folder=")
    folder = unquote(folder) if told else (DEFAULT_FOLDER if is_local and not asked else "")
    well_formed = is_local or (_is_master(master) and folder.startswith("/"))
    if named or not folder or not well_formed:
        raise WarehouseError(
            f"{warehouse} is no address of a warehouse in Spark. Write it as "
            "spark://host:7077?folder=/shared/shop, with the port and the whole path of a folder "
            "that all its workers see, or as 'local[*]?folder=shop'."
        )
    if set(str(Path(folder).resolve())) & PATTERN:
        raise WarehouseError(
            f"{folder}: Spark does not take {' '.join(sorted(PATTERN))} for what they are in the "
            "name of a folder. Name one without."
        )
    return Spark(master, Path(folder))


def _is_master(master: str) -> bool:
    try:
        url = urlsplit(master)
        named = url.scheme == "spark" and url.hostname and url.port
        return bool(named and not url.path and not url.username)
    except ValueError:
        return False


def _connected(master: str) -> "Backend":
    session = session_at(master)
    from regulars.engines.spark.compiler import connected

    return connected(session)
