"""Find the state columns of a source, and count what each of their values became."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.expressions import SPACES
from regulars.engines.protocols import Workspace
from regulars.sources.profiles.kind_rules import KindRule
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.unused_money import REFUND_COLUMNS
from regulars.sources.states.words import REFUNDED
from regulars.sources.table import RawTable
from regulars.transform.staging.bundles import (
    are_parts,
    bundle_evidence,
    bundle_notes,
    bundle_warnings,
    columns_of_parents,
    has_parts,
    with_parts,
)
from regulars.transform.staging.given_back import is_given_back
from regulars.transform.staging.kinds import has_state
from regulars.transform.staging.state_cells import STATE, cells_of, combinations_of
from regulars.transform.staging.states import (
    StateColumn,
    States,
    candidates,
    is_candidate,
    recognise,
    states_of,
)

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table

SAMPLE = 1_000
_BLANK = ""
A_TIME = "a value"
"""What a survey shows for any time or reason in a column of these."""


@dataclass(frozen=True)
class StateCount:
    """How many lines have a value in a state column, their money, and their kind.

    because  why the value is not an ordinary sale; "not known" if its meaning is not known
    """

    value: str
    kind: str
    rows: int
    amount: Decimal
    because: str
    is_known: bool


@dataclass(frozen=True)
class StateSurvey:
    """What the values of one state column count as."""

    column: str
    counts: tuple[StateCount, ...]


def read_states(workspace: Workspace, raw: RawTable, mapping: ColumnMapping) -> States:
    """Return the state columns of a source, and all rules for the kinds of its lines.

    Reads a sample, and the whole source only if columns of the sample look like states.

    Raises ProfileError if a rule of the profile tests a column that the source does not have.
    """
    found = candidates(raw.table, raw.columns, mapping)
    columns: list[StateColumn] = []
    if found and raw.rows:
        counts = _counts(workspace.fetch(cells_of(raw.table.limit(SAMPLE), found)), found)
        is_named = mapping.profile.formats.states is not None
        rows = min(raw.rows, SAMPLE)
        chosen = [
            column for column in found if is_named or is_candidate(column, counts[column], rows)
        ]
        if raw.rows > SAMPLE and chosen:
            counts = _all_counts(workspace, raw.table, chosen)
        recognised = (
            recognise(column, counts[column], raw.rows, is_named=is_named) for column in chosen
        )
        columns = [column for column in recognised if column is not None]
    states = states_of(raw.name, raw.columns, mapping, columns)
    states = replace(states, parents=columns_of_parents(raw.columns, mapping))
    refunded = mapping.profile.formats.refunded
    # A column with the amounts that were refunded takes them from the sales.
    if refunded == "sale" or (refunded == "auto" and has_refund_column(mapping)):
        return replace(states, refunded="sale")
    return states


def has_refund_column(mapping: ColumnMapping) -> bool:
    """Return whether a source has a column with the amounts or units that were refunded."""
    return not REFUND_COLUMNS.isdisjoint(mapping.columns)


def _counts(
    rows: Iterable[Mapping[str, str | None]], names: Sequence[str]
) -> dict[str, Mapping[str, int]]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    for row in rows:
        for name in names:
            if value := (row[name] or "").strip(SPACES):
                counts[name][value] += 1
    return dict(counts)


def _all_counts(
    workspace: Workspace, table: "Table", names: Sequence[str]
) -> dict[str, Mapping[str, int]]:
    """Return how often each value occurs in the whole source, which is read once."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    several = [name for name in names if not _is_time(name)]
    for row in workspace.fetch(combinations_of(table, several)) if several else ():
        for name in several:
            if row[name] is not None:
                counts[name][row[name]] += row["state_rows"]
    return dict(counts)


def _is_time(name: str) -> bool:
    column = recognise(name, {}, 0)
    return column is not None and column.is_time


def settled_states(workspace: Workspace, lines: "Table", states: States, given: str) -> States:
    """Return states with what the staged lines show: how refunds are written, and what to fill in.

    given  `refunded` of the profile
    """
    states = _with_bundles(workspace, lines, states)
    if not states.columns:
        return states
    once = [
        column.name
        for column in states.columns
        if column.role != "flag"
        and not column.is_of_the_line
        and _is_once_per_order(workspace, lines, STATE + column.name)
    ]
    states = replace(states, once_per_order=tuple(once))
    if given != "auto":
        return states
    refunded, returned = _refunds(workspace, lines, states)
    states = replace(states, refunds=(refunded, returned))
    return replace(states, refunded="sale") if 0 < refunded <= returned else states


