"""Checks shared by the sections of a profile."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from regulars.core.errors import ProfileError, did_you_mean

_EQUATION = re.compile(r"\s*([^=\s][^=]*?)\s*=\s*([^=]*?[^=\s])\s*")


def check_keys(section: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raise ProfileError for a key that is not known, with the closest known key."""
    known = tuple(known)
    for key in section:
        if key not in known:
            raise ProfileError(f'{where}: unknown "{key}".{did_you_mean(key, known)}')


def texts(value: object, where: str, example: str) -> tuple[str, ...]:
    """Return a text or a non-empty list of texts as a tuple.

    Raises ProfileError, with an example, for anything else.
    """
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(text, str) for text in values):
        raise ProfileError(f"{where} must be a string or a list of strings, such as {example}.")
    return tuple(values)


def one_of(value: object, allowed: tuple[str, ...], where: str) -> None:
    """Raise ProfileError if a value is not one of those allowed."""
    if value not in allowed:
        raise ProfileError(f'{where} = "{value}" must be one of: {", ".join(allowed)}.')


def column_pairs(on: object) -> tuple[tuple[str, str], ...] | None:
    """Return the pairs in one or more equations "table.column = other.column"; None for others."""
    equations = on if isinstance(on, list) else [on]
    matches = [_EQUATION.fullmatch(one) if isinstance(one, str) else None for one in equations]
    pairs = tuple((one[1], one[2]) for one in matches if one)
    if not pairs or len(pairs) < len(matches) or not all("." in name for p in pairs for name in p):
        return None
    return pairs
