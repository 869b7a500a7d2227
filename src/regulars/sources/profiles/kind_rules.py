"""The section [[kinds]] of a profile: rules for the kinds of lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.core.errors import ProfileError
from regulars.core.kinds import SOURCE_KINDS
from regulars.sources.profiles.checks import one_of, texts
from regulars.sources.states.words import DISCOUNT

_EXAMPLE = '["C*", "R*"]'


@dataclass(frozen=True)
class KindRule:
    """The kind of lines that meet all conditions, and the reason shown to people.

    A condition is a column, ours or one of the source, and its patterns: case-insensitive globs for
    text ("C*"), a comparison for numbers ("< 0"), or "present" / "missing".

    as_written  leave the signs of returns as the source writes them, as in a credit note that
                also takes something back
    """

    kind: str
    because: str
    conditions: Mapping[str, tuple[str, ...]]
    as_written: bool = False


def parse_kinds(
    rules: list[dict[str, Any]], where: str, general: tuple[KindRule, ...], *, is_alone: bool
) -> tuple[KindRule, ...]:
    """Return the kind rules of a profile; after its own come the `general` ones.

    Without those, a profile that only names postage would count refunds as sales. `is_alone` means
    that the profile has all rules for its source, unless it has none.

    Raises ProfileError, naming the rule, if one is malformed.
    """
    own = _kinds(rules, where)
    return own if is_alone and own else (*own, *general)


def _kinds(rules: list[dict[str, Any]], where: str) -> tuple[KindRule, ...]:
    return tuple(_kind(rule, f"{where}, [[kinds]] number {n}") for n, rule in enumerate(rules, 1))


def _kind(rule: dict[str, Any], where: str) -> KindRule:
    keys = ("kind", "because", "as_written")
    conditions = {key: value for key, value in rule.items() if key not in keys}
    if not conditions or "kind" not in rule or "because" not in rule:
        raise ProfileError(f'{where} needs kind, because, and a condition such as order_id = "C*".')
    one_of(rule["kind"], (*SOURCE_KINDS, DISCOUNT), f"{where}, kind")
    return KindRule(
        rule["kind"],
        rule["because"],
        {
            column: texts(patterns, f"{where}, {column}", _EXAMPLE)
            for column, patterns in conditions.items()
        },
        as_written=rule.get("as_written") is True,
    )
