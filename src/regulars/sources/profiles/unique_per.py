"""Parse `unique_per` in [orders] and [people]: whether ids are unique per store, or overall."""

from collections.abc import Mapping
from typing import Any

from regulars.core.errors import ProfileError

_SECTIONS = {"order_id": "orders", "customer_id": "people"}


def parse_unique_per(profile: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return our columns of ids that are unique per store.

    Raises ProfileError if they are to be unique per anything else.
    """
    given = {ours: profile.get(name, {}).get("unique_per") for ours, name in _SECTIONS.items()}
    for ours, unique_per in given.items():
        if unique_per not in (None, "store"):
            raise ProfileError(
                f'{where}, [{_SECTIONS[ours]}] unique_per must be "store" or left out.'
            )
    return tuple(ours for ours, unique_per in given.items() if unique_per)
