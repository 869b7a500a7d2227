"""The statements that Ibis has no expression for, or makes in a slow way."""

from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import and_
from typing import TYPE_CHECKING

import sqlglot.expressions as sge

if TYPE_CHECKING:
    import ibis


@lru_cache(maxsize=200)
def creation(table: str, columns: "ibis.Schema", *, temporary: bool) -> str:
    """Return DuckDB's statement that makes an empty table, in place of a temporary one."""
    told = sge.Schema(
        this=sge.table_(table, quoted=True), expressions=columns.to_sqlglot_column_defs("duckdb")
    )
    kept = [sge.TemporaryProperty()] if temporary else []
    return sge.Create(
        kind="TABLE", this=told, replace=temporary, properties=sge.Properties(expressions=kept)
    ).sql("duckdb")


@lru_cache(maxsize=200)
def insertion(table: str, columns: tuple[str, ...]) -> str:
    """Return how DuckDB's statement begins that adds the rows of a query to columns of a table.

    The query follows as text: Ibis copies it twice before it becomes text, which of a load of a
    few lines is a good part.
    """
    named = [sge.to_identifier(column, quoted=True) for column in columns]
    place = sge.Schema(this=sge.table_(table, quoted=True), expressions=named)
    return sge.Insert(this=place).sql("duckdb")


def deletion(
    table: str, keys: str | None, columns: Sequence[str] = (), schema: str | None = None
) -> sge.Delete:
    """Return the statement that removes the rows that bear one of the keys, or every row.

    table, schema  where rows are removed
    keys           a table with the same columns, whose values are the keys
    """
    target = sge.table_(table, db=schema, quoted=True)
    if keys is None:
        return sge.Delete(this=target)
    told = sge.table_(keys, quoted=True)
    same = (
        sge.column(column, table=table, quoted=True).eq(sge.column(column, table=keys, quoted=True))
        for column in columns
    )
    return sge.Delete(this=target, using=[told], where=sge.Where(this=reduce(and_, same)))
