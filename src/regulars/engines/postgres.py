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
from typing import TYPE_CHECKING, Any, ClassVar, LiteralString

from regulars.engines.address import Address
from regulars.engines.duckdb_workshop import DuckDBWorkshop, workshop
from regulars.engines.lock import let_go
from regulars.engines.postgres_faults import explained
from regulars.engines.postgres_reader import PostgresReader, begin
from regulars.errors import NoWarehouseError, WarehouseError

if TYPE_CHECKING:
    import psycopg

    from regulars.engines.postgres_store import PostgresStore

OLDEST = 15
SECONDS_TO_CONNECT = 5
PUBLISHED = "published"
_BUILDING = 0
"""The number of the lock that a build holds; each version's lock has the number of the version."""


@dataclass(frozen=True)
class Postgres:
    """A warehouse in a schema of a PostgreSQL database."""

    address: Address
    name: ClassVar[str] = "PostgreSQL"
    keeps_marts: ClassVar[bool] = True
    keeps_lists: ClassVar[bool] = True

    def __str__(self) -> str:
        return str(self.address)

    def is_there(self) -> bool:
        """Return whether a version is published."""
        with connected(self.address, "look") as con, explained(self.address):
            return current_version(con, self.address) is not None

    @contextmanager
    def building(self, *, memory_limit: str) -> Iterator[DuckDBWorkshop]:
        """Open a workshop in DuckDB whose saved tables are published if nothing is raised.

        Raises WarehouseError where the database cannot be reached or another build is at work.
        """
        from regulars.engines.postgres_publish import publish
        from regulars.engines.postgres_views import check_place

        with connected(self.address, "build") as con, let_go(con):
            with explained(self.address):
                _hold_build_lock(con, self.address)
                check_place(con, self.address)
            scratch = _scratch_of(con, self.address)
            try:
                with workshop(scratch / "new.duckdb", memory_limit=memory_limit) as shop:
                    yield shop
                    with explained(self.address):
                        publish(con, shop, self.address)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def state(self) -> str:
        """Return the version that is published and the last load into it."""
        from psycopg import sql

        with connected(self.address, "look") as con, let_go(con), explained(self.address):
            version = current_version(con, self.address)
            if version is None:
                raise _no_warehouse(self.address)
            loads = sql.Identifier(version_schema(self.address, version), "loads")
            row = con.execute(sql.SQL("SELECT max(load_id) FROM {}").format(loads)).fetchone()
            return f"{version} {row and row[0]}"

    @contextmanager
    def changing(
        self, *, memory_limit: str, leaving_nothing: bool = False
    ) -> "Iterator[PostgresStore]":
        """Open a transaction over the current version.

        Raises WarehouseError where there is none, or a build or another load is at work; and, if
        nothing shall be left of what is removed, where somebody holds an older version.
        """
        import ibis

        from regulars.engines.postgres_publish import drop_older, vacuum
        from regulars.engines.postgres_store import PostgresStore

        with connected(self.address, "load") as con, let_go(con), explained(self.address):
            _hold_build_lock(con, self.address)
            schema = version_schema(self.address, _hold_version(con, self.address))
            con.execute("SET idle_in_transaction_session_timeout = 0")  # while sources are read
            if leaving_nothing:
                drop_older(con, self.address)
            with workshop(memory_limit=memory_limit) as shop, con.transaction():
                store = PostgresStore(shop, ibis.postgres.from_connection(con), schema)
                yield store
                store.analyse_changed()
            if leaving_nothing:
                vacuum(con, schema)

    def reading(self, *, memory_limit: str) -> PostgresReader:
        """Open the current version; raises WarehouseError where there is none.

        How much memory a question may use is for the server to say.
        """
        import ibis

        con = connected(self.address, "read")
        try:
            with explained(self.address):
                version = _hold_version(con, self.address)
                con.execute("SET idle_in_transaction_session_timeout = 0")
                con.execute("SET default_transaction_read_only = on")
                begin(con)
                backend = ibis.postgres.from_connection(con)
        except BaseException:
            con.close()
            raise
        return PostgresReader(backend, self.address, version_schema(self.address, version))


def version_schema(address: Address, version: int) -> str:
    """Return the schema that holds a version."""
    return f"{address.schema}_{version}"


