"""The queries every contender runs, with the columns that identify a row of the result."""

from typing import Any

QUERIES: dict[str, tuple[str, ...]] = {
    "kpis": (),
    "monthly_sales": ("month",),
    "monthly_orders": ("month",),
    "monthly_customers": ("month",),
    "cohorts": ("cohort", "months_since"),
    "order_amounts": ("orders",),
    "sales_by product": ("product_id",),
    "sales_by location": ("location",),
    "sales_by weekday": ("weekday",),
    "discount_bands": ("band",),
    "high_value": ("location",),
    "rfm": ("customer_id",),
    "segments": ("segment",),
}


def analysis_call(query: str) -> tuple[str, dict[str, Any]]:
    """Return the analysis and the options of a query such as "sales_by product"."""
    name, *by = query.split()
    return name, {"by": by[0]} if by else {}
