"""Read the sections of a page: their tables, and the text in them."""

from collections.abc import Callable

from regulars.insights.parts import Part, Section, Table
from regulars.insights.scope import Scope
from support.present import present

Subject = Callable[[Scope], Section | None]


def table_of(part: Part) -> Table:
    """Return a part that must be a table."""
    assert isinstance(part, Table)
    return part


def tables(section: Section | None) -> list[Table]:
    """Return the tables of a section."""
    return [part for part in present(section).parts if isinstance(part, Table)]


def texts(table: Table) -> list[list[str]]:
    """Return a table row by row, as text."""
    return [[cell.text for cell in row] for row in table.rows]
