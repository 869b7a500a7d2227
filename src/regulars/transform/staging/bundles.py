"""Bundles: a line for the bundle and lines for its parts, which often repeat the price.

A column such as "parent_item_id" says which lines are parts. If the parts of every bundle add up to
a line of their order, that line already has their price, so the parts are not sales.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from regulars.core.formatting import counted
from regulars.sources.profiles.column_names import words_in
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.suggest import quoted
from regulars.transform.staging.kinds import has_state
from regulars.transform.staging.state_cells import STATE
from regulars.transform.staging.states import StateRule, States

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table

_PARENTS = frozenset(("parent", "bundle", "bundled"))
_OTHERS = frozenset(("category", "name", "title", "type", "price", "discount", "amount", "qty",
                     "quantity", "is", "option", "company", "customer", "order"))  # fmt: skip
"""Words in column names that are about something else than the parent line."""

_LINES = frozenset(("item", "line", "lineitem", "bundle", "bundled"))
"""Words in column names that point to a line; others can point to the parent of a variant."""

PART = "Part of a bundle whose line has the price"


def columns_of_parents(found: Sequence[str], mapping: ColumnMapping) -> tuple[str, ...]:
    """Return the columns that can name the bundle of a line, if the profile tests none of them."""
    mapped = mapping.source_columns
    tested = {name for rule in mapping.profile.kinds for name in rule.conditions}
    return tuple(
        name
        for name in found
        if name not in mapped
        and name not in tested
        and _PARENTS & {*words_in(name)}
        and not _OTHERS & {*words_in(name)}
    )


def bundle_evidence(lines: "Table", column: str) -> "Table":
    """Return one row about the bundles that a column names: bundles, lines, matching and named.

    bundles   those whose parts have a price
    lines     the parts of these
    left_out  those of them that count as adjustments
    matching  those of them whose parts add up to another line of their order
    named     those of them that are a product of their order, with a price
    """
    valid = lines.filter(lines.reasons.isnull(), lines.order_id.notnull())
    is_part = has_state(cast("StringValue", valid[STATE + column]), ())
    parts = valid.filter(is_part)
    groups = parts.group_by(parts.order_id, parent=parts[STATE + column]).aggregate(
        worth=parts.gross_amount.sum(),
        lines=parts.count(),
        left_out=parts.count(where=parts.kind == "adjustment"),
    )
    groups = groups.filter(groups.worth != 0)
    wholes = valid.filter(~is_part, valid.gross_amount != 0)
    products = wholes.group_by(product_order=wholes.order_id, product=wholes.product_id).aggregate(
        product_worth=wholes.gross_amount.sum()
    )
    sums = wholes.select(sum_order="order_id", sum="gross_amount").distinct()
    if not _LINES & {*words_in(column)}:  # a parent product must be the product of the line
        sums = sums.filter(False)
    pairs = groups.left_join(
        products,
        [groups.order_id == products.product_order, groups.parent == products["product"]],
    )
    pairs = pairs.left_join(sums, [pairs.order_id == sums.sum_order, pairs.worth == sums["sum"]])
    is_named = pairs.product_order.notnull()
    matches = pairs.sum_order.notnull() | (pairs.product_worth == pairs.worth).fill_null(False)
    return pairs.aggregate(
        bundles=pairs.count(),
        lines=pairs.lines.sum(),
        left_out=pairs.left_out.sum(),
        matching=pairs.count(where=matches),
        named=pairs.count(where=is_named),
    )


def are_parts(evidence: Mapping[str, Any]) -> bool:
    """Return whether all parts count twice, by `bundle_evidence`."""
    return bool(0 < evidence["bundles"] == evidence["matching"])


def with_parts(states: States, column: str) -> States:
    """Return states with the rule that parts are not sales, after the rules of the user."""
    own, others = states.rules[: states.own_rules], states.rules[states.own_rules :]
    return replace(states, rules=(*own, StateRule(column, "adjustment", PART, ()), *others))


def has_parts(states: States, column: str) -> bool:
    """Return whether states have the rule that the parts a column names are not sales."""
    return StateRule(column, "adjustment", PART, ()) in states.rules


def bundle_notes(source: str, column: str, evidence: Mapping[str, Any]) -> Iterator[str]:
    """Yield how parts that repeat the price of their bundle count."""
    if not evidence["left_out"]:  # a rule of the user says what they are
        return
    lines = counted(evidence["left_out"], "line is a part", "lines are parts")
    yield (
        f'{source}: {lines} of a bundle ("{column}"). The line of the bundle has the price '
        "already, so they count as adjustments."
    )


def bundle_warnings(source: str, column: str, evidence: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning if bundles and their parts both have prices, and these differ."""
    if evidence["named"]:
        lines = counted(evidence["lines"], "line is a part", "lines are parts")
        yield (
            f'{source}: {lines} of a bundle ("{column}"). The bundle has a price too, so both '
            "count. If the price of the bundle includes its parts, add to your profile:\n"
            f'  [[kinds]]\n  kind = "adjustment"\n  because = "Part of a bundle"\n'
            f'  {quoted(column)} = "present"'
        )
