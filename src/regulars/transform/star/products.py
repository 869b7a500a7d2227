"""The product dimension."""

from typing import TYPE_CHECKING

import ibis

from regulars.core.schema import DIM_PRODUCT
from regulars.transform.star.contract import with_unknown
from regulars.transform.star.keys import most_frequent, numbered

if TYPE_CHECKING:
    from ibis.expr.types import Table


def dim_product(lines: "Table", known: "Table | None" = None) -> "Table":
    """Return `tables.DIM_PRODUCT` of accepted lines.

    A product's name is its most frequent, then latest, description on a line of sale: notes
    such as "damaged" stand on lines where nothing was charged, and name it only for want of better.
    Products of the dimension `known` keep their keys.
    """
    sold = lines.mutate(is_sale=lines.kind == "sale")
    products = lines.filter(lines.product_id.notnull()).select("product_id").distinct()
    named = products
    for column in ("product_name", "category", "subcategory"):
        best = most_frequent(sold, by="product_id", column=column, first="is_sale")
        best = best.rename({f"{column}_of": "product_id", f"{column}s_seen": "seen"})
        named = named.left_join(best, named.product_id == best[f"{column}_of"])
    keyed = numbered(named, "product_key", by="product_id", known=known)
    known = keyed.mutate(names_seen=ibis.coalesce(keyed.product_names_seen, 0))
    return with_unknown(known, DIM_PRODUCT, names_seen=ibis.literal(0))
