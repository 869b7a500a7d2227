"""Cache the results of pure functions from Ibis tables to Ibis tables.

Building a large expression takes longer than DuckDB needs to run it on a few rows, and every build
and load uses the same expressions.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import ibis

if TYPE_CHECKING:
    from collections.abc import Hashable

P = ParamSpec("P")
R = TypeVar("R")

CACHE_SIZE = 30
"""Results to cache for each function."""


def cached_expression(function: Callable[P, R]) -> Callable[P, R]:
    """Return the same expression when a function is called again with equal arguments.

    Tables are equal if their expressions are: the same columns of tables with the same names.
    Other arguments are equal if their text is, so they must be values such as dataclasses.
    """
    results: dict[Hashable, R] = {}

    @wraps(function)
    def cached(*args: P.args, **kwargs: P.kwargs) -> R:
        key = _key(args), _key(kwargs)
        if key not in results:
            if len(results) >= CACHE_SIZE:
                del results[next(iter(results))]
            results[key] = function(*args, **kwargs)
        return results[key]

    return cached


def _key(argument: object) -> "Hashable":
    if isinstance(argument, ibis.Expr):
        return cast("Hashable", argument.op())
    if isinstance(argument, Mapping):
        return tuple((name, _key(value)) for name, value in argument.items())
    if isinstance(argument, tuple | list):
        return tuple(map(_key, argument))
    return repr(argument)
