"""What every section of a profile is checked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.core.errors import ProfileError, did_you_mean


def only_known(told: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raise ProfileError for a name that is not one of those known, with the closest."""
    known = tuple(known)
    for name in told:
        if name not in known:
            raise ProfileError(f'{where}: unknown "{name}".{did_you_mean(name, known)}')
