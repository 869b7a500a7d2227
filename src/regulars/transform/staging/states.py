"""Columns that say what a row is or what became of an order, and the rules made from their values.

Shop systems write "voided", "Storniert" or is_return = TRUE. `recognise` decides from a column's
name and values whether it says such things. Its cells stay beside the lines while they are
staged, under STATE and the column's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from regulars.core.errors import ProfileError, did_you_mean
from regulars.core.schema import LINE_COLUMNS
from regulars.sources.profiles.column_names import normalise_name
from regulars.sources.profiles.kind_rules import KindRule
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.states.words import (
    DISCOUNT,
    Meaning,
    Role,
    answer,
    flag_of,
    is_loose,
    meaning_of,
    role_of,
)
from regulars.transform.staging.state_cells import STATE

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

MOST_VALUES = 60
"""A column with more different values says something else."""

_SALE = Meaning("sale", "")

_OF_LINES = ("adjustment", "fee", "voucher", DISCOUNT)
"""Kinds that a single line has, beside others of its order."""


@dataclass(frozen=True)
class StateRule:
    """The kind of lines with one of these values in a column; without values, with any at all.

    unless  values of other columns for lines that the rule leaves alone
    """

    column: str
    kind: str
    because: str
    values: tuple[str, ...]
    unless: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class StateColumn:
    """A state column, and what each of its values means; None for a value that is not known.

    `is_time` means that every time in it has `meaning`.
    """

    name: str
    role: Role | Literal["flag"]
    meanings: Mapping[str, Meaning | None]
    is_time: bool = False

    @property
    def is_of_the_line(self) -> bool:
        """Whether a value says what a line is, such as a comp or a fee: never its whole order."""
        return any(meaning and meaning.kind in _OF_LINES for meaning in self.meanings.values())

    def values_of(self, kind: str) -> list[str]:
        """Return the values that mean a kind."""
        return [v for v, meaning in self.meanings.items() if meaning and meaning.kind == kind]


@dataclass(frozen=True)
class States:
    """The state columns of a source, and all rules that decide the kinds of its lines.

    tested    the columns of the source that rules of its profile test, besides those we map
    rules     those of the profile and those made from the columns, in the order they apply
    refunded  whether an order that was refunded is followed by its "return", or is only a "sale"
              because the refund has a row or a column of its own
    once_per_order  the columns that the source fills only once per order
    refunds   the money of sales that were refunded, and of the rows that are returns
    parents   the columns that can name the bundle of a line
    own_rules  how many of the rules, from the first, are those of the user
    """

    columns: tuple[StateColumn, ...] = ()
    tested: tuple[str, ...] = ()
    rules: tuple[KindRule | StateRule, ...] = ()
    refunded: Literal["return", "sale"] = "return"
    once_per_order: tuple[str, ...] = ()
    refunds: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    parents: tuple[str, ...] = ()
    own_rules: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the source whose cells stay beside the lines."""
        named = (column.name for column in self.columns)
        return tuple(dict.fromkeys((*named, *self.tested, *self.parents)))


