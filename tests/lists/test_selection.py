"""Selections: segments of the whole shop, filtered by what customers bought, where and when."""

from decimal import Decimal
from typing import Any

import pytest

from lists.conftest import CUSTOMERS, preview_in
from regulars.core.errors import InputError
from regulars.lists.api import Selection, select_customers
from support.loaded_warehouse import LoadedWarehouse
from support.warehouses import ResultRows


def chosen(shop: LoadedWarehouse, **options: Any) -> ResultRows:
    with shop.open() as warehouse:
        rows = list(warehouse.rows(select_customers(warehouse, Selection(**options))))
    return sorted(rows, key=lambda row: row["customer_id"])


def names(rows: ResultRows) -> list[str]:
    return [row["customer_id"] for row in rows]


def test_without_segment_or_filter_every_known_customer_with_a_purchase_is_selected(
    shop: LoadedWarehouse,
) -> None:
    assert names(chosen(shop)) == CUSTOMERS


def test_the_columns_of_each_customer_equal_hand_calculations(shop: LoadedWarehouse) -> None:
    rows = {
        row["customer_id"]: (
            row["recency"], row["frequency"], row["monetary"], row["favourite_category"]
        )
        for row in chosen(shop)
    }  # fmt: skip
    # The snapshot is 4 March, the day after the last order.
    assert rows == {
        "ann": (28, 2, Decimal(40), "Books"),
        "bob": (13, 1, Decimal(20), "Toys"),
        "cem": (7, 2, Decimal(60), "Books"),
        "dee": (3, 1, Decimal(0), "Toys"),
        "eva": (44, 1, Decimal(5), None),
    }


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"where": {"location": "Wales"}}, ["ann", "cem"]),
        ({"where": {"category": "toys"}, "since": "2024-02-01"}, ["bob", "cem", "dee"]),
        ({"where": {"category": "Books", "location": "Kent"}}, []),
        ({"where": {"location": ["Kent", "Wales"]}, "until": "2024-01-31"}, ["ann", "eva"]),
        ({"where": {"customer_id": ["ann", "dee"]}}, ["ann", "dee"]),
        ({"since": "2024-03-02"}, []),  # a return is not a purchase, and guests are never selected
    ],
)
def test_filters_select_customers_with_matching_purchases(
    shop: LoadedWarehouse, filters: dict[str, Any], expected: list[str]
) -> None:
    assert names(chosen(shop, **filters)) == expected


def test_what_matches_the_filters_and_days_is_shown_apart(shop: LoadedWarehouse) -> None:
    toys = {"where": {"category": "toys"}, "since": "2024-02-01"}
    rows = [
        (row["customer_id"], row["matching_orders"], row["matching_net_sales"], row["monetary"])
        for row in chosen(shop, **toys)
    ]
    # Kites cost 10. Cem also bought an atlas for 30, and dee returned both kites on 2 March.
    assert rows == [("bob", 1, 20, 20), ("cem", 1, 30, 60), ("dee", 1, 0, 0)]
    assert [row["matching_net_sales"] for row in chosen(shop, **toys, until="2024-03-01")] == [
        20, 30, 20
    ]  # fmt: skip
    assert {row["matching_orders"] for row in chosen(shop)} == {None}


def test_a_preview_begins_with_the_highest_matching_net_sales(shop: LoadedWarehouse) -> None:
    # In January ann spent 10 and eva 5; to date ann 40, and cem 60.
    january = Selection(since="2024-01-01", until="2024-01-31")
    assert names([*preview_in(shop, january).rows]) == ["ann", "eva"]
    kites = Selection(where={"category": "Toys"}, until="2024-03-01")
    assert names([*preview_in(shop, kites).rows]) == ["cem", "bob", "dee", "ann"]


def test_filters_change_no_scores_segments_or_totals(shop: LoadedWarehouse) -> None:
    rfm = {row["customer_id"]: row for row in shop.ask("rfm")}
    for row in chosen(shop, where={"location": "Wales"}, since="2024-02-01"):
        for column in ("segment", "recency", "frequency", "monetary"):
            assert row[column] == rfm[row["customer_id"]][column]


def test_segments_equal_rfm_and_give_the_reason(shop: LoadedWarehouse) -> None:
    rfm = shop.ask("rfm")
    for segment in {row["segment"] for row in rfm}:
        rows = chosen(shop, segments=segment.lower())
        assert names(rows) == [row["customer_id"] for row in rfm if row["segment"] == segment]
    reasons = {row["segment"]: row["reason"] for row in shop.ask("segments")}
    several = chosen(shop, segments=list(reasons))
    assert names(several) == CUSTOMERS
    assert all(row["reason"] == reasons[row["segment"]] for row in several)


def test_without_a_segment_the_filters_are_the_reason_without_customer_ids(
    shop: LoadedWarehouse,
) -> None:
    filters = {"category": ["Toys", "Books"], "customer_id": ["ann", "bob"]}
    rows = chosen(shop, where=filters, since="2024-01-01", until="2024-03-01")
    assert {row["reason"] for row in rows} == {
        "Bought: category Toys or Books, selected by customer ID, from 2024-01-01, until 2024-03-01"
    }


def test_as_of_scores_customers_on_another_day(shop: LoadedWarehouse) -> None:
    rows = chosen(shop, as_of="2024-02-06")
    assert [(row["customer_id"], row["recency"], row["frequency"]) for row in rows] == [
        ("ann", 1, 2), ("eva", 17, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"segments": "Campions"}, 'no segment "Campions". Did you mean "Champions"?'),
        ({"where": {"category": "Toy"}}, 'No category is "Toy". Did you mean "Toys"?'),
        ({"where": {"colour": "red"}}, 'You cannot filter by "colour"'),
        ({"since": "2024-02-01", "until": "2024-01-01"}, "begins on 2024-02-01, after"),
        ({"as_of": "yesterday"}, '"yesterday" is not a date'),
    ],
)
def test_unknown_names_and_invalid_days_are_refused(
    shop: LoadedWarehouse, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as error:
        preview_in(shop, Selection(**options))
    assert message in str(error.value)
