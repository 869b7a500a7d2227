"""Kinds of line: sales, returns, and amounts that are neither, such as fees.

The rules are part of the mapping profile, or made from the words of a state column; here they
become one expression. The kind of a line can change the sign of its amounts.
"""

import re
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Literal, cast

import ibis

from regulars.core.errors import ProfileError
from regulars.core.expressions import equals_any, money
from regulars.core.schema import MONEY, QUANTITY
from regulars.sources.profiles.kind_rules import KindRule
from regulars.sources.states.words import DISCOUNT, REFUNDED, REVERSAL, answers_no
from regulars.transform.staging.numbers import read_number
from regulars.transform.staging.state_cells import STATE
from regulars.transform.staging.states import StateRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.expr.types import BooleanValue, StringValue, Table, Value

_COMPARISON = re.compile(r"(<=|>=|<|>|=)\s*(-?\d+(?:\.\d+)?)")

_FEW = 3
"""Texts that a value is compared with one by one."""

_KINDS = {
    REFUNDED: ("return",), REVERSAL: ("cancelled", "return"), DISCOUNT: ("sale",),
}  # fmt: skip
"""The kinds of line that a rule can lead to, if not to one of its own."""

_NOTHING = ("n/a", "na", "-", "--", "–", "—", ".")
"""What is written where there is no time or reason, besides the words for no."""


def kind(
    lines: "Table",
    rules: "Sequence[KindRule | StateRule]",
    recognised: tuple[str, ...] | Literal["all"] = "all",
) -> "StringValue":
    """Return the kind of each line: that of the first rule it matches, or else sale.

    Kinds that are not `recognised` (`Conventions.kinds`) count as sales. Rules whose columns are
    not beside the lines are left out. DISCOUNT is for `signed` to turn into a sale.
    """
    active = [
        rule for rule in rules if _is_recognised(rule, recognised) and is_testable(rule, lines)
    ]
    if not active:
        return cast("StringValue", ibis.literal("sale"))
    branches = [(_meets(lines, rule), _given_kind(lines, rule.kind)) for rule in active]
    return cast("StringValue", ibis.cases(*branches, else_="sale"))


def signed(lines: "Table", rules: "Sequence[KindRule | StateRule]") -> "Table":
    """Return lines with the amounts that their kinds require.

    A return reduces sales, however its source writes it: its quantity and amounts are negative.
    A discount on a line of its own is a sale of nothing, with that discount.
    """
    lines = _discounted(lines) if any(rule.kind == DISCOUNT for rule in rules) else lines
    return _returned(lines) if any(map(_can_be_positive, rules)) else lines


def refilled_kind(lines: "Table", kind: "StringValue") -> "Table":
    """Return lines with a kind that was computed again; discounts stay what they are."""
    is_discount = (lines.kind == "sale") & (lines.gross_amount == 0) & (lines.discount_amount != 0)
    return lines.mutate(kind=ibis.ifelse(is_discount.fill_null(False), lines.kind, kind))


def is_testable(rule: KindRule | StateRule, lines: "Table") -> bool:
    """Return whether all columns that a rule tests are beside the lines."""
    return all(column in lines.columns for column in _columns(rule))


def _columns(rule: KindRule | StateRule) -> "list[str]":
    return [STATE + rule.column] if isinstance(rule, StateRule) else list(rule.conditions)


def _is_recognised(
    rule: KindRule | StateRule, recognised: tuple[str, ...] | Literal["all"]
) -> bool:
    kinds = _KINDS.get(rule.kind, (rule.kind,))
    return recognised == "all" or all(kind in recognised for kind in kinds)


def _given_kind(lines: "Table", kind: str) -> "str | StringValue":
    """Return a kind; for a line that is reversed, a return if it is negative."""
    if kind == REFUNDED:
        return "return"
    if kind == REVERSAL:
        kinds = ibis.ifelse(lines.gross_amount < 0, "return", "cancelled")
        return cast("StringValue", kinds)
    return kind


def _can_be_positive(rule: KindRule | StateRule) -> bool:
    """Return whether a rule can call a line with a positive amount a return."""
    return rule.kind == "return" and (
        isinstance(rule, StateRule)
        or not (
            rule.as_written
            or any(one.startswith("<") for tests in rule.conditions.values() for one in tests)
        )
    )


def _returned(lines: "Table") -> "Table":
    is_off = (lines.kind == "return") & ((lines.gross_amount > 0) | (lines.unit_price < 0))

    def negative(name: str, type_: str) -> "Value":
        return ibis.ifelse(is_off, -lines[name].abs(), lines[name]).cast(type_)

    amounts = ("gross_amount", "discount_amount", "net_amount")
    return lines.mutate(
        quantity=negative("quantity", QUANTITY),
        unit_price=ibis.ifelse(is_off, lines.unit_price.abs(), lines.unit_price).cast(MONEY),
        **{name: negative(name, MONEY) for name in amounts},
    )


def _discounted(lines: "Table") -> "Table":
    is_discount = lines.kind == DISCOUNT
    nothing = ibis.literal(0)
    taken = lines.net_amount.abs()
    return lines.mutate(
        kind=ibis.ifelse(is_discount, "sale", lines.kind),
        quantity=ibis.ifelse(is_discount, nothing, lines.quantity).cast(QUANTITY),
        unit_price=ibis.ifelse(is_discount, nothing, lines.unit_price).cast(MONEY),
        discount=ibis.ifelse(is_discount, nothing, lines.discount).cast(lines.discount.type()),
        gross_amount=money(ibis.ifelse(is_discount, nothing, lines.gross_amount)),
        discount_amount=money(ibis.ifelse(is_discount, taken, lines.discount_amount)),
        net_amount=money(ibis.ifelse(is_discount, -taken, lines.net_amount)),
    )


