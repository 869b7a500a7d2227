"""Parse `corrections_within` and `not_corrections` in the [orders] of a profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.core.errors import ProfileError
from regulars.sources.profiles.checks import texts

_EXAMPLE = '["C556445"]'


@dataclass(frozen=True)
class Corrections:
    """Which credits cancel an order.

    within    how many days later a credit can be; 0 if none does, None for the default
    rejected  order numbers of orders and credits that are never matched
    """

    within: int | None = None
    rejected: tuple[str, ...] = ()


def parse_corrections(orders: Mapping[str, Any], where: str) -> Corrections:
    """Return which credits cancel an order.

    Raises ProfileError for anything else than a number of days and a list of order numbers.
    """
    within = orders.get("corrections_within")
    if within is not None and (type(within) is not int or within < 0):
        raise ProfileError(
            f"{where} corrections_within = {within!r} must be a number of days, such as 3, or 0 to "
            "switch corrections off."
        )
    rejected = orders.get("not_corrections", [])
    order_ids = texts(rejected, f"{where} not_corrections", _EXAMPLE) if rejected else ()
    return Corrections(within, order_ids)
