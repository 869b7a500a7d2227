"""A Spark warehouse open for change: the next version, which starts with the current files.

Files are immutable. Removing rows rewrites the files that contain them, adding rows adds files, and
all other files are shared with the previous version. Sources are staged in Spark, as in a build.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from regulars.engines.spark import tables

if TYPE_CHECKING:
    from ibis.expr.types import Table
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from regulars.engines.spark.workspace import SparkWorkspace

MAX_SMALL_FILES = 8
"""A folder may have this many small files before they are merged."""

SMALL_FILE_BYTES = 16 << 20
_FILE = "file_of_row"


@dataclass(frozen=True)
class SparkStore:
    """The next version of a warehouse, in a Spark workspace."""

    workspace: "SparkWorkspace"

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, including the changes made so far."""
        return self.workspace.con.table(name)

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Materialize rows of the workspace, which shares the session."""
        return self.workspace.materialize(name, rows)

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once and return them as a scratch table."""
        return self.workspace.materialize(name, rows)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return a small result as dictionaries."""
        return self.workspace.fetch(rows)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return sorted(path.name for path in self.workspace.version.iterdir() if path.is_dir())

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """Create an empty table with columns of these Ibis types."""
        self.workspace.save_rows(name, columns, [])

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Replace the rows that match a key in `where`, or all rows, with new ones."""
        path, types = self._open(name)
        new = self._new(rows, types)
        if where is None:
            self._put(name, new, instead_of=_files(path))
            return
        touched = self._touched(path, types, where)
        if touched:
            keys = tables.frame(self.workspace.con, where)
            current = tables.read(self.workspace.con, touched, types)
            rest = current.join(keys, on=keys.columns, how="left_anti").select(*types.names)
            new = rest.union(new)
        self._put(name, new, instead_of=touched)

    def insert(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""
        _, types = self._open(name)
        self._put(name, self._new(rows, types), instead_of=[])

    def insert_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add Python rows to a table."""
        path, _ = self._open(name)
        if rows:
            tables.write_rows(path / f"{uuid4().hex}.parquet", columns, rows)
            self._tidy(name)

    def show_all(self) -> None:
        """Register every table of the warehouse in the session."""
        for path in self.workspace.version.iterdir():
            if path.is_dir():
                self._show(path.name)

    def _open(self, name: str) -> "tuple[Path, StructType]":
        path = self.workspace.version / name
        return path, tables.types_in(path)

    def _new(self, rows: "Table", types: "StructType") -> "DataFrame":
        return tables.frame(self.workspace.con, rows.select(*types.names))

    def _touched(self, path: Path, types: "StructType", where: "Table") -> list[Path]:
        """Return the files of a table that contain a row with one of the keys."""
        files = _files(path)
        if len(files) < 2:
            return files
        keys = tables.frame(self.workspace.con, where)
        rows = tables.read(self.workspace.con, [path], types)
        file = rows.metadataColumn("_metadata").getField("file_path").alias(_FILE)
        matching = rows.select(*keys.columns, file).join(keys, on=keys.columns, how="left_semi")
        return [_path_of(row[_FILE]) for row in matching.select(_FILE).distinct().collect()]

    def _put(self, name: str, rows: "DataFrame", *, instead_of: Sequence[Path]) -> None:
        """Write rows as new files of a table, in place of the given files."""
        path, types = self._open(name)
        written = self._write(rows, types, name)
        for file in instead_of:
            _remove(file)
        _move(written, path)
        self._tidy(name)

    def _tidy(self, name: str) -> None:
        """Merge small files, and register the table again with its new files."""
        path, types = self._open(name)
        for crowd in _small_files(path):
            merged = tables.read(self.workspace.con, crowd, types).coalesce(1)
            written = self._write(merged, types, name)
            for file in crowd:
                _remove(file)
            _move(written, path)
        self._show(name)

    def _write(self, rows: "DataFrame", types: "StructType", name: str) -> Path:
        """Write rows to a scratch folder, from where the files move to the table."""
        written = self.workspace.folder / f"{name}-{uuid4().hex}"
        month_of = tables.PARTITIONED.get(name)
        tables.write(rows, types, written, month_of=month_of)
        return written

    def _show(self, name: str) -> None:
        tables.show(self.workspace.con, self.workspace.version / name, name)


def _files(path: Path) -> list[Path]:
    """Return the Parquet files in a folder and its subfolders, except Spark's internal files."""
    return sorted(file for file in path.rglob("*.parquet") if not file.name.startswith((".", "_")))


def _path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


def _checksums_of(file: Path) -> Path:
    """Return the path of the checksums of a file; only files that Spark wrote have them."""
    return file.with_name(f".{file.name}.crc")


def _remove(file: Path) -> None:
    file.unlink()
    _checksums_of(file).unlink(missing_ok=True)


def _move(written: Path, path: Path) -> None:
    """Move the files of one folder to another, each into the same subfolder."""
    from pyarrow.parquet import read_metadata

    for file in _files(written):
        if not read_metadata(file).num_rows:
            continue  # Spark writes a file even for no rows
        target = path / file.relative_to(written)
        target.parent.mkdir(exist_ok=True)
        if _checksums_of(file).exists():
            _checksums_of(file).rename(_checksums_of(target))
        file.rename(target)


def _small_files(path: Path) -> list[list[Path]]:
    """Return the small files of each folder with too many of them."""
    small: dict[Path, list[Path]] = {}
    for file in _files(path):
        if file.stat().st_size < SMALL_FILE_BYTES:
            small.setdefault(file.parent, []).append(file)
    return [files for files in small.values() if len(files) > MAX_SMALL_FILES]
