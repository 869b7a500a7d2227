"""Guess the strptime format of dates that no known format fits, to propose it to the user."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import permutations

from regulars.transform.staging.date_text import MONTH_NAMES

_PERIODS = {
    "quarters": r"(?i)(?:\d{4}\W*(?:q|t|k)\W?[1-4]|(?:q|t|k)\W?[1-4]\W*(?:\d{4}|\d\d)"
    r"|[1-4]\. ?quartal \d{4}|\d{4} ?quarter ?[1-4]|quarter [1-4],? \d{4})",
    "weeks": r"(?i)\d{4}\W*(?:w|kw|s|semaine|week) ?\d\d?|(?:w|kw|s|semaine|week) ?\d\d?\W*\d{4}",
    "months": rf"(?i)\d{{4}}[-/.](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.]\d{{4}}"
    rf"|{MONTH_NAMES}[ .,/'-]+\d{{4}}|\d{{4}} ?年 ?\d\d? ?月",
    "years": r"(?:19|20)\d\d",
}
"""Cells that are a period rather than a day."""

_YEARS = {2: "%y", 4: "%Y"}
_TIME = ("%H", "%M", "%S")


def guess_format(examples: Sequence[str]) -> str | None:
    """Return a format that reads every example as a year from 1990 on; None if there is none."""
    if not examples:
        return None
    fitting = (each for each in _candidates(examples[0]) if _reads_all(each, examples))
    return next(fitting, None)


def period_of(examples: Sequence[str]) -> str | None:
    """Return what cells are if they are periods, such as "months"; None if they are not."""
    return next(
        (
            name
            for name, pattern in _PERIODS.items()
            if examples and all(re.fullmatch(pattern, text.strip()) for text in examples)
        ),
        None,
    )


def _candidates(text: str) -> Iterator[str]:
    """Yield formats for a text: its first three numbers as a date, the others as a time."""
    parts = re.split(r"(\d+)", text.replace("%", "%%"))
    numbers = parts[1::2]
    if not 3 <= len(numbers) <= 6:
        return
    for order in permutations(range(3)):
        directives = ["%d", "%m", _YEARS.get(len(numbers[order.index(2)]), "")]
        date = [directives[position] for position in order]
        parts[1::2] = [*date, *_TIME[: len(numbers) - 3]]
        yield "".join(parts)


def _reads_all(format_: str, examples: Sequence[str]) -> bool:
    with suppress(ValueError):
        return all(datetime.strptime(text, format_).year >= 1990 for text in examples)
    return False
