"""Every error that Regulars raises on purpose, with its exit code.

RegularsError               exit 1   something the user can act on; the message says what to do
├── SourceError             exit 3   a file cannot be read as sales
│   ├── MappingError                 its columns cannot be mapped to ours
│   ├── AmbiguousFormatError         its dates, numbers or discounts can be read in two ways
│   │   └── MixedFormatError         some are written one way, and some another
│   ├── NoFileError                  the export of a night has not arrived
│   └── UnreachableShopError         the server of a shop's database does not answer *
├── ProfileError            exit 4   a profile, settings or conventions file is invalid
├── WarehouseError          exit 5   the warehouse cannot be used
│   ├── LockedWarehouseError         another process has it open, or changes it *
│   ├── UnreachableWarehouseError    its server does not answer *
│   ├── NoWarehouseError             it does not exist
│   ├── QueryCancelledError          a query was cancelled
│   └── ContractError                a table of the star breaks its contract
├── ReconciliationError     exit 6   rows or amounts read do not match those accounted for
├── ExpectationError        exit 7   a load does not meet its expectations
└── InputError              exit 2   an unknown name or an invalid value
    └── ForgottenError               the customer has been forgotten

* temporary: the same command can succeed later, so a scheduler should try it again.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches


class RegularsError(Exception):
    """An error that the user can act on. `str(error)` is the complete message."""

    exit_code = 1
    is_temporary = False
    """Whether the same command can succeed later although nobody changes anything."""


class SourceError(RegularsError):
    """A file cannot be read as sales."""

    exit_code = 3


class MappingError(SourceError):
    """The columns of a source cannot be mapped to the columns we need.

    source    name of the source
    found     its columns
    used      those that are mapped
    lines     lines of [columns] in a profile that map it, as far as they are known
    examples  a cell of each column, as far as they are known
    """

    source: str = ""
    found: Sequence[str] = ()
    used: Sequence[str] = ()
    lines: Sequence[str] = ()
    examples: Mapping[str, str] = {}


class AmbiguousFormatError(SourceError):
    """A column can be read in two ways that give different figures."""


class MixedFormatError(AmbiguousFormatError):
    """A column mixes formats, so that no single reading is right for all of it."""


class NoFileError(SourceError):
    """The file of the night has not arrived."""


class UnreachableShopError(SourceError):
    """The server of a shop's database does not answer."""

    is_temporary = True


class ProfileError(RegularsError):
    """A mapping profile, a settings file or a set of conventions is invalid."""

    exit_code = 4


class WarehouseError(RegularsError):
    """The warehouse cannot be used: it is missing, locked or from another version."""

    exit_code = 5


class LockedWarehouseError(WarehouseError):
    """Another process has the warehouse open, or is changing it."""

    is_temporary = True


class UnreachableWarehouseError(WarehouseError):
    """The server of the warehouse does not answer."""

    is_temporary = True


class NoWarehouseError(WarehouseError):
    """The warehouse does not exist."""


class QueryCancelledError(WarehouseError):
    """A query was cancelled because its result is no longer needed."""


class ContractError(WarehouseError):
    """A table of the star breaks its contract in `core.schema`."""


class ReconciliationError(RegularsError):
    """The rows or amounts read do not match those accounted for."""

    exit_code = 6


class ExpectationError(RegularsError):
    """A load does not meet its expectations and must fail in that case."""

    exit_code = 7


class InputError(RegularsError):
    """An analysis, column or option does not exist, or its value is invalid."""

    exit_code = 2


class ForgottenError(InputError):
    """The customer has been forgotten; no data about them is left."""


def listed(names: Sequence[str], most: int = 10) -> str:
    """Return the first names, comma-separated, with an ellipsis if there are more."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "x"?` for the closest known name, or else all known names."""
    known = sorted(known)
    closest = get_close_matches(name, known, n=1)
    if closest:
        return f' Did you mean "{closest[0]}"?'
    return f" Available: {', '.join(known)}." if known else ""
