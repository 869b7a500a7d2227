"""The headline answers, kept as tables where BI tools look."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from regulars import tables
from regulars.catalog import find
from regulars.conventions import Conventions
from regulars.define import Star

if TYPE_CHECKING:
    from ibis.expr.types import Table


def marts(
    table: "Callable[[str], Table]", conventions: Conventions, last: date | None, now: datetime
) -> "dict[str, Table]":
    """Return the marts of a star whose tables `table` gives by name, by their names.

    They look back from the day after the last order.
    """
    as_of = conventions.snapshot_after(last or now.date())
    asked = Star.of(table, as_of, conventions)
    return {mart: find(analysis)(asked) for mart, analysis in tables.MARTS.items()}
