"""Lists: customers of a segment or of filters, taken out of the warehouse and kept in it.

A list is looked at (`preview_list`), taken (`create_list`) and written to files (`export_list`). It
stays as it was taken, with its control group, so that what a campaign did can be measured later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.core.errors import QuestionError, WarehouseError
from regulars.core.files import private_file
from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.engines.protocols import ReaderTables
from regulars.lists.control_group import CONTROL, TREATMENT, Control
from regulars.lists.draft import Counts, drafted
from regulars.lists.exclusions import Exclusions
from regulars.lists.export import Exported, Written, check_output, log, role_of, write
from regulars.lists.export_formats import form_names, form_of
from regulars.lists.saved import (
    KeptList,
    author_of,
    check_is_new,
    check_keeps_lists,
    checked_name,
    freeze,
    members_of,
)
from regulars.lists.saved import all_lists as _all_lists
from regulars.lists.saved import find_list as _find_list
from regulars.lists.selection import COLUMNS, Choice, Selection
from regulars.lists.suppression import (
    suppressed_by_now,
    suppressed_in,
    suppressed_in_table,
    with_those_never_written_to,
)
from regulars.warehouse.ledger import SCHEMA_VERSION, read_facts
from regulars.warehouse.people.contacts import Identity, PeopleTold
from regulars.warehouse.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table

__all__ = [
    "COLUMNS",
    "CONTROL",
    "TREATMENT",
    "Control",
    "Counts",
    "Exclusions",
    "Exported",
    "KeptList",
    "Preview",
    "Selection",
    "all_lists",
    "create_list",
    "export_list",
    "export_log",
    "find_list",
    "form_names",
    "list_members",
    "preview_list",
    "selected",
    "suppressed_in",
    "suppressed_in_table",
]

PREVIEWED = 10
NONE_EXCLUDED, NO_CONTROL = Exclusions(), Control()
Place = str | PathLike[str]


@dataclass(frozen=True)
class Preview:
    """What a list would be now.

    counts   how many are chosen, left out for each reason, held out, and would go out
    rows     the first who would go out, by customer_id: the columns of `COLUMNS`
    seed     what the control group was drawn by; told to `create_list`, it draws the same
    unknown  how many of those told to be suppressed are no customers here
    """

    counts: Counts
    rows: Sequence[dict[str, Any]]
    seed: str
    unknown: int


def selected(warehouse: Warehouse, selection: Selection) -> "Table":
    """Return the customers that a selection chooses, not yet computed, one a row, in no order.

    Columns: those of `COLUMNS`. Guests are on no list.

    Raises QuestionError for a segment, column, value or day that does not exist.
    """
    return Choice.of(selection, ReaderTables(warehouse.reader)).customers().select(*COLUMNS)


def preview_list(
    warehouse: Warehouse,
    selection: Selection,
    *,
    exclusions: Exclusions = NONE_EXCLUDED,
    control: Control = NO_CONTROL,
    rows: int = PREVIEWED,
    settings: Settings | None = None,
    now: datetime | None = None,
) -> Preview:
    """Return what a list would be, writing nothing.

    Raises QuestionError for what does not exist, WarehouseError where the key is missing that
    leads to those who are suppressed, or no lists can be kept.
    """
    check_keeps_lists(warehouse.engine)
    settings, held = settings or load_settings(), ReaderTables(warehouse.reader)
    choice = Choice.of(selection, held)
    exclusions = with_those_never_written_to(exclusions, warehouse, settings)
    keys, unknown = Identity(held, settings).suppressed(exclusions.suppressed)
    draft = drafted(held, choice, exclusions, control, keys, now or datetime.now())
    first = list(warehouse.rows(draft.treated().limit(rows)))
    return Preview(draft.counts, first, draft.control.seed or "", unknown)


def create_list(
    name: str,
    selection: Selection,
    *,
    exclusions: Exclusions = NONE_EXCLUDED,
    control: Control = NO_CONTROL,
    author: str | None = None,
    warehouse: Place | None = None,
    settings: Settings | None = None,
    now: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> KeptList:
    """Take a list, keep it in the warehouse under a name, and return it.

    `warehouse` is a file or an address, else what the settings name; `author` the user of this
    system unless told.

    Raises RegularsError, with the warehouse as it was: for a name that is taken, what does not
    exist, a list of nobody, or a warehouse that keeps no lists.
    """
    settings, now = settings or load_settings(), now or datetime.now()
    name, author = checked_name(name), author_of(author)
    engine = engine_of(warehouse or settings.warehouse)
    check_keeps_lists(engine)
    if settings.suppression_table:
        with open_warehouse(warehouse, settings=settings) as opened:
            exclusions = with_those_never_written_to(exclusions, opened, settings)
    with engine.changing(memory_limit=settings.memory_limit) as store:
        if read_facts(store).get("schema_version") != SCHEMA_VERSION:
            raise WarehouseError(
                f"{engine} was built by another version of Regulars. Build it again."
            )
        check_is_new(store, name)
        progress("Choosing customers")
        choice = Choice.of(selection, store)
        keys, _ = Identity(store, settings).suppressed(exclusions.suppressed)
        draft = drafted(
            store, choice, exclusions, control, keys, now,
            keep=lambda rows: store.materialize("stg_list", rows),
        )  # fmt: skip
        if not draft.counts.treatment:
            raise QuestionError(_nobody(draft.counts))
        return freeze(store, name, draft, exclusions, author, now)


def _nobody(counts: Counts) -> str:
    if not counts.chosen:
        return "Nobody is chosen, so there is no list to keep."
    return f"All {counts.chosen:,} who are chosen are left out or held out: no list was kept."


def all_lists(warehouse: Warehouse) -> list[KeptList]:
    """Return every list of a warehouse, the first first.

    Raises WarehouseError where no lists are kept.
    """
    check_keeps_lists(warehouse.engine)
    return _all_lists(ReaderTables(warehouse.reader))


def find_list(warehouse: Warehouse, name: str) -> KeptList:
    """Return a list by its name. Raises QuestionError where there is none, with the closest."""
    check_keeps_lists(warehouse.engine)
    return _find_list(ReaderTables(warehouse.reader), name)


def list_members(warehouse: Warehouse, name: str, role: str | None = None) -> "Table":
    """Return the members of a list, not yet computed, by customer_id: role, and `COLUMNS`.

    `role` is treatment or control, or both. Raises QuestionError where there is no such list.
    """
    return members_of(ReaderTables(warehouse.reader), find_list(warehouse, name), role)


def export_list(
    name: str,
    output: Place,
    *,
    form: str = "plain",
    control: bool = False,
    author: str | None = None,
    warehouse: Place | None = None,
    settings: Settings | None = None,
) -> Exported:
    """Write those of a list who are treated to a CSV file or a workbook, and log that.

    Who has come into the shop's own table of suppressed customers since the list was taken is not
    in the file, but in that of a control group; the list, and so what it is measured by, stays as
    it was taken.
    `form` is one of `form_names()` or a TOML file; `control` writes the control group instead,
    which goes out to nobody. The file is for its owner alone, and whole or not there.

    Raises RegularsError, with nothing written: where there is no such list or form, nobody left to
    write to, no e-mail address of anybody where the form needs one, or where it cannot be told who
    is suppressed.
    """
    settings, output = settings or load_settings(), Path(output)
    check_output(output)
    told = form_of(form)
    with open_warehouse(warehouse, settings=settings) as opened:
        kept = find_list(opened, name)
        identity = Identity(ReaderTables(opened.reader), settings)
        never = PeopleTold() if control else suppressed_by_now(opened, identity, settings)
        written = Written(opened, identity, kept, role_of(control=control), told, never)
        with private_file(output) as part:
            write(written, part, output.suffix.lower())
            log(opened.engine, written, output, author_of(author), settings.memory_limit)
    return Exported(
        name, written.role, told.name, output, written.rows, written.without_email,
        written.suppressed,
    )  # fmt: skip


def export_log(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Return every file of a list that was written, the last first.

    Columns: exported_at, author, name (of the list), role, form, rows, file.
    """
    names = {one.list_id: one.name for one in all_lists(warehouse)}
    exports = warehouse.table("list_exports")
    rows = warehouse.rows(exports.order_by(exports.exported_at.desc()))
    columns = ("exported_at", "author", "name", "role", "form", "rows", "file")
    told = (row | {"name": names[row["list_id"]]} for row in rows)
    return [{column: row[column] for column in columns} for row in told]
