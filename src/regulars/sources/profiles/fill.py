"""The columns that a source gives only once per order: `fill`, in the [orders] of a profile."""

from regulars.core.errors import ProfileError

_FILLABLE = (
    "order_id", "ordered_at", "customer_id", "location", "store", "status", "category",
    "subcategory",
)  # fmt: skip


def parse_fill(columns: object, where: str) -> tuple[str, ...]:
    """Return the columns to fill in on all lines of an order.

    Raises ProfileError for anything else than a list of columns that can be filled in.
    """
    if not isinstance(columns, list) or not all(name in _FILLABLE for name in columns):
        raise ProfileError(f"{where} must be a list with any of: {', '.join(_FILLABLE)}.")
    return tuple(columns)
