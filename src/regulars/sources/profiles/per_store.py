"""Ids that are unique per store: the store becomes a part of them.

[orders]
unique_per = "store"   receipt 1001 of London and receipt 1001 of Leeds are two orders
[people]
unique_per = "store"   customer 7 of London and customer 7 of Leeds are two customers
"""

from collections.abc import Mapping, Sequence

from regulars.core.errors import MappingError
from regulars.sources.profiles.built_columns import BuiltColumn
from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.column_names import normalise_name
from regulars.sources.profiles.profile import Profile
from regulars.sources.profiles.suggest import is_possible

STORE = "store"
FEWEST_ORDERS = 3
"""Two orders in two stores say nothing about the column of the stores."""

_BRANDS = frozenset(("brand", "brandname", "marke", "marque", "marca", "merk"))
"""Headers of a brand, which can be that of the shop or of the product."""


def is_store(column: ColumnFacts | None, order: ColumnFacts | None) -> bool:
    """Return whether a column can be the store, as far as the values of a sample show.

    It cannot if it is empty, or has another value in each order.
    """
    if column is None:
        return True
    if not is_possible(STORE, column):
        return False
    orders = order.distinct if order else column.filled
    return column.distinct < orders or orders < FEWEST_ORDERS


def can_be_of_the_product(header: str) -> bool:
    """Return whether a header of a store can also be an attribute of the product: a brand."""
    return normalise_name(header) in _BRANDS


def with_stores(
    source: str,
    found: Sequence[str],
    profile: Profile,
    columns: Mapping[str, str],
    built: Mapping[str, BuiltColumn],
) -> tuple[dict[str, str], dict[str, BuiltColumn]]:
    """Return mapped and built columns in which the store is part of the ids unique per store.

    Raises MappingError if no column is the store.
    """
    columns, built = dict(columns), dict(built)
    for ours in profile.per_store:
        if ours not in columns:
            continue
        if STORE not in columns or _is_unsure(columns[STORE], profile):
            raise _no_store(source, found, profile)
        own = columns[ours]
        if columns[STORE] in (own, *(built[own].columns if own in built else ())):
            continue  # the profile has joined the store to it
        column = BuiltColumn((columns[STORE], own), joined="store")
        columns[ours], built[column.label] = column.label, column
    return columns, built


def _is_unsure(store: str, profile: Profile) -> bool:
    return can_be_of_the_product(store) and not profile.names(STORE)


def _no_store(source: str, found: Sequence[str], profile: Profile) -> MappingError:
    return MappingError(
        f'{source}: profile {profile.source} has unique_per = "store", but no column is known to '
        f"be the store. It has: {', '.join(found)}. Name the column in the profile:\n"
        '  [columns]\n  store = "their column"'
    )
