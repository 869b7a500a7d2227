"""Ibis's SQL compiler for PostgreSQL, which computes the keys of a filter once.

PostgreSQL cannot tell how many rows match a condition on a computed value, and expects one. After
several such filters it computes the keys of the next one again for each row: a query of a second
takes minutes. A materialized CTE is computed once, whatever the plan.
"""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import sqlglot.expressions as sge
from ibis.backends.sql.compilers.postgres import PostgresCompiler

if TYPE_CHECKING:
    from ibis.backends.postgres import Backend

_NAME = "keys_{}"
_COSTLY = (sge.Case, sge.Distinct, sge.Group, sge.Window)


class MaterializingCompiler(PostgresCompiler):  # type: ignore[misc]
    """Ibis's compiler for PostgreSQL, with the keys of semi-joins in materialized CTEs."""

    __slots__ = ()

    def to_sqlglot(self, expr: Any, **options: Any) -> Any:
        """Return the SQL of an expression."""
        return with_materialized_keys(super().to_sqlglot(expr, **options))


def with_materialized_keys(sql: sge.Query) -> sge.Query:
    """Return a query with each costly subquery of its semi-joins in a materialized CTE.

    A CTE comes after those that it refers to.
    """
    before = sql.ctes
    if before:
        sql.args["with_"].pop()
    numbers, ctes = count(), []
    for cte in before:
        ctes += [*_hoisted(cte.this, numbers), cte]
    ctes += _hoisted(sql, numbers)
    if ctes:
        sql.set("with_", sge.With(expressions=ctes))
    return sql


def _hoisted(query: sge.Expr, numbers: Iterator[int]) -> list[sge.CTE]:
    """Replace the costly subqueries of a query's semi-joins by names, and return them as CTEs."""
    outer_first = [join for join in query.find_all(sge.Join) if _is_costly(join)]
    return [_hoist(join, next(numbers)) for join in reversed(outer_first)]


def _is_costly(join: sge.Join) -> bool:
    """Return whether a join is a semi-join with more than a scan of a table of the warehouse."""
    keys = join.this
    if join.kind != "SEMI" or not isinstance(keys, sge.Subquery):
        return False
    refers_to_cte = any(not table.db for table in keys.find_all(sge.Table))
    return refers_to_cte or keys.find(*_COSTLY) is not None


def _hoist(join: sge.Join, number: int) -> sge.CTE:
    subquery, name = join.this, sge.to_identifier(_NAME.format(number), quoted=True)
    join.set("this", sge.Table(this=name, alias=subquery.args["alias"]))
    alias = sge.TableAlias(this=name.copy())
    return sge.CTE(this=subquery.this, alias=alias, materialized=True)


def use_compiler(con: "Backend") -> "Backend":
    """Return an Ibis connection that uses our compiler."""
    con.compiler = MaterializingCompiler()
    return con
