"""Every error that Regulars raises on purpose.

RegularsError               exit 1   something is wrong; the words say what, where and what to do
├── SourceError             exit 3   a file cannot be read as sales
│   ├── MappingError                 its columns cannot be matched with ours
│   └── AmbiguousFormatError         its dates, numbers or discounts can be read in two ways
├── ProfileError            exit 4   a mapping profile or a set of conventions is not well formed
├── WarehouseError          exit 5   the warehouse is missing, locked or from another version
│   ├── NoWarehouseError             there is none
│   └── ContractError                a table of the star breaks its promise
├── ExpectationError        exit 7   a load is not as expected, and was to be refused then
├── ReconciliationError     exit 6   rows or money in are not rows or money out
└── InputError           exit 2   no such analysis, column or option
    └── ForgottenError               who is asked for has been forgotten
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class RegularsError(Exception):
    """Something is wrong that the user can act on; `str(error)` is all they need to read."""

    exit_code = 1


class SourceError(RegularsError):
    """A file cannot be read as sales."""

    exit_code = 3


class MappingError(SourceError):
    """The columns of a source cannot be matched with the columns we need."""


class AmbiguousFormatError(SourceError):
    """A column can be read in two ways that give different figures."""


class ProfileError(RegularsError):
    """A mapping profile or a set of conventions is not well formed."""

    exit_code = 4


class WarehouseError(RegularsError):
    """The warehouse is missing, locked or was written by another version."""

    exit_code = 5


class LockedWarehouseError(WarehouseError):
    """Somebody else has the warehouse open so that it cannot be opened now."""


class NoWarehouseError(WarehouseError):
    """There is no warehouse where one was looked for."""


class QueryCancelledError(WarehouseError):
    """What was being asked has been broken off, for nobody waits for it."""


class ContractError(WarehouseError):
    """A table of the star breaks what `tables.py` promises of it."""


class ReconciliationError(RegularsError):
    """Rows or money read are not the rows or money accounted for."""

    exit_code = 6


class ExpectationError(RegularsError):
    """A load is not as expected, and was to be refused then."""

    exit_code = 7


class InputError(RegularsError):
    """No analysis, column or option of that name."""

    exit_code = 2


class ForgottenError(InputError):
    """Nothing is held of a customer any more: they have been forgotten."""


def listed(names: Sequence[str], most: int = 10) -> str:
    """Return the first of these names, with dots where there are more."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "x"?` for the closest known name, or every known name."""
    known = sorted(known)
    closest = get_close_matches(name, known, n=1)
    if closest:
        return f' Did you mean "{closest[0]}"?'
    return f" Known: {', '.join(known)}." if known else ""
