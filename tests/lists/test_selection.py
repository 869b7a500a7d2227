"""Whom a list is of: segments of the whole shop, narrowed by what customers bought, where, when."""

from decimal import Decimal

import pytest

from lists.conftest import EVERYBODY, previewed
from regulars.core.errors import InputError
from regulars.lists.api import Selection, select_customers


def chosen(shop, **told):
    with shop.open() as warehouse:
        rows = list(warehouse.rows(select_customers(warehouse, Selection(**told))))
    return sorted(rows, key=lambda row: row["customer_id"])


def names(rows):
    return [row["customer_id"] for row in rows]


def test_without_a_segment_or_filter_it_is_every_known_customer_who_bought(shop):
    assert names(chosen(shop)) == EVERYBODY


def test_what_it_says_of_each_customer_is_worked_out_by_hand(shop):
    told = {
        row["customer_id"]: (
            row["recency"], row["frequency"], row["monetary"], row["favourite_category"]
        )
        for row in chosen(shop)
    }  # fmt: skip
    # The snapshot is 4 March, the day after the last order.
    assert told == {
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
        ({"since": "2024-03-02"}, []),  # a return is no purchase, and a guest is nobody
    ],
)
def test_filters_choose_those_who_bought_such_a_thing(shop, filters, expected):
    assert names(chosen(shop, **filters)) == expected


def test_filters_change_neither_scores_nor_segments_nor_sums(shop):
    whole = {row["customer_id"]: row for row in shop.ask("rfm")}
    for row in chosen(shop, where={"location": "Wales"}, since="2024-02-01"):
        told = whole[row["customer_id"]]
        for column in ("segment", "recency", "frequency", "monetary"):
            assert row[column] == told[column]


def test_each_segment_is_that_of_rfm_and_gives_its_reason(shop):
    whole = shop.ask("rfm")
    for segment in {row["segment"] for row in whole}:
        rows = chosen(shop, segments=segment.lower())
        assert names(rows) == [row["customer_id"] for row in whole if row["segment"] == segment]
    reasons = {row["segment"]: row["reason"] for row in shop.ask("segments")}
    several = chosen(shop, segments=list(reasons))
    assert names(several) == EVERYBODY
    assert all(row["reason"] == reasons[row["segment"]] for row in several)


def test_without_a_segment_the_filters_are_the_reason_and_no_customer_is_named(shop):
    filters = {"category": ["Toys", "Books"], "customer_id": ["ann", "bob"]}
    rows = chosen(shop, where=filters, since="2024-01-01", until="2024-03-01")
    said = "Bought: category Toys or Books, named one by one, from 2024-01-01, until 2024-03-01"
    assert {row["reason"] for row in rows} == {said}


def test_it_can_look_back_from_another_day(shop):
    rows = chosen(shop, as_of="2024-02-06")
    assert [(row["customer_id"], row["recency"], row["frequency"]) for row in rows] == [
        ("ann", 1, 2), ("eva", 17, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"segments": "Campions"}, 'no segment "Campions". Did you mean "Champions"?'),
        ({"where": {"category": "Toy"}}, 'No category is "Toy". Did you mean "Toys"?'),
        ({"where": {"colour": "red"}}, 'Nothing can be filtered by "colour"'),
        ({"since": "2024-02-01", "until": "2024-01-01"}, "begins on 2024-02-01, after"),
        ({"as_of": "yesterday"}, '"yesterday" is no day there is'),
    ],
)
def test_what_does_not_exist_is_refused_with_the_closest(shop, told, words):
    with pytest.raises(InputError) as refused:
        previewed(shop, Selection(**told))
    assert words in str(refused.value)
