"""The marts: headline analyses saved as tables for BI tools."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from regulars.analyses.catalog import find
from regulars.analyses.define import Star
from regulars.core import schema
from regulars.core.conventions import Conventions

if TYPE_CHECKING:
    from ibis.expr.types import Table


def marts(
    table: "Callable[[str], Table]", conventions: Conventions, last: date | None, now: datetime
) -> "dict[str, Table]":
    """Return every mart by name, as of the day after the last order.

    `table` returns a table of the star by name.
    """
    star = Star.of(table, conventions.snapshot_after(last or now.date()), conventions)
    return {mart: find(analysis)(star) for mart, analysis in schema.MARTS.items()}
