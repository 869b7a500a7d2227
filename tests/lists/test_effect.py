"""The effect of a campaign, worked out by hand, and its interval against the textbook."""

from dataclasses import astuple
from statistics import mean, stdev

import numpy as np
import pytest

from regulars.lists.effect import (
    Effect,
    Spending,
    difference_in_shares,
    estimate_effect,
    smallest_effect,
    spread,
)


def spent(*amounts: float) -> Spending:
    """Return the spending of customers without net sales before."""
    return Spending(amounts, [0.0] * len(amounts))


def rounded(effect: Effect) -> tuple[float, ...]:
    return tuple(round(one, 9) for one in astuple(effect.difference))


def test_groups_that_all_spend_the_same_differ_without_doubt() -> None:
    effect = estimate_effect(spent(*[10] * 30), spent(*[8] * 10))
    assert rounded(effect) == (2, 2, 2)
    assert effect.difference.is_beyond_chance
    assert effect.smallest == 0


def test_nobody_bought_shows_no_effect() -> None:
    effect = estimate_effect(spent(*[0] * 30), spent(*[0] * 10))
    assert rounded(effect) == (0, 0, 0)
    assert not effect.difference.is_beyond_chance


def test_what_customers_spent_before_explains_a_raw_difference() -> None:
    # Everyone spends twice what they spent before; contacted customers spend 3 more. Means: 2 x 25
    # + 3 = 53 against 2 x 55 = 110, so raw, those contacted spend 57 less. The largest amounts, 60
    # and 120, count as the 95th percentiles, 57.5 and 115. The mean before is then 207.5 / 6, and
    # the adjusted means are twice that, and 3 more.
    treatment = Spending([23, 43, 63, 83], [10, 20, 30, 40])
    control = Spending([100, 120], [50, 60])
    effect = estimate_effect(treatment, control)
    assert rounded(effect) == (3, 3, 3)
    assert effect.treatment.value == pytest.approx(2 * 207.5 / 6 + 3)
    assert effect.control.value == pytest.approx(2 * 207.5 / 6)


def test_largest_amount_counts_as_the_95th_percentile_of_those_who_bought() -> None:
    # Of 21 customers who spent 1 to 20 and 1,000, the 95th percentile is the twentieth: 20. Those
    # who bought nothing do not change it. Means: (210 + 20) / 30 and 0.
    effect = estimate_effect(spent(*range(1, 21), 1_000, *[0] * 9), spent(*[0] * 10))
    assert effect.cap == 20
    assert effect.difference.value == pytest.approx(230 / 30)


def test_rare_purchases_are_not_winsorised_away() -> None:
    # 1 of 200 customers bought: the 95th percentile of everyone is 0, of those who bought 50.
    effect = estimate_effect(spent(50, *[0] * 99), spent(*[0] * 100))
    assert effect.difference.value == pytest.approx(0.5)


def test_a_large_refund_counts_as_the_5th_percentile_of_those_who_bought() -> None:
    # Of -1,000 and 1 to 20, the 5th percentile is 1, but not buying is less: the refund counts as
    # 0. The 95th is 19, so 20 counts as 19, and the sum is 190 + 19.
    effect = estimate_effect(spent(-1_000, *range(1, 21)), spent(*[0] * 10))
    assert effect.difference.value == pytest.approx(209 / 21)
    # Half of the customers who count return 30: the 5th percentile is -30.
    effect = estimate_effect(spent(-30, -30, 30, 30), spent(0, 0))
    assert effect.difference.value == 0


def test_interval_is_that_of_the_textbook_where_the_textbook_holds() -> None:
    # Amounts of a bell curve, all above zero. The textbook: difference +- 1.96 standard errors.
    random = np.random.default_rng(1)
    amounts = np.clip(random.normal(100, 10, 500), 84, 116)
    treatment, control = amounts[:400].tolist(), amounts[400:].tolist()
    effect = estimate_effect(spent(*treatment), spent(*control), resamples=4_000)
    low, high = np.quantile(amounts, (0, 0.95))
    capped = [np.clip(one, low, high).tolist() for one in (treatment, control)]
    error = (stdev(capped[0]) ** 2 / 400 + stdev(capped[1]) ** 2 / 100) ** 0.5
    difference = mean(capped[0]) - mean(capped[1])
    assert effect.difference.value == pytest.approx(difference)
    assert effect.difference.high - effect.difference.low == pytest.approx(
        2 * 1.96 * error, rel=0.06
    )
    assert effect.smallest == pytest.approx(2.8 * error, rel=0.06)


def test_order_of_customers_changes_nothing() -> None:
    random = np.random.default_rng(2)
    pairs = random.gamma(1, 50, (60, 2)).tolist()
    treatment, control = pairs[:45], pairs[45:]

    def effect(treatment: list[list[float]], control: list[list[float]]) -> Effect:
        groups = (
            Spending([row[0] for row in rows], [row[1] for row in rows])
            for rows in (treatment, control)
        )
        return estimate_effect(*groups)

    assert effect(treatment, control) == effect(treatment[::-1], control[::-1])


def test_smallest_effect_is_2_8_standard_errors() -> None:
    # The standard error of two means is 10 x (1/100 + 1/25) ^ 1/2 = 2.2361; 1.95996 + 0.84162 of
    # them are 6.2645. It takes four times the customers to see half of that.
    assert smallest_effect(10, 100, 25) == pytest.approx(6.2645, abs=1e-4)
    assert smallest_effect(10, 400, 100) == pytest.approx(3.1323, abs=1e-4)


def test_spread_is_the_standard_deviation_of_adjusted_amounts() -> None:
    # 0, 2, 0, 2 deviate by 1 from their mean: variance 4 / 3.
    assert spread(spent(0, 2, 0, 2)) == pytest.approx((4 / 3) ** 0.5)
    assert spread(Spending([20, 40, 60], [10, 20, 30])) == pytest.approx(0)


@pytest.mark.parametrize(
    ("treatment", "control", "interval"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ],
)
def test_the_interval_of_a_difference_between_shares_is_the_published_one(
    treatment: tuple[int, int], control: tuple[int, int], interval: tuple[float, float]
) -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table II, method 10.
    difference = difference_in_shares(treatment, control)
    assert difference.value == treatment[0] / treatment[1] - control[0] / control[1]
    assert (difference.low, difference.high) == pytest.approx(interval, abs=0.00005)
