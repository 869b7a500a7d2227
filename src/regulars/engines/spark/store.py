"""A warehouse in Spark open for change: the next version, which begins with the files of the last.

No file is ever changed. Where rows go, the files that hold one of them are written again without
them; where rows come, files are put beside those that are there. All other files are those of the
version before. Sources are staged in Spark, so that they are read as a build reads them.
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

MOST_SMALL = 8
"""So many small files may lie in a folder before they are made one."""

SMALL = 16 << 20
_FILE = "file_of_row"


@dataclass(frozen=True)
class SparkStore:
    """The next version of a warehouse, in a workspace of Spark's."""

    workspace: "SparkWorkspace"

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, as it is by now."""
        return self.workspace.con.table(name)

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Return rows of the workspace, which works in the same session."""
        return self.workspace.materialize(name, rows)

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this piece of work alone, and return them as a table."""
        return self.workspace.materialize(name, rows)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        return self.workspace.fetch(rows)

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return sorted(path.name for path in self.workspace.version.iterdir() if path.is_dir())

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Put rows into a table in place of those that bear one of the keys in `where`."""
        path, types = self._place(name)
        new = self._new(rows, types)
        if where is None:
            self._put(name, new, instead_of=_files(path))
            return
        touched = self._touched(path, types, where)
        if touched:
            keys = tables.frame(self.workspace.con, where)
            held = tables.read(self.workspace.con, touched, types)
            left = held.join(keys, on=keys.columns, how="left_anti").select(*types.names)
            new = left.union(new)
        self._put(name, new, instead_of=touched)

    def add(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""
        _, types = self._place(name)
        self._put(name, self._new(rows, types), instead_of=[])

    def append(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add rows of ours to a table."""
        path, _ = self._place(name)
        if rows:
            tables.write_ours(path / f"{uuid4().hex}.parquet", columns, rows)
            self._tidy(name)

    def show_all(self) -> None:
        """Give every table of the warehouse its name in the session."""
        for path in self.workspace.version.iterdir():
            if path.is_dir():
                self._show(path.name)

    def _place(self, name: str) -> "tuple[Path, StructType]":
        path = self.workspace.version / name
        return path, tables.types_in(path)

    def _new(self, rows: "Table", types: "StructType") -> "DataFrame":
        return tables.frame(self.workspace.con, rows.select(*types.names))

    def _touched(self, path: Path, types: "StructType", where: "Table") -> list[Path]:
        """Return the files of a table that hold a row with one of the keys."""
        files = _files(path)
        if len(files) < 2:
            return files
        keys = tables.frame(self.workspace.con, where)
        rows = tables.read(self.workspace.con, [path], types)
        file = rows.metadataColumn("_metadata").getField("file_path").alias(_FILE)
        bearing = rows.select(*keys.columns, file).join(keys, on=keys.columns, how="left_semi")
        return [_path_of(row[_FILE]) for row in bearing.select(_FILE).distinct().collect()]

    def _put(self, name: str, rows: "DataFrame", *, instead_of: Sequence[Path]) -> None:
        """Write rows beside the files of a table, and take out those they stand for."""
        path, types = self._place(name)
        made = self._written(rows, types, name)
        for file in instead_of:
            _remove(file)
        _move(made, path)
        self._tidy(name)

    def _tidy(self, name: str) -> None:
        """Make one file of many small ones, and have the session read what is there by now."""
        path, types = self._place(name)
        for crowd in _crowded(path):
            merged = tables.read(self.workspace.con, crowd, types).coalesce(1)
            made = self._written(merged, types, name)
            for file in crowd:
                _remove(file)
            _move(made, path)
        self._show(name)

    def _written(self, rows: "DataFrame", types: "StructType", name: str) -> Path:
        """Write rows to a folder of scratch, from where they are put among those of a table."""
        made = self.workspace.folder / f"{name}-{uuid4().hex}"
        month_of = tables.PARTITIONED.get(name)
        tables.write(rows, types, made, month_of=month_of)
        return made

    def _show(self, name: str) -> None:
        tables.show(self.workspace.con, self.workspace.version / name, name)


def _files(path: Path) -> list[Path]:
    """Return the files of Parquet in a folder and those in it, leaving aside what Spark does."""
    return sorted(file for file in path.rglob("*.parquet") if not file.name.startswith((".", "_")))


def _path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


def _sum_of(file: Path) -> Path:
    """Return where Spark keeps the check sums of a file; of a file of ours there are none."""
    return file.with_name(f".{file.name}.crc")


def _remove(file: Path) -> None:
    file.unlink()
    _sum_of(file).unlink(missing_ok=True)


def _move(made: Path, path: Path) -> None:
    """Put the files that were made in one folder into another, each into the month it has there."""
    from pyarrow.parquet import read_metadata

    for file in _files(made):
        if not read_metadata(file).num_rows:
            continue  # Spark writes one even where there are no rows
        target = path / file.relative_to(made)
        target.parent.mkdir(exist_ok=True)
        if _sum_of(file).exists():
            _sum_of(file).rename(_sum_of(target))
        file.rename(target)


def _crowded(path: Path) -> list[list[Path]]:
    """Return the small files of each folder that has too many of them."""
    small: dict[Path, list[Path]] = {}
    for file in _files(path):
        if file.stat().st_size < SMALL:
            small.setdefault(file.parent, []).append(file)
    return [files for files in small.values() if len(files) > MOST_SMALL]
