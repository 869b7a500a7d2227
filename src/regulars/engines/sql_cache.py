"""The SQL of expressions, compiled once in a process: over few rows that takes longest.

A load asks the same of each file. Questions of a dashboard differ with each filter, and are large:
readers compile theirs anew.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.operations import Relation
    from ibis.expr.schema import Schema
    from ibis.expr.types import Table

    Connection = TypeVar("Connection", bound=SQLBackend)

MOST = 500
"""How many expressions are kept: thirty kilobytes each, and a load has two hundred."""


def alike(con: "Connection") -> "Connection":
    """Return a connection that equals all others of its engine.

    An expression over tables of the same names and columns is then the same one on each of them,
    as its SQL is. Ibis has it so for connections to PostgreSQL that it is given.
    """
    con.db_identity = con.name
    return con


def table_of(con: "SQLBackend", name: str, declared: "Schema") -> "Table":
    """Return a table that was made with these columns, of which the engine is asked but once."""
    import ibis.expr.operations as ops

    told = _as_told(con, name, declared)
    return ops.DatabaseTable(name, schema=told, source=con, namespace=ops.Namespace()).to_expr()


@lru_cache(maxsize=MOST)
def _as_told(con: "SQLBackend", name: str, _declared: "Schema") -> "Schema":
    """Return the columns of a table as the engine tells them: always so for those declared."""
    return con.table(name).schema()


def sql_of(con: "SQLBackend", rows: "Table") -> str:
    """Return an expression as the SQL of a connection."""
    return _compiled(con, rows.op())


@lru_cache(maxsize=MOST)
def _compiled(con: "SQLBackend", rows: "Relation") -> str:
    return str(con.compile(rows.to_expr()))