def connected(address: Address, purpose: str) -> "psycopg.Connection[Any]":
    """Connect, each statement a transaction of its own unless one is begun.

    Raises WarehouseError that says which part of the address is wrong.
    """
    try:
        import adbc_driver_postgresql  # type: ignore[import-untyped]  # noqa: F401
        import psycopg
    except ImportError as error:
        raise WarehouseError(
            f"A warehouse in PostgreSQL needs {error.name}, which is not installed: "
            'pip install "regulars[postgres]"'
        ) from None
    with explained(address):
        con = psycopg.connect(
            address.uri(),
            autocommit=True,
            connect_timeout=SECONDS_TO_CONNECT,
            application_name=f"regulars {purpose}",
            client_encoding="utf8",
        )
    version = con.info.server_version // 10_000
    if version < OLDEST:
        con.close()
        raise WarehouseError(
            f"{address} is PostgreSQL {version}; Regulars needs {OLDEST} or newer."
        )
    encoding = con.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        con.close()
        raise WarehouseError(
            f"{address} keeps text in {encoding}; Regulars needs a database in UTF8."
        )
    con.execute("SET idle_session_timeout = 0")  # a lock is held while others work
    return con


def _hold_build_lock(con: "psycopg.Connection[Any]", address: Address) -> None:
    """Take the lock of builds for as long as the connection lasts.

    Raises WarehouseError that says who holds it.
    """
    keys = (_lock_space(address), _BUILDING)
    if _one(con, "SELECT pg_try_advisory_lock(%s, %s)", keys):
        return
    holder = con.execute(
        """
        SELECT a.usename, coalesce(host(a.client_addr), 'this machine'), a.backend_start
        FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.granted
        """,
        (keys[0] % 2**32, keys[1]),
    ).fetchone()
    who = "" if holder is None else f" by {holder[0]} from {holder[1]}, since {holder[2]:%H:%M:%S}"
    raise WarehouseError(
        f"Another build, load or sync of {address} is at work{who}. Wait for it to end, then try "
        "again."
    )


def _hold_version(con: "psycopg.Connection[Any]", address: Address) -> int:
    """Return the current version, held by a shared lock against being dropped."""
    while True:
        version = current_version(con, address)
        if version is None:
            raise _no_warehouse(address)
        keys = (_lock_space(address), version)
        con.execute("SELECT pg_advisory_lock_shared(%s, %s)", keys)
        if current_version(con, address) == version:
            return version
        con.execute("SELECT pg_advisory_unlock_shared(%s, %s)", keys)


def _no_warehouse(address: Address) -> NoWarehouseError:
    return NoWarehouseError(
        f"There is no warehouse in {address}. Build one:  regulars build SOURCE -w {address}"
    )


def current_version(con: "psycopg.Connection[Any]", address: Address) -> int | None:
    """Return the number of the version that is published, None where there is none."""
    from psycopg import sql

    named = f'"{address.schema}".{PUBLISHED}'
    if _one(con, "SELECT to_regclass(%s)", (named,)) is None:
        return None
    query = sql.SQL("SELECT version FROM {}").format(sql.Identifier(address.schema, PUBLISHED))
    row = con.execute(query).fetchone()
    return None if row is None else int(row[0])


def keep_readers_out(con: "psycopg.Connection[Any]", address: Address, version: int) -> bool:
    """Take the lock of a version for this transaction alone; False where somebody reads it."""
    keys = (_lock_space(address), version)
    return bool(_one(con, "SELECT pg_try_advisory_xact_lock(%s, %s)", keys))


def _lock_space(address: Address) -> int:
    """Return a number of 32 bits for the schema: advisory locks are told apart by two of them."""
    digest = hashlib.sha256(f"regulars {address.schema}".encode()).digest()
    return int.from_bytes(digest[:4], "big", signed=True)


def _one(con: "psycopg.Connection[Any]", query: "LiteralString", values: tuple[Any, ...]) -> Any:
    row = con.execute(query, values).fetchone()
    return row[0] if row else None


def _scratch_of(con: "psycopg.Connection[Any]", address: Address) -> Path:
    """Return an empty folder for the build: by what is built and by whom, as the lock is."""
    server = f"{con.info.host} {con.info.port} {con.info.dbname} {address.schema} {os.getuid()}"
    place = hashlib.sha256(server.encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"regulars-{place}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder
