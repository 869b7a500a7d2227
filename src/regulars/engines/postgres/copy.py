"""Loading tables into PostgreSQL, as Arrow batches that become binary COPY."""

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
    """Copy tables by ADBC, which sends Arrow batches as binary COPY, over two connections at once.

    Turning decimals into numerics keeps one connection busier than the server.
    """
    import adbc_driver_postgresql.dbapi as adbc  # type: ignore[import-untyped]

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
                    for done in [threads.submit(copy, con) for con in connections]:
                        done.result()
                finally:
                    batches.end()
            for con in connections:
                con.commit()
    except adbc.Error as error:
        said = without_password(str(error), address).splitlines()[0]
        raise WarehouseError(f"{address}: loading failed: {said}") from None


class _Shared:
    """Batches that several threads take from, one after the other."""

    def __init__(self, batches: "Iterable[pa.RecordBatch]") -> None:
        self._batches = iter(batches)
        self._lock = Lock()

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        return self

    def __next__(self) -> "pa.RecordBatch":
        with self._lock:
            return next(self._batches)

    def end(self) -> None:
        """Give no more: the others stop, too, where one has failed."""
        with self._lock:
            self._batches = iter(())


def _copy(schema: str, name: str, columns: "pa.Schema", batches: _Shared, con: Any) -> None:
    """Copy what can be had of the batches over one connection, and leave it to be committed."""
    import pyarrow as pa

    rows = pa.RecordBatchReader.from_batches(columns, batches)
    try:
        with con.cursor() as cursor:
            cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema)
    except BaseException:
        batches.end()
        raise