def candidates(table: "Table", columns: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Return the columns of a source that can be state columns.

    Those are the columns we do not map, the status, the location ("state" can be either) and the
    store ("channel"), without personal data. If the profile names state columns, only those.
    """
    if mapping.profile.formats.states is not None:
        named = {normalise_name(name) for name in mapping.profile.formats.states}
        return [name for name in columns if normalise_name(name) in named]
    may_be_states = {mapping.columns.get(ours) for ours in ("status", "location", "store")}
    used = set(mapping.source_columns) - may_be_states
    people = mapping.people.source_columns if mapping.people else ()
    return [
        name
        for name in columns
        if name not in used and name not in people and _can_hold_states(table[name])
    ]


def _can_hold_states(cell: "Value") -> bool:
    type_ = cell.type()
    return bool(type_.is_string() or type_.is_boolean() or type_.is_numeric()) or (
        (flag := flag_of(cell.get_name())) is not None and flag.is_time
    )


def is_candidate(name: str, counts: Mapping[str, int], rows: int) -> bool:
    """Return whether this can be a state column, judged by its name and a sample of its values."""
    flag, role = flag_of(name), role_of(name)
    if flag is not None and flag.is_time:
        return True
    if not counts or len(counts) > MOST_VALUES:
        return bool(not counts and (flag or role))
    if flag is not None:
        return any(answer(value) is not None for value in counts)
    if role is not None:
        return True
    return sum(counts.values()) * 2 >= rows and _known(counts, "status") * 2 >= sum(counts.values())


def recognise(
    name: str, counts: Mapping[str, int], rows: int, *, is_named: bool = False
) -> StateColumn | None:
    """Return a column as a state column, judged by its name and all its values, or None.

    A name such as "Order status" is enough. One such as "Type" needs values that are known, and
    a column with any other name needs mostly known values, at least one of them not a sale.
    `is_named` means that the profile names the column.
    """
    flag = flag_of(name)
    if flag is not None and flag.is_time:
        return StateColumn(name, "flag", {"": flag.meaning}, is_time=True)
    if is_named and not counts:
        return StateColumn(name, "flag" if flag else role_of(name) or "status", {})
    if not counts or len(counts) > MOST_VALUES:
        return None
    if flag is not None:
        answers = {value: answer(value) for value in counts}
        known = sum(counts[value] for value, is_yes in answers.items() if is_yes is not None)
        if known * 2 > sum(counts.values()):
            meanings = {
                value: None
                if is_yes is None
                else flag.meaning
                if is_yes != flag.is_negated
                else _SALE
                for value, is_yes in answers.items()
            }
            return StateColumn(name, "flag", meanings)
        return None
    role = role_of(name)
    column = _column(name, role or "status", counts)
    has_kinds = any(one is not None and one.kind != "sale" for one in column.meanings.values())
    known = _known(counts, column.role)
    if is_named or (role is not None and not is_loose(name)):
        return column
    if role is not None:
        is_one = has_kinds or known * 2 >= sum(counts.values())
    else:
        is_one = has_kinds and len(counts) > 1 and is_candidate(name, counts, rows)
    return column if is_one else None


def _column(name: str, role: Role, counts: Iterable[str]) -> StateColumn:
    """Return the column with its meanings; "Sale" and "Return" say what a row is."""
    meanings = {value: meaning_of(value, role) for value in counts}
    known = [meaning for meaning in meanings.values() if meaning is not None]
    names_rows = any(meaning.is_open for meaning in known) and all(
        meaning is not None and (meaning.is_open or meaning.is_document)
        for meaning in meanings.values()
    )
    if names_rows and any(meaning.is_document for meaning in known):
        return StateColumn(name, "type", {value: meaning_of(value, "type") for value in counts})
    return StateColumn(name, role, meanings)


def _known(counts: Mapping[str, int], role: Role | Literal["flag"]) -> int:
    if role == "flag":
        return 0
    return sum(rows for value, rows in counts.items() if meaning_of(value, role) is not None)


def states_of(
    source: str, found: Sequence[str], mapping: ColumnMapping, columns: Sequence[StateColumn] = ()
) -> States:
    """Return the states of a source: its state columns, and all rules in their order.

    A user's rules come first, then those made from values, then the general ones. A shipped profile
    leaves the values first, as it has no reason to contradict them.

    Raises ProfileError if a user's rule tests a column that neither we nor the source have.
    """
    resolved = [_resolved(source, found, mapping, rule) for rule in mapping.profile.kinds]
    own = mapping.profile.own_rules
    first = [rule for rule in resolved[:own] if rule is not None]
    last = [rule for rule in resolved[own:] if rule is not None]
    tested = (
        name.removeprefix(STATE)
        for rule in (*first, *last)
        for name in rule.conditions
        if name.startswith(STATE)
    )
    return States(
        columns=tuple(columns),
        tested=tuple(dict.fromkeys(tested)),
        rules=(*first, *_rules(columns), *last),
        own_rules=len(first),
    )


def _rules(columns: Sequence[StateColumn]) -> list[StateRule]:
    """Return the rules for the values of columns; those that decide over others come first."""
    ranked: dict[tuple[int, str, Meaning], list[str]] = {}
    for column in columns:
        for value, meaning in column.meanings.items():
            if meaning is not None and meaning.kind != "sale":
                ranked.setdefault((meaning.rank, column.name, meaning), []).append(value)
    times = {column.name for column in columns if column.is_time}
    return [
        StateRule(
            name,
            meaning.kind,
            meaning.because,
            () if name in times else tuple(values),
            _delivered(columns, name) if meaning.is_unpaid else (),
        )
        for (_, name, meaning), values in sorted(
            ranked.items(), key=lambda item: (*item[0][:2], item[0][2].because)
        )
    ]


def _delivered(columns: Iterable[StateColumn], but: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the other columns' values for orders that have left the shop."""
    delivered = (
        (
            column.name,
            tuple(v for v, meaning in column.meanings.items() if meaning and meaning.is_delivered),
        )
        for column in columns
        if column.name != but
    )
    return tuple((name, values) for name, values in delivered if values)


def _resolved(
    source: str, found: Sequence[str], mapping: ColumnMapping, rule: KindRule
) -> KindRule | None:
    """Return a rule with the columns of staged lines; None if a shipped rule lacks its column."""
    conditions = {}
    for name, patterns in rule.conditions.items():
        column = _staged_column(name, found, mapping)
        if column is None and mapping.profile.can_lack_columns:
            return None
        if column is None:
            known = [*LINE_COLUMNS, *found]
            raise ProfileError(
                f'Profile "{mapping.profile.name}", [[kinds]]: unknown column "{name}". It is '
                f"neither one of ours nor one of {source}.{did_you_mean(name, known)}"
            )
        conditions[column] = patterns
    return replace(rule, conditions=conditions)


def _staged_column(name: str, found: Sequence[str], mapping: ColumnMapping) -> str | None:
    """Return the column of staged lines that a rule tests: ours, or a cell of the source."""
    if mapping.is_per_store(name):  # a rule on order numbers does not expect the store before them
        return STATE + mapping.own_column(name)
    if name in LINE_COLUMNS:
        return name
    by_name = {normalise_name(theirs): theirs for theirs in reversed(found)}
    theirs = name if name in found else by_name.get(normalise_name(name))
    if theirs is None:
        return None
    ours = next((ours for ours, column in mapping.columns.items() if column == theirs), None)
    return ours if ours in LINE_COLUMNS else STATE + theirs


def filled_states(fill: Sequence[str], states: States) -> list[str]:
    """Return the staged columns with states to fill in on all lines of an order.

    Those that the source gives once per order, or all of them if the profile fills in the status
    or the order itself; never flags, which are blank for no.
    """
    is_all = "status" in fill or "order_id" in fill
    return [
        STATE + column.name
        for column in states.columns
        if column.role != "flag" and (is_all or column.name in states.once_per_order)
    ]


def with_states(mapping: ColumnMapping, states: States) -> ColumnMapping:
    """Return a mapping that also names the state columns, which a redacted row keeps."""
    return replace(mapping, columns=mapping.columns | {STATE + name: name for name in states.names})
