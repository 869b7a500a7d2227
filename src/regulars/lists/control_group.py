"""The control group: customers held out at random, so that what a campaign did can be measured.

Each customer draws the MD5 of the list's seed and their number: a number that hangs on nothing
else, so every engine draws the same, whatever order its rows have. Within each stratum those with
the lowest draws are held out: stratified random sampling with proportional allocation (Cochran,
Sampling Techniques, 1977, chapter 5). How many that is in each stratum is settled by largest
remainders (Hamilton's method), so that the strata add up to the share of the whole.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Self, cast

import ibis

from regulars.core.errors import QuestionError, did_you_mean

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table, Value

TREATMENT, CONTROL = "treatment", "control"
STRATA = ("segment", "favourite_category", "none")
"""By what a control group can be stratified."""


def _named(_: object) -> None: ...


_md5 = ibis.udf.scalar.builtin(_named, name="md5", signature=(("string",), "string"))
"""The MD5 of a text in hex, on which engines agree."""


@dataclass(frozen=True)
class Control:
    """Who is held out of a list.

    share          of those who would go out, 0 to below 1
    stratified_by  the column whose values are each held out alike: segment, favourite_category
                   or none
    seed           what draws hang on; without one, one is drawn that nobody can foretell
    """

    share: float = 0.0
    stratified_by: str = "segment"
    seed: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise QuestionError(
                f"A control group of {self.share:g} of a list cannot be: say a share from 0 to "
                "below 1, such as 10%."
            )
        if self.stratified_by not in STRATA:
            raise QuestionError(
                f'A control group cannot be stratified by "{self.stratified_by}".'
                + did_you_mean(self.stratified_by, STRATA)
            )

    def seeded(self) -> Self:
        """Return it with a seed."""
        return self if self.seed is not None else replace(self, seed=secrets.token_hex(16))

    def stratum(self, people: "Table") -> "StringValue":
        """Return the stratum of each customer, none of them empty."""
        if self.stratified_by == "none":
            return cast("StringValue", ibis.literal(""))
        return cast("StringValue", people[self.stratified_by].fill_null(""))

    def roles(self, people: "Table", held_out: Mapping[str, int]) -> "Value":
        """Return treatment or control for each customer, nothing for those who are excluded.

        `people` has customer_id, stratum and excluded; `held_out` is how many of each stratum.
        """
        draw = _md5(ibis.literal(f"{self.seed}:") + people.customer_id)
        goes_out = people.excluded.isnull()
        place = ibis.row_number().over(
            group_by=[people.stratum, goes_out], order_by=[draw, people.customer_id]
        )
        branches = [(people.stratum == name, held) for name, held in held_out.items() if held]
        quota = ibis.cases(*branches, else_=0) if branches else ibis.literal(0)
        role = ibis.ifelse(place < quota, CONTROL, TREATMENT)
        return ibis.ifelse(goes_out, role, ibis.null("string"))


def quotas(sizes: Mapping[str, int], share: float) -> dict[str, int]:
    """Return how many of each stratum are held out: together the share of all, rounded to nearest.

    Each stratum gives the whole part of its share; what is left over goes to the largest
    remainders, of equal ones to the first by name.
    """
    total = sum(sizes.values())
    wanted = int(total * Fraction(Decimal(str(share))) + Fraction(1, 2))
    shares = {name: Fraction(size * wanted, total or 1) for name, size in sizes.items()}
    held = {name: int(part) for name, part in shares.items()}
    left = sorted(shares, key=lambda name: (held[name] - shares[name], name))
    for name in left[: wanted - sum(held.values())]:
        held[name] += 1
    return held


def share_of(text: str) -> float:
    """Return a share as people write it: 10% or 0.1. Raises QuestionError for anything else."""
    number, percent, rest = text.strip().partition("%")
    try:
        value = Decimal(number.strip())
    except ArithmeticError:
        value = Decimal("NaN")
    if rest or not value.is_finite():
        raise QuestionError(f'"{text}" is no share; write it as 10% or 0.1.')
    return float(value.scaleb(-2) if percent else value)