def _with_bundles(workspace: Workspace, lines: "Table", states: States) -> States:
    """Return states in which the parts of bundles that count twice are not sales."""
    for column in states.parents:
        [evidence] = workspace.fetch(bundle_evidence(lines, column))
        if are_parts(evidence):
            return with_parts(states, column)
    return states


def survey_bundles(
    workspace: Workspace, name: str, lines: "Table", states: States
) -> tuple[list[str], list[str]]:
    """Return notes and warnings about bundles whose parts have prices of their own."""
    notes: list[str] = []
    warnings: list[str] = []
    for column in states.parents:
        [evidence] = workspace.fetch(bundle_evidence(lines, column))
        if has_parts(states, column):
            notes += bundle_notes(name, column, evidence)
        else:
            warnings += bundle_warnings(name, column, evidence)
    return notes, warnings


def _is_once_per_order(workspace: Workspace, lines: "Table", column: str) -> bool:
    """Return whether orders have the value on one line and blanks on others, never two values."""
    known = lines.filter(lines.order_id.notnull())
    orders = known.group_by("order_id").aggregate(
        lines=known.count(), given=known[column].count(), lowest=known[column].min(),
        highest=known[column].max(),
    )  # fmt: skip
    given = orders.filter(orders.given > 0)
    [row] = workspace.fetch(
        given.aggregate(
            partly=(given.given < given.lines).cast("int64").sum(),
            mixed=(given.lowest != given.highest).cast("int64").sum(),
        )
    )
    return bool(row["partly"]) and not row["mixed"]


def _refunds(workspace: Workspace, lines: "Table", states: States) -> tuple[Decimal, Decimal]:
    """Return the money of sales that were refunded, and of rows that are returns themselves."""
    meanings = [meaning for column in states.columns for meaning in column.meanings.values()]
    if not any(
        meaning and (meaning.kind == REFUNDED or meaning.is_partial) for meaning in meanings
    ):
        return Decimal(0), Decimal(0)
    returned = lines.reasons.isnull() & (lines.kind == "return")
    [row] = workspace.fetch(
        lines.aggregate(
            refunded=lines.net_amount.sum(where=is_given_back(lines, states)),
            returned=lines.net_amount.sum(where=returned),
        )
    )
    return row["refunded"] or Decimal(0), -(row["returned"] or Decimal(0))


def survey_states(
    workspace: Workspace, lines: "Table", states: States, mapping: ColumnMapping
) -> tuple[StateSurvey, ...]:
    """Return what each value of the state columns counts as, in lines that pass every rule."""
    if not states.columns:
        return ()
    valid = lines.filter(lines.reasons.isnull())
    counts = [
        valid.select("kind", "net_amount", value=_shown(valid, column))
        .group_by("value", "kind")
        .aggregate(rows=ibis._.count(), amount=ibis._.net_amount.sum())
        .mutate(column=ibis.literal(column.name))
        for column in states.columns
    ]
    found = workspace.fetch(ibis.union(*counts))
    is_returned = states.refunded == "return"
    surveys = (
        StateSurvey(
            column.name,
            tuple(
                _state_counts(
                    column, found, _decided(column, states, mapping), is_returned=is_returned
                )
            ),
        )
        for column in states.columns
    )
    return tuple(survey for survey in surveys if any(count.value for count in survey.counts))


def _decided(column: StateColumn, states: States, mapping: ColumnMapping) -> set[str]:
    """Return the values of a column for which a rule of the profile gives the kind, in capitals."""
    ours = next((ours for ours, name in mapping.columns.items() if name == column.name), "")
    return {
        value.upper()
        for rule in states.rules
        if isinstance(rule, KindRule)
        for name in (STATE + column.name, ours)
        for value in rule.conditions.get(name, ())
    }


def _shown(lines: "Table", column: StateColumn) -> "ibis.Value":
    cell = lines[STATE + column.name]
    if not column.is_time:
        return cell
    return ibis.ifelse(has_state(cast("StringValue", cell), ()), A_TIME, None)


def _state_counts(
    column: StateColumn,
    found: Iterable[Mapping[str, Any]],
    decided: Container[str],
    *,
    is_returned: bool,
) -> Iterator[StateCount]:
    rows = [row for row in found if row["column"] == column.name]
    for row in sorted(rows, key=lambda row: (-row["rows"], row["value"] or "", row["kind"])):
        value = row["value"] or _BLANK
        meaning = None if value == _BLANK else column.meanings.get("" if column.is_time else value)
        is_known = value == _BLANK or meaning is not None or value.upper() in decided
        kind = row["kind"]
        if meaning and meaning.kind == REFUNDED and kind == "sale" and is_returned:
            kind = "sale and return"
        because = meaning.because if meaning else ""
        because = because if is_known else "not known"
        yield StateCount(value, kind, row["rows"], row["amount"] or Decimal(0), because, is_known)
