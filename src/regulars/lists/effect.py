"""The effect of a campaign: contacted customers minus control group, in net sales per head.

1. Winsorise: the largest amounts, and the most negative ones, count as the 95th and 5th percentile
   of the customers with any (Wilcox, Introduction to Robust Estimation and Hypothesis Testing,
   2012, chapter 3), so that one customer does not decide the result.
2. Adjust by CUPED: subtract what a customer's net sales before the campaign predict (Deng, Xu,
   Kohavi and Walker, Improving the Sensitivity of Online Controlled Experiments by Utilizing
   Pre-Experiment Data, WSDM 2013), with the slope within the groups.
3. Bootstrap the difference of the means by customer (Efron and Tibshirani, An Introduction to the
   Bootstrap, 1993, chapter 16): each resample draws both groups from all customers, each as a
   deviation from the mean of their group. With the few customers of a control group, resampling
   each group by itself finds an effect where there is none two to three times as often as it
   should.

The difference between the shares who bought has the interval of Newcombe (Interval estimation for
the difference between independent proportions, Statistics in Medicine 17, 1998, method 10).

Importing this module imports NumPy.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Amounts = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CAP = 0.95
"""The percentile, among customers with any net sales, that a customer counts for at most."""

CONFIDENCE, POWER = 0.95, 0.8
RESAMPLES = 2_000
SEED = 20131
"""Any fixed number: the same data gives the same interval."""

_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Spending:
    """What the customers of a group spent, in the same order: since the campaign, and before it."""

    net_sales: "Sequence[float]"
    before: "Sequence[float]"

    def sorted(self) -> "Spending":
        """Return the customers in an order that depends on nothing but the amounts."""
        pairs = sorted(zip(self.net_sales, self.before, strict=True))
        return Spending([now for now, _ in pairs], [before for _, before in pairs])


@dataclass(frozen=True)
class Estimate:
    """A figure with the ends of its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Effect:
    """The effect of a campaign on net sales per head.

    difference  what contacted customers spent more than the control group
    treatment   what contacted customers spent, winsorised and adjusted; `control` the same
    smallest    the smallest difference that such groups show in 4 of 5 campaigns
    cap         the most that a customer counts for, before the adjustment
    """

    difference: Estimate
    treatment: Estimate
    control: Estimate
    smallest: float
    cap: float


def estimate_effect(
    treatment: Spending, control: Spending, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Effect:
    """Return the effect of a campaign. Both groups need a customer, and together three."""
    groups = treatment.sorted(), control.sorted()
    is_treated = np.arange(len(treatment.net_sales) + len(control.net_sales)) < len(
        treatment.net_sales
    )
    net_sales, before = _amounts(*groups)
    adjusted = _adjusted(net_sales, before, is_treated)
    residuals = _residuals(adjusted, is_treated)
    sizes = int(is_treated.sum()), int((~is_treated).sum())
    means = adjusted[is_treated].mean(), adjusted[~is_treated].mean()
    random = np.random.default_rng(seed)
    errors = [_mean_errors(residuals, size, resamples, random) for size in sizes]
    return Effect(
        _estimate(means[0] - means[1], errors[0] - errors[1]),
        _estimate(means[0], errors[0]),
        _estimate(means[1], errors[1]),
        smallest_effect(_spread(residuals), *sizes),
        float(net_sales.max()),
    )


def difference_in_shares(treatment: tuple[int, int], control: tuple[int, int]) -> Estimate:
    """Return how much larger the share of buyers is among contacted customers.

    Each group is its number of buyers and of customers. Both need a customer.
    """
    treated, held_out = _wilson(*treatment), _wilson(*control)
    value = treated.value - held_out.value
    below = ((treated.value - treated.low) ** 2 + (held_out.high - held_out.value) ** 2) ** 0.5
    above = ((treated.high - treated.value) ** 2 + (held_out.value - held_out.low) ** 2) ** 0.5
    return Estimate(value, value - below, value + above)


def _wilson(buyers: int, customers: int) -> Estimate:
    """Return a share with its score interval (Wilson, JASA 22, 1927)."""
    z2 = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) ** 2
    share = buyers / customers
    middle = (buyers + z2 / 2) / (customers + z2)
    spread = (z2 * (share * (1 - share) + z2 / (4 * customers)) * customers) ** 0.5
    return Estimate(share, middle - spread / (customers + z2), middle + spread / (customers + z2))


