"""Cache compiled SQL for the whole process: on few rows, compiling takes longer than running.

A load runs the same expressions for every file. Readers do not use this cache, because dashboard
queries are large and differ with every filter.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.datatypes import DataType
    from ibis.expr.operations import Relation
    from ibis.expr.schema import Schema
    from ibis.expr.types import Table

    Connection = TypeVar("Connection", bound=SQLBackend)

WIDE = 100
"""Selects of tables with more columns are merged."""

_OPTION_LOCK = RLock()

CACHE_SIZE = 500
"""Expressions to cache: a load has 200, and each takes 30 kB."""


def share_cache(con: "Connection") -> "Connection":
    """Make a connection equal to all others of its engine, and return it.

    Expressions over tables of the same names and columns are then equal on every connection, so
    they share their SQL. Ibis already treats PostgreSQL connections that it is given this way.
    """
    con.db_identity = con.name
    return con


def table_of(con: "SQLBackend", name: str, declared: "Schema") -> "Table":
    """Return a table created with these columns, without a query for its schema."""
    import ibis.expr.operations as ops

    schema = _created_schema(con, declared)
    return ops.DatabaseTable(name, schema=schema, source=con, namespace=ops.Namespace()).to_expr()


@lru_cache(maxsize=CACHE_SIZE)
def _created_schema(con: "SQLBackend", declared: "Schema") -> "Schema":
    """Return the columns of a table created with declared ones: an engine has fewer types."""
    import ibis

    return ibis.schema({name: _created_type(con, dtype) for name, dtype in declared.items()})


@lru_cache(maxsize=CACHE_SIZE)
def _created_type(con: "SQLBackend", declared: "DataType") -> "DataType":
    types = con.compiler.type_mapper
    return types.from_string(types.to_string(declared))


def sql_of(con: "SQLBackend", rows: "Table") -> str:
    """Return the SQL of an expression on a connection."""
    return _compile(con, rows.op())


@lru_cache(maxsize=CACHE_SIZE)
def _compile(con: "SQLBackend", rows: "Relation") -> str:
    with nullcontext() if _is_wide(rows) else _separate_selects():
        return str(con.compile(rows.to_expr()))


def _is_wide(rows: "Relation") -> bool:
    """Return whether an expression reads a wide table: each select of it takes an engine memory."""
    import ibis.expr.operations as ops

    return any(len(table.schema) > WIDE for table in rows.find(ops.PhysicalTable))


@contextmanager
def _separate_selects() -> Iterator[None]:
    """Leave nested selects as they are: engines merge them faster than Ibis does.

    The option is one for the whole process. Another thread that compiles at the same time gets
    other SQL with the same meaning.
    """
    import ibis

    with _OPTION_LOCK:
        before, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
        try:
            yield
        finally:
            ibis.options.sql.fuse_selects = before
