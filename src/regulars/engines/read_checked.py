"""Read a source completely: with the fast reader if it loses no row, else with the exact one."""

from collections.abc import Callable
from typing import TypeVar

import duckdb

from regulars.core.errors import SourceError
from regulars.sources.table import RawTable

ReadError = (duckdb.InvalidInputException, duckdb.ConversionException)
"""Raised by DuckDB if a file does not match the options it is read with."""

Result = TypeVar("Result")


def read_checked(
    source: RawTable, read: Callable[[RawTable], tuple[Result, int]]
) -> tuple[RawTable, Result]:
    """Return the source that could be read completely, and the result of reading it.

    `read` returns its result and the number of rows it read. If it fails, or the number differs
    from an independent count, the source is read again with the slow, exact reader.

    Raises SourceError if the source cannot be read to its end.
    """
    try:
        result, rows = read(source)
        if rows == source.rows:
            return source, result
    except ReadError as error:
        if source.exact_reader is None:
            first = str(error).splitlines()[0]
            raise SourceError(f"{source.name} cannot be read: {first}") from None
    if source.exact_reader is None:
        raise SourceError(f"{source.name} could not be read to the end. Copy the file again.")
    return read_checked(source.exact_reader(), read)
