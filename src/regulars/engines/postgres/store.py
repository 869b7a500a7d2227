"""A PostgreSQL warehouse open for change: one transaction over the current version.

Sources are staged in DuckDB, then copied into temporary tables; all other work is done on the
server. A load only deletes and inserts rows, so it never blocks readers, and they see its changes
once it is committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis

from regulars.engines.duckdb.workspace import DuckDBWorkspace
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.comments import describe
from regulars.engines.postgres.grants import grant_privileges
from regulars.engines.postgres.sql import column_list, create_table, statement
from regulars.engines.sql import deletion
from regulars.engines.sql_cache import sql_of, table_of

if TYPE_CHECKING:
    import psycopg
    from ibis.backends.postgres import Backend
    from ibis.expr.types import Table
    from psycopg import sql

CHUNK = 1 << 20
_NEW, _KEYS = "stg_new_rows", "stg_keys"


@dataclass(frozen=True)
class PostgresStore:
    """A transaction over the current version, with a DuckDB workspace."""

    workspace: DuckDBWorkspace
    con: "Backend"
    address: Address
    schema: str
    changed: set[str] = field(default_factory=set)
    _tables: "dict[str, Table]" = field(default_factory=dict, init=False, repr=False)

    def table(self, name: str) -> "Table":
        """Return a table of the warehouse, including the changes made so far."""
        if name not in self._tables:
            self._tables[name] = self.con.table(name, database=self.schema)
        return self._tables[name]

    def import_rows(self, name: str, rows: "Table") -> "Table":
        """Copy rows of the workspace to a temporary table and return it."""
        path = self.workspace.folder / f"{name}.csv"
        result = self.workspace.con.con.sql(sql_of(self.workspace.con, rows))
        result.write_csv(str(path), header=False, quoting="ALL")  # NULL is left unquoted
        self._create_temporary(name, rows.schema())
        query = statement("COPY {} FROM STDIN (FORMAT csv)", name)
        with path.open("rb") as file, self._server.cursor() as cursor, cursor.copy(query) as copy:
            while chunk := file.read(CHUNK):
                copy.write(chunk)
        path.unlink()
        return self._analyse(name, rows.schema())

    def materialize(self, name: str, rows: "Table") -> "Table":
        """Compute rows once and return them as a temporary table."""
        from psycopg import sql

        self._create_temporary(name, rows.schema())
        query = sql.SQL(sql_of(self.con, rows))
        self._run(statement("INSERT INTO {} {}", name, query))
        return self._analyse(name, rows.schema())

    def fetch(self, rows: "Table") -> list[dict[str, Any]]:
        """Return a small result as dictionaries."""
        with self._server.cursor() as cursor:
            cursor.execute(sql_of(self.con, rows))
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tables(self) -> list[str]:
        """Return the names of the tables of the warehouse."""
        return list(self.con.list_tables(database=self.schema))

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """Create an empty table with columns of these Ibis types."""
        self._run(create_table(self._server, self.schema, name, ibis.schema(columns)))
        describe(self._server, self.schema, name, name)
        grant_privileges(self._server, self.address, self.schema, [name])

    def replace(self, name: str, rows: "Table", *, where: "Table | None") -> None:
        """Replace the rows that match a key in `where`, or all rows, with new ones."""
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
        """Add Python rows to a table."""
        from psycopg import sql

        query = statement(
            "INSERT INTO {} ({}) VALUES ({})",
            (self.schema, name),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(sql.Placeholder() * len(columns)),
        )
        with self._server.cursor() as cursor:
            cursor.executemany(query, rows)
        if rows:
            self.changed.add(name)

    def analyse_changed(self) -> None:
        """Update the planner statistics of all changed tables.

        Autovacuum would take minutes to do it, and queries would be slow after a large load.
        """
        for name in sorted(self.changed):
            self._run(statement("ANALYZE {}", (self.schema, name)))

    def _insert_new(self, name: str) -> None:
        insert = statement("INSERT INTO {} SELECT * FROM {}", (self.schema, name), _NEW)
        self._change(name, insert)

    def _change(self, name: str, query: "sql.Composed | str") -> None:
        if self._server.execute(query).rowcount:
            self.changed.add(name)

    def _create_temporary(self, name: str, schema: "ibis.Schema") -> None:
        columns = column_list(self._server, schema)
        self._run(statement("DROP TABLE IF EXISTS {}", ("pg_temp", name)))
        self._run(statement("CREATE TEMP TABLE {} ({}) ON COMMIT DROP", name, columns))

    def _analyse(self, name: str, schema: "ibis.Schema") -> "Table":
        self._run(statement("ANALYZE {}", ("pg_temp", name)))
        return table_of(self.con, name, schema)

    def _run(self, query: "sql.Composed | str") -> None:
        self._server.execute(query)

    @property
    def _server(self) -> "psycopg.Connection[Any]":
        con: psycopg.Connection[Any] = self.con.con
        return con
