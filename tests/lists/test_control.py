"""The control group: its size, its random draw, and drawing it again from the seed."""

import hashlib
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from random import Random

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lists.conftest import Create, members_by_role, preview_in, rows_of_list
from regulars.core.errors import InputError
from regulars.lists.api import Control
from regulars.lists.control_group import parse_share, quotas
from support.loaded_warehouse import LoadedWarehouse

Customer = tuple[str, str, str | None]
SIZES = st.dictionaries(st.text(max_size=3), st.integers(1, 400), max_size=8)
SHARES = st.integers(0, 99).map(lambda percent: percent / 100)
CUSTOMER = st.tuples(
    st.text("abc123", min_size=1), st.sampled_from("xyz"), st.sampled_from([None, "out"])
)
CUSTOMERS = st.lists(CUSTOMER, min_size=1, max_size=60, unique_by=lambda one: one[0])


def draw_roles(customers: list[Customer], control: Control) -> dict[str, str | None]:
    """Return the role that DuckDB draws for each customer."""
    columns = ("customer_id", "stratum", "excluded")
    rows = [dict(zip(columns, customer, strict=True)) for customer in customers]
    table = ibis.memtable(rows, schema=ibis.schema(dict.fromkeys(columns, "string")))
    sizes = Counter(stratum for _, stratum, excluded in customers if excluded is None)
    roles = table.mutate(role=control.roles(table, quotas(sizes, control.share)))
    rows = ibis.duckdb.connect().to_pyarrow(roles).to_pylist()
    return {row["customer_id"]: row["role"] for row in rows}


@given(SIZES, SHARES)
def test_quotas_add_up_to_the_share_and_each_stratum_is_within_one(
    sizes: dict[str, int], share: float
) -> None:
    held_out = quotas(sizes, share)
    total, part = sum(sizes.values()), Fraction(Decimal(str(share)))
    assert sum(held_out.values()) == int(total * part + Fraction(1, 2))
    assert held_out.keys() == sizes.keys()
    for name, size in sizes.items():
        exact = Fraction(size * sum(held_out.values()), total)
        assert 0 <= held_out[name] <= size
        assert abs(held_out[name] - exact) < 1


@pytest.mark.parametrize(
    ("sizes", "share", "expected"),
    [
        ({"a": 50, "b": 30, "c": 20}, 0.1, {"a": 5, "b": 3, "c": 2}),
        ({"a": 6, "b": 5, "c": 4}, 0.2, {"a": 1, "b": 1, "c": 1}),
        ({"b": 5, "a": 5}, 0.1, {"b": 0, "a": 1}),  # equal remainders: first by name
        ({"a": 1}, 0.5, {"a": 1}),
        ({}, 0.5, {}),
    ],
)
def test_remaining_places_go_to_the_largest_remainders(
    sizes: dict[str, int], share: float, expected: dict[str, int]
) -> None:
    assert quotas(sizes, share) == expected


@settings(max_examples=25, deadline=None)
@given(CUSTOMERS, SHARES, st.text("0123456789abcdef", min_size=1), st.randoms())
def test_every_eligible_customer_has_one_role_in_any_row_order(
    customers: list[Customer], share: float, seed: str, random: Random
) -> None:
    control = Control(share, seed=seed)
    roles = draw_roles(customers, control)
    sizes = Counter(stratum for _, stratum, excluded in customers if excluded is None)
    held_out = Counter(stratum for one, stratum, _ in customers if roles[one] == "control")
    assert {name: held_out[name] for name in sizes} == quotas(sizes, share)
    for customer, _, excluded in customers:
        assert (roles[customer] is None) == (excluded is not None)
    shuffled = list(customers)
    random.shuffle(shuffled)
    assert draw_roles(shuffled, control) == roles


def test_customers_with_the_lowest_md5_are_held_out(shop: LoadedWarehouse, create: Create) -> None:
    create("drawn", control=Control(0.4, "none", "a seed"))
    members = [row["customer_id"] for row in rows_of_list(shop, "list_members", "drawn")]
    lowest = sorted(members, key=lambda one: hashlib.md5(f"a seed:{one}".encode()).hexdigest())
    assert members_by_role(shop, "drawn")["control"] == set(lowest[:2])


def test_another_seed_draws_other_customers(shop: LoadedWarehouse) -> None:
    previews = {seed: preview_in(shop, control=Control(0.4, "none", seed)) for seed in "ad"}
    assert len({tuple(row["customer_id"] for row in one.rows) for one in previews.values()}) > 1


def test_without_a_seed_a_new_one_is_saved(shop: LoadedWarehouse, create: Create) -> None:
    one, two = (create(name, control=Control(0.4)) for name in ("unseeded", "unseeded too"))
    assert one.seed != two.seed
    assert len(one.seed) == 32


@pytest.mark.parametrize(
    ("text", "share"), [("10%", 0.1), ("0.1", 0.1), (" 2.5 % ", 0.025), ("0", 0.0)]
)
def test_shares_are_written_as_percent_or_fraction(text: str, share: float) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["ten", "", "10%%", "nan", "1 0"])
def test_any_other_text_is_not_a_share(text: str) -> None:
    with pytest.raises(InputError, match="is not a share"):
        parse_share(text)


@pytest.mark.parametrize("share", [1, 1.5, -0.1])
def test_the_control_group_is_less_than_the_whole_list(share: float) -> None:
    with pytest.raises(InputError, match="at least 0% and less than 100%"):
        Control(share)


def test_an_unknown_stratification_column_is_refused() -> None:
    with pytest.raises(InputError, match='Did you mean "segment"'):
        Control(0.1, "segments")
