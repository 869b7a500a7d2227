"""A question of which no engine sees the end."""


def endless_query(warehouse):
    """Return which ten of the shop's 30 lines come to 150 units: out of 30 to the 10th."""
    rows = warehouse.table("fact_sales").select("quantity")
    every = rows
    for number in range(9):
        every = every.cross_join(rows.select(**{f"other_{number}": rows.quantity}))
    first, *others = (every[name] for name in every.columns)
    return every.filter(sum(others, first) == 150).count().as_table()
