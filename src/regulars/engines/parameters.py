"""Blanks: what stands in an expression for a day or a value that is told when it is asked.

Turning an expression into SQL takes longer than DuckDB needs to answer it. One with blanks is
turned once for all days and values, which go to the engine beside the SQL, never in it.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibis.expr.types import Scalar

_MARK = f"regulars blank {secrets.token_hex(16)} "
"""Nobody can know it, so no value is taken for a blank."""

_BLANK = re.compile(f"'{_MARK}(\\d+)'")


def parameter(number: int, kind: str) -> "Scalar":
    """Return a blank of an Ibis type, as an expression."""
    import ibis

    return ibis.literal(f"{_MARK}{number}").cast(kind)


@dataclass(frozen=True)
class Statement:
    """SQL with the placeholders of an engine for the blanks that are left in it."""

    sql: str
    parameters: frozenset[int]

    def told(self, values: Sequence[Any]) -> dict[str, str]:
        """Return what goes into its placeholders, by their names, of all that was told."""
        return {_name(number): str(values[number]) for number in self.parameters}


def statement(sql: str, placeholder: Callable[[str], str]) -> Statement:
    """Return SQL with placeholders for its blanks, each made of its name."""
    parameters: set[int] = set()

    def replaced(found: "re.Match[str]") -> str:
        parameters.add(int(found[1]))
        return placeholder(_name(int(found[1])))

    told = _BLANK.sub(replaced, sql)
    if _MARK in told:
        raise AssertionError("An engine writes a blank in another way than as plain text.")
    return Statement(told, frozenset(parameters))


def _name(number: int) -> str:
    return f"told_{number}"
