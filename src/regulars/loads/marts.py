"""The headline answers, kept as tables where BI tools look."""

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
    """Return the marts of a star whose tables `table` gives by name, by their names.

    They look back from the day after the last order.
    """
    as_of = conventions.snapshot_after(last or now.date())
    asked = Star.of(table, as_of, conventions)
    return {mart: find(analysis)(asked) for mart, analysis in schema.MARTS.items()}
