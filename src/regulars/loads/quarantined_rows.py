"""Quarantined rows to be tried again: as they stood, or as somebody has put them right."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regulars.core.errors import QuestionError
from regulars.engines.protocols import Store
from regulars.sources.files.discover import kind_of
from regulars.sources.files.excel import first_sheet
from regulars.sources.profiles.profile import FileShape
from regulars.transform.staging.original_rows import LINE, ROW, SOURCE, cells_of


def rows_to_try(store: Store, mended: Path | None) -> dict[int, dict[int, dict[str, Any]]]:
    """Return the cells of the rows to try, by source and row.

    A line that no reader could take apart is left where it is unless its cells were told.

    Raises QuestionError where there is nothing to try.
    """
    held: dict[int, dict[int, dict[str, Any]]] = {}
    for row in store.fetch(store.table("quarantine")):
        held.setdefault(row["source_id"], {})[row["source_row"]] = cells_of(row["original"])
    if not held:
        raise QuestionError("No row is quarantined: there is nothing to take in.")
    rows = held if mended is None else _mended(store, mended, held)
    parted = {
        source: {n: cells for n, cells in ours.items() if set(cells) != {LINE}}
        for source, ours in rows.items()
    }
    told = {source: ours for source, ours in parted.items() if ours}
    if not told:
        raise QuestionError(
            "All that is quarantined are lines without readable cells. Mend the source and load it "
            "again."
        )
    return told


def _mended(
    store: Store, mended: Path, held: Mapping[int, Mapping[int, Mapping[str, Any]]]
) -> dict[int, dict[int, dict[str, Any]]]:
    """Return the rows of a file, each with the cells that rows of its source have."""
    told: dict[int, dict[int, dict[str, Any]]] = {}
    for row in _in_file(store, mended):
        source, number = _place(row, mended)
        if number not in held.get(source, {}):
            raise QuestionError(
                f"{mended}: row {number} of source {source} is not quarantined, or not any more. "
                f"The columns {SOURCE} and {ROW} say which row is meant: leave them as they are."
            )
        columns = dict.fromkeys(name for cells in held[source].values() for name in cells)
        cells = {name: row.get(name) for name in columns if name != LINE}
        told.setdefault(source, {})[number] = cells or {LINE: row.get(LINE)}
    return told


def _in_file(store: Store, mended: Path) -> list[dict[str, Any]]:
    """Return the rows of a file that has been mended: of a workbook, those of its first sheet."""
    if not mended.is_file():
        raise QuestionError(f"There is no file {mended}.")
    if is_workbook(mended):
        columns, rows = first_sheet(mended)
    else:
        [raw] = store.workspace.open_sources([str(mended)], file=FileShape(), chosen=None)
        columns = raw.columns
        rows = store.workspace.fetch(raw.table.select(*columns))
    missing = [name for name in (SOURCE, ROW) if name not in columns]
    if missing:
        raise QuestionError(
            f"{mended} has no column {' or '.join(missing)}. Write the rows to a file with "
            "regulars quarantine -o, mend them there, and leave its first columns as they are."
        )
    if not rows:
        raise QuestionError(f"{mended} has a heading but no rows: there is nothing to take in.")
    return rows


def _place(row: Mapping[str, Any], mended: Path) -> tuple[int, int]:
    try:
        return int(float(row[SOURCE])), int(float(row[ROW]))
    except (TypeError, ValueError):
        raise QuestionError(
            f"{mended}: {SOURCE} {row[SOURCE]!r} and {ROW} {row[ROW]!r} should be the numbers "
            "that regulars quarantine -o wrote."
        ) from None


def is_workbook(path: Path) -> bool:
    """Return whether a file is a workbook, with numbers and days of its own."""
    return kind_of(path, path.name) == "workbook"
