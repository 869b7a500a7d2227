"""How soon customers order again, counted by hand in the small shop.

The data ends on 10 April. Ann, Bob and Cid ordered in its first month, so nobody knows whether they
were new. Dee first ordered on 10 February, 60 days before the end, and again after 52 days. Fay and
Gus first ordered on 29 February, 41 days before the end, and Hal on 8 April.
"""

from typing import Any

import pytest

from support.warehouses import BuiltWarehouse

COUNTS = ("within_days", "customers", "ordered_again", "share", "median_days")


def test_only_customers_observed_for_long_enough_count(shop: BuiltWarehouse) -> None:
    assert shop.columns("second_orders", *COUNTS) == [
        (30, 3, 0, 0.0, None),
        (60, 1, 1, 1.0, 52.0),
        (90, 0, 0, None, None),
        (180, 0, 0, None, None),
        (365, 0, 0, None, None),
    ]


@pytest.mark.parametrize(
    ("filters", "within_30", "within_60"),
    [
        ({"where": {"location": "FR"}}, 1, 1),
        ({"where": {"location": "DE"}}, 2, 0),
        # Dee's first order had a hat in it; her second had none.
        ({"where": {"product_id": "H1"}}, 1, 1),
        ({"where": {"location": "UK"}}, 0, 0),
        ({"since": "2024-02-15"}, 2, 0),
        ({"until": "2024-02-15"}, 1, 1),
    ],
)
def test_a_filter_selects_customers_by_their_first_order(
    shop: BuiltWarehouse, filters: dict[str, Any], within_30: int, within_60: int
) -> None:
    customers = dict(shop.columns("second_orders", "within_days", "customers", **filters))
    assert (customers[30], customers[60]) == (within_30, within_60)


def test_a_filter_finds_who_ordered_again(shop: BuiltWarehouse) -> None:
    again = shop.columns("rfm", "customer_id", where={"ordered_again": "within 60 days"})
    assert again == [("Dee",)]
