"""Find the engine of a warehouse from its location: a file name or an address."""

from os import PathLike, fspath
from pathlib import Path

from regulars.engines.postgres.address import SCHEMES, address_of
from regulars.engines.protocols import Engine


def engine_of(warehouse: str | PathLike[str]) -> Engine:
    """Return the engine of a warehouse: DuckDB, unless the location is another engine's address.

    Raises WarehouseError for a malformed address.
    """
    location = fspath(warehouse)
    if location.split("://")[0] in SCHEMES:
        from regulars.engines.postgres.engine import Postgres

        return Postgres(address_of(location))
    if location.startswith(("spark:", "local[")) or "?folder=" in location:
        from regulars.engines.spark.engine import spark_of

        return spark_of(location)
    from regulars.engines.duckdb.engine import DuckDB

    return DuckDB(Path(location))
