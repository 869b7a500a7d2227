"""Customer lists: preview, create, export and measure.

Preview a list with `preview_list`, save it with `create_list`, write it to a file with
`export_list`. A saved list never changes, nor does its control group, so that you can measure the
campaign later with `list_results`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.core.errors import InputError
from regulars.core.files import private_file
from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.engines.protocols import ReaderTables, WarehouseTables
from regulars.lists.control_group import CONTROL, TREATMENT, Control
from regulars.lists.draft import Counts, Draft, draft_list
from regulars.lists.exclusions import Exclusions
from regulars.lists.export import (
    ExportResult,
    ExportRows,
    check_file_type,
    log_export,
    write_rows,
)
from regulars.lists.export_formats.export_format import format_names, load_format
from regulars.lists.power import Power, power_of
from regulars.lists.results import ListResults, results_of
from regulars.lists.saved import (
    SavedList,
    author_or_user,
    check_is_new,
    check_supports_lists,
    checked_name,
    members_of,
    save_list,
)
from regulars.lists.saved import all_lists as _all_lists
from regulars.lists.saved import find_list as _find_list
from regulars.lists.saved import names_without_customers as _names_without_customers
from regulars.lists.selection import COLUMNS, ResolvedSelection, Selection
from regulars.lists.suppression import (
    add_suppression_table,
    currently_suppressed,
    read_suppression_file,
    read_suppression_table,
)
from regulars.warehouse.ledger import check_version, read_facts
from regulars.warehouse.people.contacts import PeopleDirectory, PeopleMatcher
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
    "ExportResult",
    "ListResults",
    "Power",
    "Preview",
    "SavedList",
    "Selection",
    "all_lists",
    "create_list",
    "export_list",
    "export_log",
    "find_list",
    "format_names",
    "list_members",
    "list_results",
    "names_without_customers",
    "preview_list",
    "read_suppression_file",
    "read_suppression_table",
    "select_customers",
]

PREVIEW_ROWS = 10
NO_EXCLUSIONS, NO_CONTROL = Exclusions(), Control()
Location = str | PathLike[str]


@dataclass(frozen=True)
class Preview:
    """What a list would contain now.

    counts      how many customers are selected, left out for each reason, held out and to contact
    rows        the first customers to contact, highest net sales first: `COLUMNS`
    seed        the seed of the control group; pass it to `create_list` to hold out the same
                customers
    unknown     how many suppression entries match no customer
    power       the smallest effect that the list can show; None if that cannot be estimated
    with_email  how many customers to contact have an email address; None if that is not known
    currency    of the shop, empty if it has none
    """

    counts: Counts
    rows: Sequence[dict[str, Any]]
    seed: str
    unknown: int
    power: Power | None = None
    with_email: int | None = None
    currency: str = ""


def select_customers(warehouse: Warehouse, selection: Selection) -> "Table":
    """Return the selected customers as a lazy table: one row per customer, `COLUMNS`, unordered.

    Guests are never selected.

    Raises InputError for a segment, column, value or day that does not exist.
    """
    resolved = ResolvedSelection.of(selection, ReaderTables(warehouse.reader))
    return resolved.customers().select(*COLUMNS)


def preview_list(
    warehouse: Warehouse,
    selection: Selection,
    *,
    exclusions: Exclusions = NO_EXCLUSIONS,
    control: Control = NO_CONTROL,
    rows: int = PREVIEW_ROWS,
    settings: Settings | None = None,
    now: datetime | None = None,
) -> Preview:
    """Return what a list would contain. Nothing is written.

    Raises InputError for a segment, column, value or day that does not exist, WarehouseError
    where suppressed customers can only be found with a key that is missing, or where the engine
    does not support lists.
    """
    check_supports_lists(warehouse.engine)
    settings = settings or load_settings()
    tables = ReaderTables(warehouse.reader)
    draft = draft_list(
        tables, selection, add_suppression_table(exclusions, warehouse, settings), control,
        settings=settings, now=now or datetime.now(),
    )  # fmt: skip
    return _preview_of(tables, draft, settings, rows)


def _preview_of(tables: WarehouseTables, draft: Draft, settings: Settings, rows: int) -> Preview:
    return Preview(
        draft.counts, tables.fetch(draft.treated().limit(rows)), draft.control.seed or "",
        draft.unknown, power_of(tables, draft), _count_with_email(tables, draft, settings),
        read_facts(tables).get("currency", ""),
    )  # fmt: skip


def _count_with_email(tables: WarehouseTables, draft: Draft, settings: Settings) -> int | None:
    people = PeopleDirectory(tables, settings)
    if not people.may_have_emails:
        return None
    customers = tables.fetch(draft.treated().select("customer_id"))
    return people.count_with_email([row["customer_id"] for row in customers])


def create_list(
    name: str,
    selection: Selection,
    *,
    exclusions: Exclusions = NO_EXCLUSIONS,
    control: Control = NO_CONTROL,
    author: str | None = None,
    warehouse: Location | None = None,
    settings: Settings | None = None,
    now: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
    before_saving: Callable[[Preview], None] | None = None,
) -> SavedList:
    """Create a list, save it in the warehouse and return it.

    `warehouse` is a file or an address, by default the one in the settings. `author` is by default
    the operating system's user name. `before_saving` is called with what the list will contain; the
    list is not saved if it raises an exception.

    Raises RegularsError, leaving the warehouse unchanged, if the name is taken, the selection names
    something that does not exist, no customers remain, or the engine does not support lists.
    """
    settings, now = settings or load_settings(), now or datetime.now()
    name, author = checked_name(name), author_or_user(author)
    engine = engine_of(warehouse or settings.warehouse)
    check_supports_lists(engine)
    if settings.suppression_table:
        with open_warehouse(warehouse, settings=settings) as opened:
            exclusions = add_suppression_table(exclusions, opened, settings)
    with engine.open_store(memory_limit=settings.memory_limit) as store:
        check_version(read_facts(store), engine)
        check_is_new(store, name)
        progress("Selecting customers")
        draft = draft_list(
            store, selection, exclusions, control, settings=settings, now=now,
            materialize=partial(store.materialize, "stg_list"),
        )  # fmt: skip
        _check_not_empty(draft.counts)
        if before_saving:
            before_saving(_preview_of(store, draft, settings, PREVIEW_ROWS))
        return save_list(store, name, draft, author=author, now=now)


def _check_not_empty(counts: Counts) -> None:
    if not counts.chosen:
        raise InputError(
            "The selection matches no customers, so no list was saved. "
            "Choose other segments or filters."
        )
    if not counts.treatment:
        raise InputError(
            f"All {counts.chosen:,} selected customers are left out or held out, so no list was "
            "saved. Remove an exclusion, or hold out fewer."
        )


def all_lists(warehouse: Warehouse) -> list[SavedList]:
    """Return every saved list, oldest first.

    Raises WarehouseError if the engine does not support lists.
    """
    check_supports_lists(warehouse.engine)
    return _all_lists(ReaderTables(warehouse.reader))


def find_list(warehouse: Warehouse, name: str) -> SavedList:
    """Return the list with this name. Raises InputError, naming the closest, if none has it."""
    check_supports_lists(warehouse.engine)
    return _find_list(ReaderTables(warehouse.reader), name)


def names_without_customers(warehouse: Warehouse, names: Sequence[str]) -> list[str]:
    """Return the names of lists that contain no email address and no customer ID, in order."""
    return _names_without_customers(ReaderTables(warehouse.reader), names)


def list_members(warehouse: Warehouse, name: str, role: str | None = None) -> "Table":
    """Return the members of a list as a lazy table, by customer_id: role and `COLUMNS`.

    `role` is treatment or control, by default both. Raises InputError if there is no such list.
    """
    return members_of(ReaderTables(warehouse.reader), find_list(warehouse, name), role)


def list_results(warehouse: Warehouse, name: str, *, days: int | None = None) -> ListResults:
    """Return what contacted customers bought since the list went out, and the control group.

    Days count from the first export, `days` of them or as many as there are data. The effect is the
    difference of net sales per head with its 95% interval, by the method of
    `regulars.lists.effect`: winsorised, adjusted by the net sales of the year before, and
    bootstrapped by customer. It is None while nothing can be said.

    Raises InputError if there is no such list, it has no control group or was never exported, or
    the data ends before the export.
    """
    return results_of(warehouse, find_list(warehouse, name), days)


def export_list(
    name: str,
    output: Location,
    *,
    form: str = "plain",
    control: bool = False,
    author: str | None = None,
    warehouse: Location | None = None,
    settings: Settings | None = None,
) -> ExportResult:
    """Write the customers to contact to a CSV file or a workbook, and log the export.

    `form` is the export format: one of `format_names()`, or a TOML file. `control` writes the
    control group instead. Customers added to the `suppression_table` since the list was created are
    left out of the file. The saved list and the control group do not change. Only the owner can
    read the file, and it appears only when it is complete.

    Raises RegularsError, writing nothing, if there is no such list or format, no one is left to
    contact, the format needs email addresses and there are none, or suppressed customers cannot be
    identified.
    """
    settings, output = settings or load_settings(), Path(output)
    check_file_type(output)
    export_format = load_format(form)
    with open_warehouse(warehouse, settings=settings) as opened:
        saved = find_list(opened, name)
        people = PeopleDirectory(ReaderTables(opened.reader), settings)
        suppression = PeopleMatcher() if control else currently_suppressed(opened, people, settings)
        role = CONTROL if control else TREATMENT
        rows = ExportRows(opened, people, saved, role, export_format, suppression)
        with private_file(output) as part:
            write_rows(rows, part, output.suffix.lower())
            log_export(
                opened.engine, rows, output,
                author=author_or_user(author), memory_limit=settings.memory_limit,
            )  # fmt: skip
    return ExportResult(
        name, role, export_format.name, output, rows.rows, rows.without_email, rows.suppressed
    )


def export_log(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Return every export, latest first.

    Columns: exported_at, author, name (of the list), role, form (the export format), rows, file.
    """
    names = {one.list_id: one.name for one in all_lists(warehouse)}
    exports = warehouse.table("list_exports")
    rows = warehouse.rows(exports.order_by(exports.exported_at.desc()))
    columns = ("exported_at", "author", "name", "role", "format", "rows", "file")
    named = (row | {"name": names[row["list_id"]]} for row in rows)
    return [{column: row[column] for column in columns} for row in named]
