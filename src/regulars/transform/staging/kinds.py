"""Kinds of line: sales, returns, and amounts that are neither, such as fees.

The rules are part of the mapping profile; here they become one expression.
"""

import re
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Literal, cast

import ibis

from regulars.core.errors import ProfileError
from regulars.core.expressions import equals_any
from regulars.sources.profiles.profile import KindRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.expr.types import BooleanValue, StringValue, Table, Value

_COMPARISON = re.compile(r"(<=|>=|<|>|=)\s*(-?\d+(?:\.\d+)?)")


def kind(
    lines: "Table",
    rules: "Sequence[KindRule]",
    recognised: tuple[str, ...] | Literal["all"] = "all",
) -> "StringValue":
    """Return the kind of each line: that of the first rule it matches, or else sale.

    Kinds that are not `recognised` (`Conventions.kinds`) count as sales.
    """
    active = [rule for rule in rules if recognised == "all" or rule.kind in recognised]
    if not active:
        return cast("StringValue", ibis.literal("sale"))
    branches = [(_meets(lines, rule), rule.kind) for rule in active]
    return cast("StringValue", ibis.cases(*branches, else_="sale"))


def _meets(lines: "Table", rule: KindRule) -> "BooleanValue":
    conditions = (
        reduce(or_, (_matches(lines[column], column, pattern) for pattern in patterns))
        for column, patterns in _grouped(rule)
    )
    return cast("BooleanValue", reduce(and_, conditions).fill_null(False))


def _grouped(rule: KindRule) -> "list[tuple[str, tuple[str | tuple[str, ...], ...]]]":
    """Return the conditions with exact texts grouped, so that each group becomes one comparison."""
    grouped: list[tuple[str, tuple[str | tuple[str, ...], ...]]] = []
    for column, patterns in rule.conditions.items():
        exact = tuple(pattern for pattern in patterns if _is_exact(pattern))
        others = tuple(pattern for pattern in patterns if not _is_exact(pattern))
        grouped.append((column, (exact, *others) if exact else others))
    return grouped


def _is_exact(pattern: str) -> bool:
    return not (
        "*" in pattern or pattern in ("present", "missing") or _COMPARISON.fullmatch(pattern)
    )


def _matches(value: "Value", column: str, pattern: str | tuple[str, ...]) -> "BooleanValue":
    if pattern == "present":
        return value.notnull()
    if pattern == "missing":
        return value.isnull()
    if value.type().is_numeric():
        return _compares(value, column, pattern)
    if not value.type().is_string():
        raise ProfileError(f"[[kinds]] cannot test {column}. Test a column of text or numbers.")
    # Most rules test product codes, which are in capitals already.
    capitals = cast("StringValue", value if column == "product_id" else value.upper())
    if isinstance(pattern, tuple):
        return equals_any(capitals, [text.upper() for text in pattern])
    return _fits_glob(capitals, pattern.upper())


def _fits_glob(text: "StringValue", glob: str) -> "BooleanValue":
    start, *middle, end = glob.split("*")
    if middle:
        return text.re_search("^" + ".*".join(re.escape(part) for part in glob.split("*")) + "$")
    if start and end:
        return text.startswith(start) & text.endswith(end)
    return text.startswith(start) if start else text.endswith(end)


def _compares(value: "Value", column: str, pattern: str | tuple[str, ...]) -> "BooleanValue":
    comparison = _COMPARISON.fullmatch(pattern) if isinstance(pattern, str) else None
    if not comparison:
        raise ProfileError(
            f'[[kinds]] {column} = "{pattern}" must compare with a number, such as "< 0".'
        )
    bound = ibis.literal(comparison[2]).cast(value.type())
    compare = {
        "<": value.__lt__, "<=": value.__le__, ">": value.__gt__,
        ">=": value.__ge__, "=": value.__eq__,
    }  # fmt: skip
    return cast("BooleanValue", compare[comparison[1]](bound))
