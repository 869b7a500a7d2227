"""Find the header of a table among the titles, notes and blank rows that programs write above it.

A header has no numbers and no dates, fills about as many cells as the rows below it, and is right
above the first row of data. Settings of a profile (`header`, `header_row`) are never overruled.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from regulars.core.errors import SourceError
from regulars.core.formatting import counted
from regulars.sources.profiles.file_options import FileOptions

Cells = Sequence[str]
IsSales = Callable[[Sequence[str]], bool]

SEARCHED = 40
"""How many rows may come before the first row of data."""

_NUMBER = re.compile(r"[^\w\s]{0,2}\s*\d[\d\s.,'’]*[-–—]{0,2}\s*[^\w\s]?$")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
_UNIT = re.compile(r"\(.*\)|\[.*\]|%|[$€£¥]|EUR|USD|GBP|CHF|pcs|units?|Stk|Stück|kg", re.IGNORECASE)
FEWEST = 3
"""A header with fewer names is in doubt: sales need an order, a date and a price at least."""

SHOWN = 6
"""How many cells of a row an error shows."""

_VAGUE = {"id", "no", "no.", "nr", "nr.", "number", "name", "code", "nummer", "nom", "numéro"}
_FULL = 0.8
"""The smallest share of the fullest row that a header fills."""


@dataclass(frozen=True)
class Header:
    """The names of the columns, and where the rows of data begin.

    names  one for each column; empty if the header leaves it blank
    start  position of the first row below the header
    found  whether there is a header
    first  position of the first row of the header
    """

    names: tuple[str, ...]
    start: int
    found: bool = True
    first: int = field(default=0, compare=False)


def find_header(rows: Sequence[Cells], file: FileOptions, is_sales: IsSales, name: str) -> Header:
    """Return the header of the first rows of a file, blank ones included.

    is_sales  whether names of columns are those of sales lines; it decides between two readings
    name      of the file, for the error

    Raises SourceError if the row that a profile gives is not there or is blank.
    """
    if file.header_row is not None:
        return _given(rows, file.header_row, name)
    filled = [_filled(cells) for cells in rows]
    below = file.skip_rows or 0
    first = next((n for n in range(below, len(rows)) if filled[n]), below)
    if first >= len(rows):
        raise SourceError(f"{name} has no rows below the first {below}, which are skipped.")
    if file.header is not None:
        return _at(rows, first) if file.header else _none(rows, first)
    # Weighted by cells, so that many short titles do not outweigh a few rows of data.
    usual = median([count for count in filled[first:] for _ in range(count)] or [1])
    data = _first_data(rows, filled, first, usual)
    texts = [n for n in range(first, data) if filled[n] and not _has_value(rows[n])]
    fullest = max((filled[n] for n in texts), default=0)
    if fullest * 2 < usual or not texts:
        named = (n for n in range(first, min(len(rows), SEARCHED)) if filled[n] > 2)
        by_names = next((n for n in named if is_sales(rows[n])), None)
        return _none(rows, min(data, len(rows) - 1)) if by_names is None else _at(rows, by_names)
    best = next(n for n in texts if filled[n] >= _FULL * fullest)
    if len(texts) == 1 or data == len(rows):
        return _at(rows, best)
    return _of_several(rows, best, texts, is_sales)


def _given(rows: Sequence[Cells], number: int, name: str) -> Header:
    if number > len(rows) or not _filled(rows[number - 1]):
        raise SourceError(
            f"{name}, row {number} is blank, so it cannot be the header. Blank rows count, as in a "
            "spreadsheet."
        )
    return _at(rows, number - 1)


def _of_several(
    rows: Sequence[Cells], best: int, texts: Sequence[int], is_sales: IsSales
) -> Header:
    """Return the header if several rows could be it, or if it takes two rows."""
    alone = _at(rows, best)
    if not is_sales(alone.names):
        readings = (
            *(
                _joined(rows, n, everywhere=everywhere)
                for n in (best - 1, best)
                for everywhere in (False, True)
                if {n, n + 1} <= {*texts}
            ),
            *(_at(rows, n) for n in texts if n != best),
        )
        readings = (alone, *readings)
        clear = next((one for one in readings if not _has_duplicates(one.names)), alone)
        alone = next((one for one in readings if is_sales(one.names)), clear)
    return _without_units(rows, alone)


def _has_duplicates(names: Sequence[str]) -> bool:
    filled = [name for name in names if name]
    return len(set(filled)) < len(filled)


def _without_units(rows: Sequence[Cells], header: Header) -> Header:
    """Return the header with a row of units below it, such as "(EUR)", as part of it."""
    cells = [cell.strip() for cell in rows[header.start]] if header.start < len(rows) else []
    units = [cell for cell in cells if cell]
    if units and all(_UNIT.fullmatch(cell) for cell in units):
        return replace(header, start=header.start + 1)
    return header


def _joined(rows: Sequence[Cells], upper: int, *, everywhere: bool) -> Header:
    """Return a header of two rows; the upper one names groups of columns.

    everywhere  put the group before every name, not only before those that occur twice
    """
    width = max(len(rows[upper]), len(rows[upper + 1]))
    below = _padded(rows[upper + 1], width)
    groups = _spread(_padded(rows[upper], width), below)
    names = (
        f"{group} {name}".strip() if everywhere or _is_vague(name, below) else name
        for group, name in zip(groups, below, strict=True)
    )
    return Header(tuple(names), upper + 2, first=upper)


def _is_vague(name: str, names: Sequence[str]) -> bool:
    """Return whether a name needs the name of its group to be clear."""
    return not name or name.casefold() in _VAGUE or names.count(name) > 1


def _spread(upper: Cells, lower: Cells) -> Iterator[str]:
    """Yield the cells of the upper row, a blank one filled from its left if one is below it."""
    group = ""
    for over, under in zip(upper, lower, strict=True):
        group = over or (group if under else "")
        yield group


def _padded(cells: Cells, width: int) -> list[str]:
    return [cell.strip() for cell in cells] + [""] * (width - len(cells))


def _first_data(rows: Sequence[Cells], filled: Sequence[int], first: int, usual: float) -> int:
    """Return the position of the first row with a number or a date that is not a title."""
    below = range(first, min(len(rows), SEARCHED))
    data = (n for n in below if filled[n] * 2 >= usual and _has_value(rows[n]))
    return next(data, len(rows))


def _at(rows: Sequence[Cells], position: int) -> Header:
    names = tuple(cell.strip() for cell in rows[position])
    return Header(names, position + 1, first=position)


def _none(rows: Sequence[Cells], position: int) -> Header:
    return Header(("",) * len(rows[position]), position, found=False)


def _has_value(cells: Cells) -> bool:
    """Return whether any cell is a number or a date."""
    return any(_NUMBER.match(cell.strip()) or _DATE.match(cell.strip()) for cell in cells)


def _filled(cells: Cells) -> int:
    return sum(1 for cell in cells if cell.strip())


def remarks_on(header: Header, first: int) -> tuple[str, ...]:
    """Return a remark on the header, unless it is simply the first row that is not blank.

    first  position of that row
    """
    above = header.first - first
    if not header.found or (above < 1 and header.start == header.first + 1):
        return ()
    rows = f"row {header.start}"
    if header.start > header.first + 1:
        rows = f"rows {header.first + 1} and {header.start}"
    below = f", below {counted(above, 'row', 'rows')} of titles" if above > 0 else ""
    return (f"header in {rows}{below}",)


def advice_on(header: Header, rows: Sequence[Cells]) -> str:
    """Return how to correct the header, for the error if its columns cannot be mapped.

    Nothing if there is no doubt: the header is the first row, and most of its cells are filled.
    """
    if header.found:
        names = _filled(header.names)
        if header.start == 1 and names >= FEWEST and names * 2 > len(header.names):
            return ""
        return (
            f"The header is in row {header.start}. If that is wrong, set the right row in your "
            "profile:\n"
            f"  [file]\n  header_row = {header.start + 1}"
        )
    cells = ", ".join(cell.strip() for cell in rows[header.start][:SHOWN])
    return (
        f"There seems to be no header, because row {header.start + 1} has values: {cells}, … "
        "The columns are named column1, column2 and so on. If that is right, add this to your "
        "profile, with the columns above:\n"
        "  [file]\n  header = false\n"
        "If another row is the header, set its number:\n"
        "  [file]\n  header_row = 5"
    )