def _meets(lines: "Table", rule: KindRule | StateRule) -> "BooleanValue":
    if isinstance(rule, StateRule):
        meets = has_state(cast("StringValue", lines[STATE + rule.column]), rule.values)
        for column, values in rule.unless:
            meets &= ~has_state(cast("StringValue", lines[STATE + column]), values)
        # A positive line of a refunded order is what it would be otherwise: see `given_back`.
        return meets & (lines.gross_amount < 0) if rule.kind == REFUNDED else meets
    conditions = [
        _matches_any(lines[column], column, patterns)
        for column, patterns in rule.conditions.items()
    ]
    if rule.kind == DISCOUNT and len(conditions) > 1:
        # Few lines have a negative price, so most are spared the comparison of texts.
        first, *others = conditions
        return cast(
            "BooleanValue", ibis.ifelse(first, reduce(and_, others), False).fill_null(False)
        )
    return cast("BooleanValue", reduce(and_, conditions).fill_null(False))


def has_state(cell: "StringValue", values: "Sequence[str]") -> "BooleanValue":
    """Return whether a cell has one of these values; without values, a time or a reason."""
    if values:
        return cast("BooleanValue", equals_any(cell, values).fill_null(False))
    is_none = equals_any(cell.lower(), [*answers_no(), *_NOTHING]) | cell.startswith("0000-00-00")
    return cast("BooleanValue", (~is_none).fill_null(False))


def _matches_any(value: "Value", column: str, patterns: "Sequence[str]") -> "BooleanValue":
    """Return whether a value matches one of a rule's patterns for its column."""
    texts = [pattern for pattern in patterns if "*" in pattern or _is_exact(pattern)]
    if value.type().is_string() and len(texts) > _FEW:
        others = (_matches(value, column, one) for one in patterns if one not in texts)
        return cast("BooleanValue", reduce(or_, others, _fits_any(value, column, texts)))
    exact = tuple(pattern for pattern in patterns if _is_exact(pattern))
    grouped: list[str | tuple[str, ...]] = [exact] if exact else []
    grouped += [pattern for pattern in patterns if not _is_exact(pattern)]
    return cast("BooleanValue", reduce(or_, (_matches(value, column, one) for one in grouped)))


def _fits_any(value: "Value", column: str, texts: "Sequence[str]") -> "BooleanValue":
    """Return whether text matches one of many texts and globs, in one regular expression.

    DuckDB would need longer to plan a comparison with each than to compare a few rows.
    """
    regexes = (".*".join(map(re.escape, text.upper().split("*"))) for text in texts)
    return _capitals(value, column).re_search(f"(?s)^(?:{'|'.join(regexes)})$")


def _capitals(value: "Value", column: str) -> "StringValue":
    """Return text in capitals. Most rules test product codes, which are in capitals already."""
    text = cast("StringValue", value)
    return text if column == "product_id" else cast("StringValue", text.upper())


def _is_exact(pattern: str) -> bool:
    return not (
        "*" in pattern or pattern in ("present", "missing") or _COMPARISON.fullmatch(pattern)
    )


def _matches(value: "Value", column: str, pattern: str | tuple[str, ...]) -> "BooleanValue":
    if pattern == "present":
        return value.notnull()
    if pattern == "missing":
        return value.isnull()
    if value.type().is_numeric():
        return _compares(value, column, pattern)
    if column.startswith(STATE) and isinstance(pattern, str) and _COMPARISON.fullmatch(pattern):
        return _compares(_number(cast("StringValue", value)), column, pattern)
    if not value.type().is_string():
        raise ProfileError(f"[[kinds]] cannot test {column}. Test a column of text or numbers.")
    capitals = _capitals(value, column)
    if isinstance(pattern, tuple):
        return equals_any(capitals, [text.upper() for text in pattern])
    fits = _fits_glob(capitals, pattern.upper())
    if pattern[0].upper() >= "A" and capitals is not value:
        # Most order numbers begin with a digit, which is less than any letter.
        return cast("BooleanValue", ibis.ifelse(value >= "A", fits, False))
    return fits


def _number(text: "StringValue") -> "Value":
    """Return a number in a column that we do not map, whichever decimal mark it has."""
    return ibis.coalesce(read_number(text, "point", MONEY), read_number(text, "comma", MONEY))


def _fits_glob(text: "StringValue", glob: str) -> "BooleanValue":
    start, *middle, end = glob.split("*")
    if middle:
        return text.re_search("^" + ".*".join(re.escape(part) for part in glob.split("*")) + "$")
    if start and end:
        return text.startswith(start) & text.endswith(end)
    return text.startswith(start) if start else text.endswith(end)


def _compares(value: "Value", column: str, pattern: str | tuple[str, ...]) -> "BooleanValue":
    comparison = _COMPARISON.fullmatch(pattern) if isinstance(pattern, str) else None
    if not comparison:
        raise ProfileError(
            f'[[kinds]] {column} = "{pattern}" must compare with a number, such as "< 0".'
        )
    bound = ibis.literal(comparison[2]).cast(value.type())
    compare = {
        "<": value.__lt__, "<=": value.__le__, ">": value.__gt__,
        ">=": value.__ge__, "=": value.__eq__,
    }  # fmt: skip
    return cast("BooleanValue", compare[comparison[1]](bound))
