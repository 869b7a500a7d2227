"""What admins change about earlier loads: undo one, and load corrected rows from the quarantine."""

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from regulars.core.files import write_csv, write_xlsx
from regulars.core.formatting import counted
from regulars.core.settings import Settings
from regulars.loads.api import check_replay, replay, undo
from regulars.loads.report import LoadReport
from regulars.loads.undo import why_final
from regulars.warehouse.quarantine import QuarantinedRows
from regulars.warehouse.warehouse import Warehouse
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.uploads.preview import Progress, check_role

Rows = Sequence[Mapping[str, Any]]
Edits = Mapping[int, Mapping[str, Any]]
"""The changed cells of rows, by the position of the row."""


def undo_load(
    user: CurrentUser, load: int, *, warehouse: str, settings: Settings, progress: Progress
) -> LoadReport:
    """Undo a load, and return what that changed.

    Raises InputError if the user may not load files or the load cannot be undone.
    """
    check_role(user)
    return undo(load, warehouse=warehouse, settings=settings, author=user.name, progress=progress)


def check_rows(user: CurrentUser, rows: Rows, *, warehouse: str, settings: Settings) -> LoadReport:
    """Return what loading corrected rows would change, without changing anything.

    Raises InputError if the user may not load files.
    """
    check_role(user)
    return check_replay(rows, warehouse=warehouse, settings=settings)


def load_rows(
    user: CurrentUser, rows: Rows, *, warehouse: str, settings: Settings, progress: Progress
) -> LoadReport:
    """Load corrected rows as `regulars replay` does, and return what that changed.

    Raises InputError if the user may not load files.
    """
    check_role(user)
    return replay(rows, warehouse=warehouse, settings=settings, author=user.name, progress=progress)


def quarantine_file(user: CurrentUser, warehouse: Warehouse, file_type: str) -> bytes:
    """Return all rows that need fixing as a file, as `regulars quarantine -o` writes it.

    Raises InputError if the user may not load files.
    """
    check_role(user)
    sheet = QuarantinedRows(warehouse)
    if file_type == "csv":
        stream = StringIO(newline="")
        write_csv(sheet.columns, sheet.rows(), stream)
        return stream.getvalue().encode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "quarantine.xlsx"
        write_xlsx(sheet.name, sheet.columns, sheet.rows(), path)
        return path.read_bytes()


def corrected_rows(rows: Rows, edits: Edits) -> list[dict[str, Any]]:
    """Return the rows with a changed cell, with all their cells."""
    edited = [(rows[position], {**rows[position], **cells}) for position, cells in edits.items()]
    return [after for before, after in edited if _written(after) != _written(before)]


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in which an empty cell is None."""
    return {name: cell or None for name, cell in row.items()}


def why_not_undone(load: Mapping[str, Any], loads: Rows) -> str:
    """Return why one of these loads cannot be undone; empty if it can."""
    if load["is_undone"]:
        return "Undone."
    if reason := why_final(load["operation"]):
        return reason
    others = [one for one in loads if not one["is_undone"] and not why_final(one["operation"])]
    return "" if len(others) > 1 else "It is the only load, so nothing would be left."


def effects_of_undo(load: Mapping[str, Any]) -> list[str]:
    """Return what undoing a load changes, unless a later load has the same orders."""
    effects = (
        ("orders_new", "order", "that it added will be removed"),
        ("orders_changed", "order", "that it changed will be restored"),
        ("orders_removed", "order", "that it removed will be restored"),
        ("quarantined", "row", "that it quarantined will be removed"),
    )
    return [
        f"{counted(load[name], noun, f'{noun}s')} {effect}"
        for name, noun, effect in effects
        if load[name]
    ]
