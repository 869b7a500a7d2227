"""How often an effect is found among real customers: where there is none, and where there is one.

Groups are drawn as for a list, again and again, from the customers of Online Retail II.
"""

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
import pytest

from regulars.engines.protocols import ReaderTables
from regulars.lists.api import Selection
from regulars.lists.control_group import quotas
from regulars.lists.effect import (
    Effect,
    Spending,
    estimate_effect,
    smallest_effect,
    spread,
)
from regulars.lists.selection import ResolvedSelection
from regulars.lists.spending import with_spending
from support.warehouses import BuiltWarehouse, ResultRows

DRAWS = 350
ORDER = 300.0
"""An ordinary order: the median customer who bought spent 358 in these days."""
START, LAST = date(2011, 6, 1), date(2011, 7, 30)


@pytest.fixture(scope="module")
def customers(standard: BuiltWarehouse) -> ResultRows:
    """Everyone who had bought by June 2011, with their segment and what they spent then."""
    tables = ReaderTables(standard.warehouse.reader)
    selection = ResolvedSelection.of(Selection(as_of=datetime(2011, 6, 1)), tables)
    scored = selection.scored().select("customer_key", "segment")
    rows = with_spending(scored, tables.table("fact_sales"), START, LAST)
    return sorted(standard.fetch(rows), key=lambda row: row["customer_key"])


def effects(
    rows: ResultRows, size: int, share: float, *, seed: int, gain: float = 0, draws: int = DRAWS
) -> Iterator[Effect]:
    """Yield the effect in lists of this size with a control group, stratified by segment.

    gain  what contacted customers spend more per head, in ordinary orders
    """
    random = np.random.default_rng(seed)
    spending = np.array([[float(row["net_sales"]), float(row["before"])] for row in rows])
    segments = np.array([row["segment"] for row in rows])
    for _ in range(draws):
        chosen = random.permutation(len(rows))[:size]
        names, sizes = np.unique(segments[chosen], return_counts=True)
        numbers = quotas(dict(zip(names.tolist(), sizes.tolist(), strict=True)), share)
        held_out = [
            chosen[segments[chosen] == name][:number] for name, number in numbers.items() if number
        ]
        is_control = np.isin(chosen, np.concatenate(held_out))
        treatment, control = spending[chosen[~is_control]], spending[chosen[is_control]]
        treatment[:, 0] += ORDER * (random.random(len(treatment)) * ORDER < gain)
        groups = (Spending(*group.T.tolist()) for group in (treatment, control))
        yield estimate_effect(*groups)


def test_an_effect_is_found_where_there_is_none_in_at_most_6_of_100_lists(
    customers: ResultRows,
) -> None:
    away = [row for row in customers if row["segment"] in ("At Risk", "Hibernating")]
    lists = [
        *effects(customers, 575, 0.1, seed=1),
        *effects(customers, 300, 0.5, seed=2),
        *effects(away, 500, 0.2, seed=3),
    ]
    assert len(lists) == 3 * DRAWS
    assert sum(one.difference.is_beyond_chance for one in lists) <= 0.06 * len(lists)


def test_an_effect_of_the_promised_size_is_found_in_four_of_five_lists(
    customers: ResultRows,
) -> None:
    usual = Spending(
        [float(row["net_sales"]) for row in customers], [float(row["before"]) for row in customers]
    )
    smallest = smallest_effect(spread(usual), 150, 150)
    lists = [*effects(customers, 300, 0.5, seed=4, gain=smallest, draws=100)]
    assert sum(one.difference.is_beyond_chance for one in lists) / len(lists) == pytest.approx(
        0.8, abs=0.1
    )
