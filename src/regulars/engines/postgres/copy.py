"""Load tables into PostgreSQL by binary COPY of Arrow batches."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from regulars.core.errors import WarehouseError
from regulars.engines.duckdb.workspace import DuckDBWorkspace
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.errors import without_password

if TYPE_CHECKING:
    import pyarrow as pa

CONNECTIONS = 2
ROWS_IN_A_BATCH = 25_000


def load(workspace: DuckDBWorkspace, address: Address, schema: str, names: Sequence[str]) -> None:
    """Copy tables of a workspace to a schema, with ADBC over two connections.

    Converting decimals keeps one connection busier than the server.
    """
    import adbc_driver_postgresql.dbapi as adbc

    uri = address.uri(application_name="regulars load")
    try:
        with ExitStack() as stack:
            connections = [stack.enter_context(adbc.connect(uri)) for _ in range(CONNECTIONS)]
            threads = stack.enter_context(ThreadPoolExecutor(CONNECTIONS))
            for name in names:
                rows = workspace.batches(name, ROWS_IN_A_BATCH)
                batches = _Shared(rows)
                copy = partial(_copy, schema, name, rows.schema, batches)
                try:
                    for future in [threads.submit(copy, con) for con in connections]:
                        future.result()
                finally:
                    batches.end()
            for con in connections:
                con.commit()
    except adbc.Error as error:
        reason = without_password(str(error), address).splitlines()[0]
        raise WarehouseError(f"{address}: loading failed: {reason}") from None


class _Shared:
    """An iterator of batches that several threads can share."""

    def __init__(self, batches: "Iterable[pa.RecordBatch]") -> None:
        self._batches = iter(batches)
        self._lock = Lock()

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        return self

    def __next__(self) -> "pa.RecordBatch":
        with self._lock:
            return next(self._batches)

    def end(self) -> None:
        """Stop the iteration, so that the other threads end once one has failed."""
        with self._lock:
            self._batches = iter(())


def _copy(schema: str, name: str, columns: "pa.Schema", batches: _Shared, con: Any) -> None:
    """Copy batches over one connection until there are none left; the caller commits."""
    import pyarrow as pa

    rows = pa.RecordBatchReader.from_batches(columns, batches)
    try:
        with con.cursor() as cursor:
            cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema)
    except BaseException:
        batches.end()
        raise
