"""The control group: so many, drawn by chance alone, the same whoever draws it again."""

import hashlib
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lists.conftest import by_role, previewed, rows_of
from regulars.core.errors import QuestionError
from regulars.lists.api import Control
from regulars.lists.control_group import quotas, parse_share

SIZES = st.dictionaries(st.text(max_size=3), st.integers(1, 400), max_size=8)
SHARES = st.integers(0, 99).map(lambda percent: percent / 100)
ANYBODY = st.tuples(
    st.text("abc123", min_size=1), st.sampled_from("xyz"), st.sampled_from([None, "out"])
)
PEOPLE = st.lists(ANYBODY, min_size=1, max_size=60, unique_by=lambda one: one[0])


def drawn(people, control):
    """Return who is treated and who is held out, as an engine draws them."""
    told = [dict(zip(("customer_id", "stratum", "excluded"), one, strict=True)) for one in people]
    types = {"customer_id": "string", "stratum": "string", "excluded": "string"}
    table = ibis.memtable(told, schema=ibis.schema(types))
    sizes = Counter(stratum for _, stratum, excluded in people if excluded is None)
    roles = table.mutate(role=control.roles(table, quotas(sizes, control.share)))
    rows = ibis.duckdb.connect().to_pyarrow(roles).to_pylist()
    return {row["customer_id"]: row["role"] for row in rows}


@given(SIZES, SHARES)
def test_strata_add_up_to_the_share_of_all_and_each_is_off_by_less_than_one(sizes, share):
    held = quotas(sizes, share)
    total, part = sum(sizes.values()), Fraction(Decimal(str(share)))
    assert sum(held.values()) == int(total * part + Fraction(1, 2))
    assert held.keys() == sizes.keys()
    for name, size in sizes.items():
        exact = Fraction(size * sum(held.values()), total)
        assert 0 <= held[name] <= size
        assert abs(held[name] - exact) < 1


@pytest.mark.parametrize(
    ("sizes", "share", "expected"),
    [
        ({"a": 50, "b": 30, "c": 20}, 0.1, {"a": 5, "b": 3, "c": 2}),
        ({"a": 6, "b": 5, "c": 4}, 0.2, {"a": 1, "b": 1, "c": 1}),
        ({"b": 5, "a": 5}, 0.1, {"b": 0, "a": 1}),  # of equal remainders the first by name
        ({"a": 1}, 0.5, {"a": 1}),
        ({}, 0.5, {}),
    ],
)
def test_what_is_left_over_goes_to_the_largest_remainders(sizes, share, expected):
    assert quotas(sizes, share) == expected


@settings(max_examples=25, deadline=None)
@given(PEOPLE, SHARES, st.text("0123456789abcdef", min_size=1), st.randoms())
def test_each_who_is_not_left_out_is_either_treated_or_held_out_in_any_order(
    people, share, seed, chance
):
    control = Control(share, seed=seed)
    roles = drawn(people, control)
    sizes = Counter(stratum for _, stratum, excluded in people if excluded is None)
    held = Counter(stratum for customer, stratum, _ in people if roles[customer] == "control")
    assert {name: held[name] for name in sizes} == quotas(sizes, share)
    for customer, _, excluded in people:
        assert (roles[customer] is None) == (excluded is not None)
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert drawn(shuffled, control) == roles


def test_it_is_who_drew_the_lowest_md5_of_seed_and_number(shop, created):
    created("drawn", control=Control(0.4, "none", "a seed"))
    everybody = [row["customer_id"] for row in rows_of(shop, "list_members", "drawn")]
    lowest = sorted(everybody, key=lambda one: hashlib.md5(f"a seed:{one}".encode()).hexdigest())
    assert by_role(shop, "drawn")["control"] == set(lowest[:2])


def test_another_seed_draws_others(shop):
    drawn_by = {seed: previewed(shop, control=Control(0.4, "none", seed)) for seed in "abcdef"}
    assert len({tuple(row["customer_id"] for row in one.rows) for one in drawn_by.values()}) > 1


def test_without_a_seed_one_is_drawn_and_kept(shop, created):
    one, two = (created(name, control=Control(0.4)) for name in ("unseeded", "unseeded too"))
    assert one.seed != two.seed
    assert len(one.seed) == 32


@pytest.mark.parametrize(
    ("text", "share"), [("10%", 0.1), ("0.1", 0.1), (" 2.5 % ", 0.025), ("0", 0.0)]
)
def test_a_share_is_written_as_people_do(text, share):
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["ten", "", "10%%", "nan", "1 0"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(QuestionError, match="is no share"):
        parse_share(text)


@pytest.mark.parametrize("share", [1, 1.5, -0.1])
def test_nobody_holds_everybody_out(share):
    with pytest.raises(QuestionError, match="from 0 to below 1"):
        Control(share)


def test_a_column_that_strata_cannot_go_by_is_refused():
    with pytest.raises(QuestionError, match='Did you mean "segment"'):
        Control(0.1, "segments")
