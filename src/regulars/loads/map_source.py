"""Map the columns of one source to ours, by their headers and a sample of their values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from regulars.core.errors import MappingError
from regulars.engines.protocols import Workspace
from regulars.engines.read_checked import ReadError
from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.match_columns import ColumnMapping, match_columns
from regulars.sources.profiles.per_store import STORE, can_be_of_the_product
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import RawTable
from regulars.transform.staging.survey import facts_of, survey, values_in_orders

if TYPE_CHECKING:
    from ibis.expr.types import Table


def map_source(workspace: Workspace, raw: RawTable, chosen: Profile | None) -> ColumnMapping:
    """Return the mapping of a source's columns.

    Raises MappingError, which also says how the header was found.
    """
    try:
        mapping = match_columns(raw.name, raw.columns, chosen, partial(_facts, workspace, raw))
    except MappingError as error:
        error.args = ("\n".join(part for part in (str(error), raw.advice) if part),)
        raise
    if _is_brand_of_products(workspace, raw, mapping):
        columns = {ours: name for ours, name in mapping.columns.items() if ours != STORE}
        return replace(mapping, columns=columns)
    return mapping


def _facts(
    workspace: Workspace, raw: RawTable, columns: Sequence[str]
) -> Mapping[str, ColumnFacts]:
    """Return what a sample of rows shows about columns of a source."""
    if not columns:
        return {}
    counts = _fetch(workspace, raw, partial(survey, columns=columns))
    return {} if counts is None else facts_of(counts, columns)


def _is_brand_of_products(workspace: Workspace, raw: RawTable, mapping: ColumnMapping) -> bool:
    """Return whether the store is a column such as "Brand", and no order shows that it is one.

    The brand of a shop is the same on all lines of an order.
    """
    column = mapping.columns.get(STORE)
    if not column or mapping.profile.names(STORE) or not can_be_of_the_product(column):
        return False
    order = (*mapping.parts("order_id"), *mapping.parts("ordered_at"))
    counts = _fetch(workspace, raw, partial(values_in_orders, column=column, order=order))
    return not counts or counts[0]["mixed"] > 0 or counts[0]["several"] == 0


def _fetch(
    workspace: Workspace, raw: RawTable, counts: "Callable[[Table], Table]"
) -> "list[dict[str, Any]] | None":
    """Return counts over a source; None if it cannot be read."""
    try:
        return workspace.fetch(counts(raw.table))
    except ReadError:
        # A malformed line: only the exact reader reads beyond it.
        return _fetch(workspace, raw.exact_reader(), counts) if raw.exact_reader else None
