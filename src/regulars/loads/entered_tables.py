"""The tables that no source contains: notes, targets and the log of jobs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from regulars.core.entered import ENTERED_COLUMNS
from regulars.core.errors import NoWarehouseError, WarehouseError
from regulars.engines.protocols import Engine, Store, Workspace
from regulars.warehouse.ledger import check_version, read_facts

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

Rows = Sequence[tuple[Any, ...]]


@contextmanager
def open_to_enter(engine: Engine, table: str, memory_limit: str) -> Iterator[Store]:
    """Open a warehouse with one of the tables, which is created if it has none yet.

    Raises WarehouseError if it cannot be opened, or its engine cannot store what users enter.
    """
    if not engine.supports_lists:
        raise WarehouseError(
            f"{engine} cannot store notes, targets and the log of jobs: {engine.name} does not "
            "support them. Build the warehouse in DuckDB or PostgreSQL."
        )
    with engine.open_store(memory_limit=memory_limit) as store:
        check_version(read_facts(store), engine)
        if table not in store.tables():
            store.create(table, ENTERED_COLUMNS[table])
        yield store


def next_number(store: Store, table: str, column: str) -> int:
    """Return the number after the highest in a column of one of the tables; 1 if it is empty."""
    rows = store.table(table)
    [row] = store.fetch(rows.aggregate(latest=rows[column].max()))
    return (row["latest"] or 0) + 1


def add_row(store: Store, table: str, row: Mapping[str, Any]) -> None:
    """Add a row to one of the tables."""
    columns = ENTERED_COLUMNS[table]
    store.insert_rows(table, columns, [tuple(row[column] for column in columns)])


def remove_rows(store: Store, table: str, matches: "BooleanValue") -> int:
    """Remove the rows of one of the tables that match, and return how many there were."""
    rows: Table = store.table(table)
    found = len(store.fetch(rows.filter(matches)))
    if found:
        store.replace(table, rows.filter(~matches), where=None)
    return found


def read_entered(warehouse: Engine, memory_limit: str) -> dict[str, Rows]:
    """Return the rows that users entered by table, for a new build to carry over.

    Raises WarehouseError if the warehouse cannot be read.
    """
    if not warehouse.supports_lists:
        return {}
    try:
        reader = warehouse.open_reader(memory_limit=memory_limit)
    except NoWarehouseError:
        return {}
    with closing(reader):
        names = [name for name in ENTERED_COLUMNS if name in reader.tables()]
        return {
            name: [tuple(row[column] for column in ENTERED_COLUMNS[name])
                   for row in reader.stream(reader.table(name))]
            for name in names
        }  # fmt: skip


def save_entered(workspace: Workspace, entered: Mapping[str, Rows]) -> None:
    """Write what users entered to a new warehouse."""
    for name, rows in entered.items():
        workspace.save_rows(name, ENTERED_COLUMNS[name], rows)
