"""Control groups: customers held out at random, so that you can measure a campaign.

Each customer draws the MD5 of the list's seed and their customer ID. The draw depends on nothing
else, so every engine holds out the same customers, in any row order. Within each stratum the lowest
draws are held out: stratified random sampling with proportional allocation (Cochran, Sampling
Techniques, 1977, chapter 5). Largest remainders (Hamilton's method) round the number per stratum,
so that the strata add up to the share of the whole list.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Self, cast

import ibis

from regulars.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table, Value

TREATMENT, CONTROL = "treatment", "control"
STRATA = ("segment", "favourite_category", "none")
"""What a control group can be stratified by."""


def _md5_signature(_: object) -> None: ...


_md5 = ibis.udf.scalar.builtin(_md5_signature, name="md5", signature=(("string",), "string"))
"""The MD5 of a text in hex: the same on every engine."""


@dataclass(frozen=True)
class Control:
    """How to hold out a control group.

    share          share of the eligible customers to hold out, from 0 to below 1
    stratified_by  column whose values each give the same share: segment, favourite_category or none
    seed           seed of the random draw; by default a new one that cannot be predicted
    """

    share: float = 0.0
    stratified_by: str = "segment"
    seed: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise InputError(
                "The control group must be at least 0% and less than 100% of the list, such as "
                f"10% (0.1), not {self.share:g}."
            )
        if self.stratified_by not in STRATA:
            raise InputError(
                f'A control group cannot be stratified by "{self.stratified_by}".'
                + did_you_mean(self.stratified_by, STRATA)
            )

    def seeded(self) -> Self:
        """Return these settings with a seed."""
        return self if self.seed is not None else replace(self, seed=secrets.token_hex(16))

    def stratum(self, customers: "Table") -> "StringValue":
        """Return each customer's stratum, never null."""
        if self.stratified_by == "none":
            return cast("StringValue", ibis.literal(""))
        return cast("StringValue", customers[self.stratified_by].fill_null(""))

    def roles(self, customers: "Table", held_out: Mapping[str, int]) -> "Value":
        """Return each customer's role, treatment or control, or null if they are excluded.

        `customers` has customer_id, stratum and excluded; `held_out` is how many customers to hold
        out of each stratum.
        """
        draw = _md5(ibis.literal(f"{self.seed}:") + customers.customer_id)
        is_eligible = customers.excluded.isnull()
        rank = ibis.row_number().over(
            group_by=[customers.stratum, is_eligible], order_by=[draw, customers.customer_id]
        )
        branches = [(customers.stratum == name, number) for name, number in held_out.items()
                    if number]  # fmt: skip
        quota = ibis.cases(*branches, else_=0) if branches else ibis.literal(0)
        role = ibis.ifelse(rank < quota, CONTROL, TREATMENT)
        return ibis.ifelse(is_eligible, role, ibis.null("string"))


def quotas(sizes: Mapping[str, int], share: float) -> dict[str, int]:
    """Return how many customers to hold out of each stratum, for strata of these sizes.

    The numbers add up to the share of the total, rounded to the nearest customer. Each stratum
    gives the whole part of its share; the rest goes to the largest remainders, ties by name.
    """
    total = sum(sizes.values())
    wanted = int(total * Fraction(Decimal(str(share))) + Fraction(1, 2))
    shares = {name: Fraction(size * wanted, total or 1) for name, size in sizes.items()}
    numbers = {name: int(part) for name, part in shares.items()}
    by_remainder = sorted(shares, key=lambda name: (numbers[name] - shares[name], name))
    for name in by_remainder[: wanted - sum(numbers.values())]:
        numbers[name] += 1
    return numbers


def parse_share(text: str) -> float:
    """Return a share written as 10% or 0.1. Raises InputError for any other text."""
    number, percent, rest = text.strip().partition("%")
    try:
        value = Decimal(number.strip())
    except ArithmeticError:
        value = Decimal("NaN")
    if rest or not value.is_finite():
        raise InputError(f'"{text}" is not a share. Write it as 10% or 0.1.')
    return float(value.scaleb(-2) if percent else value)
