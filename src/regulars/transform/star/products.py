"""The product dimension."""

from typing import TYPE_CHECKING

import ibis

from regulars.core.cached import cached_expression
from regulars.core.schema import DIM_PRODUCT
from regulars.transform.star.contract import with_unknown
from regulars.transform.star.keys import most_frequent, with_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.expr.types import Table

_DESCRIPTIONS = ("product_name", "category", "subcategory")


@cached_expression
def dim_product(
    lines: "Table", known: "Table | None" = None, *, empty: "Sequence[str]" = ()
) -> "Table":
    """Return `core.schema.DIM_PRODUCT` for accepted lines.

    The name of a product is the most frequent on sales. Other lines, which can have notes such as
    "damaged", only count if there are no sales. Products of the dimension `known` keep their keys.
    No line has a value in the columns `empty`.
    """
    products = lines.filter(lines.product_id.notnull()).select("product_id").distinct()
    named = products
    for column in _DESCRIPTIONS:
        if column in empty:
            named = named.mutate(**{column: ibis.null("string")})
            continue
        # With the other columns, DuckDB would copy all lines before it counts these.
        cells = lines.select("product_id", column, "ordered_at", is_sale=lines.kind == "sale")
        best = most_frequent(cells, by="product_id", column=column, first="is_sale")
        best = best.rename({f"{column}_of": "product_id", f"{column}s_seen": "seen"})
        named = named.left_join(best, named.product_id == best[f"{column}_of"])
    keyed = with_keys(named, "product_key", by="product_id", known=known)
    members = keyed.mutate(names_seen=ibis.coalesce(keyed.product_names_seen, 0))
    return with_unknown(members, DIM_PRODUCT, names_seen=ibis.literal(0))
