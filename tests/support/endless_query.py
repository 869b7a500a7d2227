"""A query that no engine can finish."""

from ibis.expr.types import Table

from regulars.warehouse.warehouse import Warehouse


def endless_query(warehouse: Warehouse) -> Table:
    """Return a count over the 30 sales lines cross-joined ten times: 30 to the power of 10 rows."""
    rows = warehouse.table("fact_sales").select("quantity")
    joined = rows
    for number in range(9):
        joined = joined.cross_join(rows.select(**{f"other_{number}": rows.quantity}))
    first, *others = (joined[name] for name in joined.columns)
    return joined.filter(sum(others, first) == 150).count().as_table()
