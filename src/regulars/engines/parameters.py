"""Query parameters: compile an expression to SQL once, then run it with many values.

Compiling an expression takes longer than DuckDB needs to run it. With parameters in place of dates
and filter values, one statement serves them all, and values never become part of the SQL.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ibis.expr.types import Scalar

_MARK = f"regulars parameter {secrets.token_hex(16)} "
"""Random, so that no value can be mistaken for a parameter."""

_PARAMETER = re.compile(f"'{_MARK}(\\d+)'")


def parameter(number: int, kind: str) -> "Scalar":
    """Return an expression of an Ibis type, to be replaced by the value with this number."""
    import ibis

    return ibis.literal(f"{_MARK}{number}").cast(kind)


@dataclass(frozen=True)
class Statement:
    """SQL with an engine's placeholders, and the numbers of the parameters it uses."""

    sql: str
    parameters: frozenset[int]

    @classmethod
    def from_sql(cls, sql: str, placeholder: Callable[[str], str]) -> Self:
        """Return compiled SQL as a statement; `placeholder` writes a name as the engine wants."""
        numbers: set[int] = set()

        def replace(match: "re.Match[str]") -> str:
            numbers.add(int(match[1]))
            return placeholder(_name(int(match[1])))

        sql = _PARAMETER.sub(replace, sql)
        if _MARK in sql:
            raise AssertionError("The engine did not compile a parameter to a plain text literal.")
        return cls(sql, frozenset(numbers))

    def bind(self, values: Sequence[Any]) -> dict[str, str]:
        """Return the values of this statement's parameters, by placeholder name."""
        return {_name(number): str(values[number]) for number in self.parameters}


def _name(number: int) -> str:
    return f"parameter_{number}"
