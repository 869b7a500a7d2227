"""Loading tables into PostgreSQL, as Arrow batches that become binary COPY."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from regulars.engines.address import Address
from regulars.engines.duckdb import DuckDBWorkshop
from regulars.engines.postgres import without_password
from regulars.errors import WarehouseError

if TYPE_CHECKING:
    import pyarrow as pa

CONNECTIONS = 2
ROWS_IN_A_BATCH = 25_000


def load(shop: DuckDBWorkshop, address: Address, schema: str, names: Sequence[str]) -> None:
    """Copy tables by ADBC, which sends Arrow batches as binary COPY, over two connections at once.

    Turning decimals into numerics keeps one connection busier than the server.
    """
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for name in names:
            rows = shop.batches(name, ROWS_IN_A_BATCH)
            batches = _Shared(rows)
            try:
                copy = partial(_copy, address, schema, name, rows.schema, batches)
                for done in [threads.submit(copy) for _ in range(CONNECTIONS)]:
                    done.result()
            finally:
                batches.end()


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


def _copy(address: Address, schema: str, name: str, columns: "pa.Schema", batches: _Shared) -> None:
    import adbc_driver_postgresql.dbapi as adbc  # type: ignore[import-untyped]
    import pyarrow as pa

    rows = pa.RecordBatchReader.from_batches(columns, batches)
    try:
        with adbc.connect(address.uri(application_name="regulars load")) as con:
            with con.cursor() as cursor:
                cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema)
            con.commit()
    except adbc.Error as error:
        batches.end()
        said = without_password(str(error), address).splitlines()[0]
        raise WarehouseError(f"{address}: loading failed: {said}") from None