def spread(spending: Spending) -> float:
    """Return the standard deviation of net sales per head, winsorised and adjusted."""
    net_sales, before = _amounts(spending)
    everyone = np.ones(len(net_sales), dtype=bool)
    return _spread(_residuals(_adjusted(net_sales, before, everyone), everyone))


def smallest_effect(spread: float, treatment: int, control: int) -> float:
    """Return the smallest difference per head that groups of these sizes show with 80% power.

    spread  the standard deviation of net sales per head

    This is the usual formula for two means (Bloom, Minimum Detectable Effects, Evaluation Review
    19, 1995): 2.8 standard errors.
    """
    normal = NormalDist()
    errors = normal.inv_cdf(0.5 + CONFIDENCE / 2) + normal.inv_cdf(POWER)
    return float(errors * spread * (1 / treatment + 1 / control) ** 0.5)


def _amounts(*groups: Spending) -> "tuple[Amounts, Amounts]":
    """Return net sales since the campaign and before it, winsorised over all groups."""
    net_sales = np.array([amount for one in groups for amount in one.net_sales], dtype=float)
    before = np.array([amount for one in groups for amount in one.before], dtype=float)
    return _winsorised(net_sales), _winsorised(before)


def _winsorised(amounts: "Amounts") -> "Amounts":
    nonzero = amounts[amounts != 0]
    if not nonzero.size:
        return amounts
    low, high = np.quantile(nonzero, (1 - CAP, CAP))
    return np.clip(amounts, min(low, 0), max(high, 0))


def _adjusted(net_sales: "Amounts", before: "Amounts", is_treated: "Flags") -> "Amounts":
    """Return net sales minus what the net sales before predict."""
    history, sales = _centred(before, is_treated), _centred(net_sales, is_treated)
    variation = (history**2).sum()
    slope = (history * sales).sum() / variation if variation else 0.0
    adjusted: Amounts = net_sales - slope * (before - before.mean())
    return adjusted


def _centred(amounts: "Amounts", is_treated: "Flags") -> "Amounts":
    """Return each amount minus the mean of its group."""
    centred = amounts.copy()
    for group in (is_treated, ~is_treated):
        if group.any():
            centred[group] -= amounts[group].mean()
    return centred


def _residuals(adjusted: "Amounts", is_treated: "Flags") -> "Amounts":
    """Return the deviations from the groups, scaled to the variance of the population."""
    groups = len({True, False} & set(is_treated.tolist()))
    size = len(adjusted)
    scaled: Amounts = _centred(adjusted, is_treated) * (size / max(size - groups, 1)) ** 0.5
    return scaled


def _spread(residuals: "Amounts") -> float:
    return float((residuals**2).mean() ** 0.5)


def _mean_errors(
    residuals: "Amounts", size: int, resamples: int, random: np.random.Generator
) -> "Amounts":
    """Return the mean of each resample of this size, in blocks that fit in memory."""
    block = max(1, _DRAWS_AT_ONCE // size)
    counts = [min(block, resamples - start) for start in range(0, resamples, block)]
    smallest = np.min_scalar_type(len(residuals))  # twice as fast as 32 bits
    draws = (random.integers(0, len(residuals), (count, size), smallest) for count in counts)
    return np.concatenate([residuals[draw].mean(axis=1) for draw in draws])


def _estimate(value: float, errors: "Amounts") -> Estimate:
    """Return a figure with its interval, from the errors that resampling shows."""
    high, low = np.quantile(errors, (0.5 + CONFIDENCE / 2, 0.5 - CONFIDENCE / 2))
    return Estimate(float(value), float(value - high), float(value - low))
