"""The PostgreSQL engine: a warehouse is built in DuckDB, then loaded by binary COPY.

Each build is a version in its own schema, such as `regulars_7`. The schema `regulars` has a table
with the number of the current version, and views on its tables; one transaction switches both to a
new version. A reader locks the version it opened, so that it stays until the reader closes. The
next build drops old versions that are not in use.
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
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.connection import (
    connect,
    current_version,
    hold_build_lock,
    hold_version,
    no_warehouse,
    releasing_locks,
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
        """Check whether a version is published."""
        with connect(self.address, "look") as con, explained(self.address):
            return current_version(con, self.address) is not None

    @contextmanager
    def open_workspace(self, *, memory_limit: str) -> Iterator[DuckDBWorkspace]:
        """Open a DuckDB workspace; its saved tables are published unless an error is raised.

        Raises WarehouseError if the database cannot be reached or another build is running.
        """
        from regulars.engines.postgres.publish import publish
        from regulars.engines.postgres.views import check_names_are_free

        with connect(self.address, "build") as con, releasing_locks(con):
            with explained(self.address):
                hold_build_lock(con, self.address)
                check_names_are_free(con, self.address)
            scratch = _scratch_of(con, self.address)
            try:
                with open_workspace(scratch / "new.duckdb", memory_limit=memory_limit) as workspace:
                    yield workspace
                    with explained(self.address):
                        publish(con, workspace, self.address)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def version(self) -> str:
        """Return the numbers of the published version and of its last load."""
        from psycopg import sql

        with connect(self.address, "look") as con, explained(self.address):
            version = current_version(con, self.address)
            if version is None:
                raise no_warehouse(self.address)
            loads = sql.Identifier(version_schema(self.address, version), "loads")
            row = con.execute(sql.SQL("SELECT max(load_id) FROM {}").format(loads)).fetchone()
            return f"{version} {row and row[0]}"

    @contextmanager
    def open_store(self, *, memory_limit: str, purge: bool = False) -> "Iterator[PostgresStore]":
        """Open a transaction over the current version.

        Raises WarehouseError if there is none, if another build or load is running, or, to purge,
        if an older version is in use.
        """
        import ibis

        from regulars.engines.postgres.publish import drop_older, vacuum
        from regulars.engines.postgres.store import PostgresStore

        with connect(self.address, "load") as con, releasing_locks(con), explained(self.address):
            hold_build_lock(con, self.address)
            schema = version_schema(self.address, hold_version(con, self.address))
            # The transaction is idle while sources are read.
            con.execute("SET idle_in_transaction_session_timeout = 0")
            if purge:
                drop_older(con, self.address)
            with open_workspace(memory_limit=memory_limit) as workspace, con.transaction():
                server = ibis.postgres.from_connection(con)
                store = PostgresStore(workspace, server, self.address, schema)
                yield store
                store.analyse_changed()
            if purge:
                vacuum(con, schema)

    def open_reader(self, *, memory_limit: str) -> PostgresReader:
        """Open the current version. Raises WarehouseError if there is none.

        `memory_limit` has no effect: the server has its own memory settings.
        """
        import ibis

        from regulars.engines.postgres.compiler import use_compiler

        con = connect(self.address, "read")
        try:
            with explained(self.address):
                version = hold_version(con, self.address)
                con.execute("SET idle_in_transaction_session_timeout = 0")
                con.execute("SET default_transaction_read_only = on")
                begin(con)
                backend = use_compiler(ibis.postgres.from_connection(con))
        except BaseException:
            con.close()
            raise
        return PostgresReader(backend, self.address, version_schema(self.address, version))


def _scratch_of(con: "psycopg.Connection[Any]", address: Address) -> Path:
    """Return an empty scratch folder, named after the warehouse and the user.

    A build therefore removes the scratch files of a killed build of the same warehouse.
    """
    server = f"{con.info.host} {con.info.port} {con.info.dbname} {address.schema} {os.getuid()}"
    digest = hashlib.sha256(server.encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"regulars-{digest}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder
