"""Rows in quotes: a CSV that was saved as a single column, so that each row is one cell."""

import csv
from dataclasses import replace
from itertools import islice
from pathlib import Path

from regulars.sources.files.encoding import Utf8Text
from regulars.sources.table import scratch

SAMPLE = 20
FEWEST = 3
"""The fewest columns of a table of sales."""

DELIMITERS = (",", ";", "\t", "|")


def unwrapped(text: Utf8Text, workdir: Path) -> tuple[Utf8Text, tuple[str, ...]]:
    """Return a text without the quotes around its rows, and a remark; as it is if it has none."""
    if not _is_wrapped(text.path):
        return text, ()
    copy, lines = scratch(workdir, ".csv"), 0
    with (
        text.path.open(encoding="utf-8-sig", newline="") as rows,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        for cells in csv.reader(rows):
            out.write(",".join(cells) + "\n")
            lines += 1
    return replace(text, path=copy, lines=lines), ("each row was one quoted cell",)


def _is_wrapped(path: Path) -> bool:
    """Return whether each of the first rows is one quoted cell that holds several columns."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = [line.rstrip("\r\n") for line in islice(stream, SAMPLE)]
    lines = [line for line in lines if line]
    if len(lines) < 2 or not all(line[0] == line[-1] == '"' for line in lines):
        return False
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return False
    if any(len(cells) != 1 for cells in rows):
        return False
    widths = ([len(next(csv.reader([row], delimiter=d))) for [row] in rows] for d in DELIMITERS)
    return any(len({*each}) == 1 and each[0] >= FEWEST for each in widths)
