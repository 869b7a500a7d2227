"""The one statement that Ibis has no expression for, written once for the engines that have it."""

from collections.abc import Sequence
from functools import reduce
from operator import and_

import sqlglot.expressions as sge


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
