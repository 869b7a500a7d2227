"""Columns of a source that decide kinds of lines, besides the columns we map."""

from collections.abc import Sequence

from regulars.core.schema import LINE_COLUMNS
from regulars.sources.profiles.column_names import normalise_name
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.states.words import flag_of, is_loose, role_of


def columns_of_states(found: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Return the columns that rules of the profile test, and state columns, judged by name.

    Columns with personal data are left out, unless a rule tests them.
    """
    tested = {
        normalise_name(name)
        for rule in mapping.profile.kinds
        for name in rule.conditions
        if name not in LINE_COLUMNS
    }
    named = mapping.profile.formats.states
    states = None if named is None else {normalise_name(name) for name in named}
    people = mapping.people.source_columns if mapping.people else ()
    return [
        name
        for name in found
        if normalise_name(name) in tested or (name not in people and _holds_states(name, states))
    ]


def _holds_states(name: str, named: set[str] | None) -> bool:
    if named is not None:
        return normalise_name(name) in named
    has_role = role_of(name) is not None and not is_loose(name)
    return has_role or flag_of(name) is not None
