"""A warehouse in PostgreSQL: typed and built at the border in DuckDB, loaded by binary COPY.

Each build is a version, a schema of its own: `regulars_7`. The schema `regulars` holds one row
that names the current version, and views with plain names over it. A build is published by one
transaction that changes both. A reader holds a shared lock on the version it opened, so it keeps
that whole version until it closes; a version nobody holds is dropped by the next build.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from regulars.engines.duckdb.workspace import DuckDBWorkspace, open_workspace
from regulars.engines.locking import let_go
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.connection import (
    connected,
    current_version,
    hold_build_lock,
    hold_version,
    no_warehouse,
    version_schema,
)
from regulars.engines.postgres.errors import explained
from regulars.engines.postgres.reader import PostgresReader, begin

if TYPE_CHECKING:
    import psycopg

    from regulars.engines.postgres.store import PostgresStore


@dataclass(frozen=True)
class Postgres:
    """A warehouse in a schema of a PostgreSQL database."""

    address: Address
    name: ClassVar[str] = "PostgreSQL"
    stores_marts: ClassVar[bool] = True
    supports_lists: ClassVar[bool] = True

    def __str__(self) -> str:
        return str(self.address)

    def exists(self) -> bool:
        """Return whether a version is published."""
        with connected(self.address, "look") as con, explained(self.address):
            return current_version(con, self.address) is not None

    @contextmanager
    def open_workspace(self, *, memory_limit: str) -> Iterator[DuckDBWorkspace]:
        """Open a workspace in DuckDB whose saved tables are published if nothing is raised.

        Raises WarehouseError where the database cannot be reached or another build is at work.
        """
        from regulars.engines.postgres.publish import publish
        from regulars.engines.postgres.views import check_place

        with connected(self.address, "build") as con, let_go(con):
            with explained(self.address):
                hold_build_lock(con, self.address)
                check_place(con, self.address)
            scratch = _scratch_of(con, self.address)
            try:
                with open_workspace(scratch / "new.duckdb", memory_limit=memory_limit) as workspace:
                    yield workspace
                    with explained(self.address):
                        publish(con, workspace, self.address)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def version(self) -> str:
        """Return the version that is published and the last load into it."""
        from psycopg import sql

        with connected(self.address, "look") as con, let_go(con), explained(self.address):
            version = current_version(con, self.address)
            if version is None:
                raise no_warehouse(self.address)
            loads = sql.Identifier(version_schema(self.address, version), "loads")
            row = con.execute(sql.SQL("SELECT max(load_id) FROM {}").format(loads)).fetchone()
            return f"{version} {row and row[0]}"

    @contextmanager
    def open_store(self, *, memory_limit: str, purge: bool = False) -> "Iterator[PostgresStore]":
        """Open a transaction over the current version.

        Raises WarehouseError where there is none, or a build or another load is at work; and, if
        nothing shall be left of what is removed, where somebody holds an older version.
        """
        import ibis

        from regulars.engines.postgres.publish import drop_older, vacuum
        from regulars.engines.postgres.store import PostgresStore

        with connected(self.address, "load") as con, let_go(con), explained(self.address):
            hold_build_lock(con, self.address)
            schema = version_schema(self.address, hold_version(con, self.address))
            con.execute("SET idle_in_transaction_session_timeout = 0")  # while sources are read
            if purge:
                drop_older(con, self.address)
            with open_workspace(memory_limit=memory_limit) as workspace, con.transaction():
                store = PostgresStore(workspace, ibis.postgres.from_connection(con), schema)
                yield store
                store.analyse_changed()
            if purge:
                vacuum(con, schema)

    def open_reader(self, *, memory_limit: str) -> PostgresReader:
        """Open the current version; raises WarehouseError where there is none.

        How much memory a question may use is for the server to say.
        """
        import ibis

        con = connected(self.address, "read")
        try:
            with explained(self.address):
                version = hold_version(con, self.address)
                con.execute("SET idle_in_transaction_session_timeout = 0")
                con.execute("SET default_transaction_read_only = on")
                begin(con)
                backend = ibis.postgres.from_connection(con)
        except BaseException:
            con.close()
            raise
        return PostgresReader(backend, self.address, version_schema(self.address, version))


def _scratch_of(con: "psycopg.Connection[Any]", address: Address) -> Path:
    """Return an empty folder for the build: by what is built and by whom, as the lock is."""
    server = f"{con.info.host} {con.info.port} {con.info.dbname} {address.schema} {os.getuid()}"
    place = hashlib.sha256(server.encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"regulars-{place}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder
