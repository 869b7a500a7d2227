"""A warehouse in PostgreSQL open for change: one transaction over the version that is published.

Sources are staged in DuckDB at the border; what they bring is copied into a table of the
transaction alone, and all else happens on the server. Rows are removed and added, tables are left
standing: who reads meanwhile is not in the way, and sees nothing of it until the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis

from regulars.engines.duckdb.workspace import DuckDBWorkspace
from regulars.engines.postgres.sql import statement
from regulars.engines.sql import deletion
from regulars.engines.sql_cache import sql_of

if TYPE_CHECKING:
    import psycopg
    from ibis.backends.postgres import Backend
    from ibis.expr.types import Table
    from psycopg import sql

CHUNK = 1 << 20
_NEW, _KEYS = "stg_new_rows", "stg_keys"


@dataclass(frozen=True)
class PostgresStore:
    """A transaction over one version of the warehouse, and a workspace in DuckDB."""

    workspace: DuckDBWorkspace
    con: "Backend"
    schema: str
    changed: set[str] = field(default_factory=set)
    _known: "dict[str, Table]" = field(default_factory=dict, init=False, repr=False)

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, as it is by now: its columns stay, its rows change."""
        if name not in self._known:
            self._known[name] = self.con.table(name, database=self.schema)
        return self._known[name]

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Copy rows of the workspace into a table of this transaction."""
        path = self.workspace.folder / f"{name}.csv"
        found = self.workspace.con.con.sql(sql_of(self.workspace.con, rows))
        found.write_csv(str(path), header=False, quoting="ALL")  # what is empty is not quoted
        self._create(name, rows.schema())
        take = statement("COPY {} FROM STDIN (FORMAT csv)", name)
        with path.open("rb") as file, self._server.cursor() as cursor, cursor.copy(take) as copy:
            while some := file.read(CHUNK):
                copy.write(some)
        path.unlink()
        return self._analysed(name)

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once, for this transaction alone, and return them as a table."""
        from psycopg import sql

        self._create(name, rows.schema())
        query = sql.SQL(sql_of(self.con, rows))
        self._run(statement("INSERT INTO {} {}", name, query))
        return self._analysed(name)

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return rows as dictionaries. For answers of a few rows."""
        with self._server.cursor() as cursor:
            cursor.execute(sql_of(self.con, rows))
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return list(self.con.list_tables(database=self.schema))

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Put rows into a table in place of those that bear one of the keys in `where`."""
        columns = self.table(name).columns
        self.materialize(_NEW, rows.select(*columns))
        if where is not None:
            self.materialize(_KEYS, where)
        keys = None if where is None else _KEYS
        remove = deletion(name, keys, where.columns if where is not None else (), self.schema)
        self._change(name, remove.sql("postgres"))
        self._insert_new(name)

    def insert(self, name: str, rows: "Table") -> None:
        """Add rows to a table."""
        self.materialize(_NEW, rows.select(*self.table(name).columns))
        self._insert_new(name)

    def insert_rows(
        self, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add rows of ours to a table."""
        from psycopg import sql

        named = sql.SQL(", ").join(map(sql.Identifier, columns))
        gaps = sql.SQL(", ").join(sql.Placeholder() * len(columns))
        with self._server.cursor() as cursor:
            cursor.executemany(
                statement("INSERT INTO {} ({}) VALUES ({})", (self.schema, name), named, gaps),
                rows,
            )
        if rows:
            self.changed.add(name)

    def analyse_changed(self) -> None:
        """Have the server count anew what it plans questions by, in the tables that changed.

        It would do so by itself, but minutes later: a large load would be followed by slow answers.
        """
        for name in sorted(self.changed):
            self._run(statement("ANALYZE {}", (self.schema, name)))

    def _insert_new(self, name: str) -> None:
        insert = statement("INSERT INTO {} SELECT * FROM {}", (self.schema, name), _NEW)
        self._change(name, insert)

    def _change(self, name: str, query: "sql.Composed | str") -> None:
        if self._server.execute(query).rowcount:
            self.changed.add(name)

    def _create(self, name: str, columns: "ibis.Schema") -> None:
        from regulars.engines.postgres.ddl import columns_of

        told = columns_of(self._server, columns)
        self._run(statement("DROP TABLE IF EXISTS {}", ("pg_temp", name)))
        self._run(statement("CREATE TEMP TABLE {} ({}) ON COMMIT DROP", name, told))

    def _analysed(self, name: str) -> "Table":
        self._run(statement("ANALYZE {}", ("pg_temp", name)))
        return self.con.table(name)

    def _run(self, query: "sql.Composed | str") -> None:
        self._server.execute(query)

    @property
    def _server(self) -> "psycopg.Connection[Any]":
        con: psycopg.Connection[Any] = self.con.con
        return con
