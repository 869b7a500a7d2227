"""Taking a source whole: fast where every row comes through, else exactly, else not at all."""

from collections.abc import Callable
from typing import TypeVar

import duckdb

from regulars.core.errors import SourceError
from regulars.sources.table import RawTable

ReadError = (duckdb.InvalidInputException, duckdb.ConversionException)
"""What DuckDB raises where a file is not as its reader was told."""

Taken = TypeVar("Taken")


def read_checked(
    source: RawTable, take: Callable[[RawTable], tuple[Taken, int]]
) -> tuple[RawTable, Taken]:
    """Return the source as it could be read, and what taking it gave.

    `take` says how many rows it took. Where the reader fails, or that is not how many another hand
    counted, the source is read again slowly and exactly.

    Raises SourceError where it cannot be read to its end.
    """
    try:
        taken, rows = take(source)
        if rows == source.rows:
            return source, taken
    except ReadError as error:
        if source.exact_reader is None:
            first = str(error).splitlines()[0]
            raise SourceError(f"{source.name} cannot be read: {first}") from None
    if source.exact_reader is None:
        raise SourceError(f"{source.name} could not be read to its end. Copy it again.")
    return read_checked(source.exact_reader(), take)
