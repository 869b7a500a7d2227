"""Where a warehouse is, as people write it: a file, or the address of a database."""

from os import PathLike, fspath
from pathlib import Path

from regulars.engines.postgres.address import SCHEMES, address_of
from regulars.engines.protocols import Engine


def engine_of(warehouse: str | PathLike[str]) -> Engine:
    """Return the engine that a warehouse is kept in: a DuckDB file unless an address says else.

    Raises WarehouseError for an address that cannot be understood.
    """
    place = fspath(warehouse)
    if place.split("://")[0] in SCHEMES:
        from regulars.engines.postgres.engine import Postgres

        return Postgres(address_of(place))
    if place.startswith(("spark:", "local[")) or "?folder=" in place:
        from regulars.engines.spark.engine import parse_address

        return parse_address(place)
    from regulars.engines.duckdb.engine import DuckDB

    return DuckDB(Path(place))
