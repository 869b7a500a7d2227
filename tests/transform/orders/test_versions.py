"""Versions of an order in several files: which lines are current and which are superseded."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import SourceError
from support.warehouses import BuiltWarehouse, profile_from

Lines = list[dict[str, object]]


def order(number: int, *lines: tuple[str, int]) -> Lines:
    """Return the lines of an order, given as product and quantity, at a price of 1."""
    return [
        {
            "Order ID": number, "Order Date": "2024-01-01", "Customer ID": "Ann", "SKU": sku,
            "Quantity": quantity, "Price": 1,
        }
        for sku, quantity in lines
    ]  # fmt: skip


BEFORE = order(1, ("A", 1), ("B", 2)) + order(2, ("A", 5), ("A", 5), ("C", 1))
AFTER = order(2, ("A", 5), ("C", 2), ("D", 1)) + order(3, ("E", 1))


@pytest.fixture
def build_with(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> Callable[..., BuiltWarehouse]:
    def build(policy: str, *files: Lines) -> BuiltWarehouse:
        profile = profile_from(tmp_path, f'[orders]\nrepeated = "{policy}"')
        return build_shop(*(files or (BEFORE, AFTER)), profile=profile)

    return build


def current_lines(shop: BuiltWarehouse, number: str = "2") -> list[tuple[Any, ...]]:
    """Return source, product and quantity of the current lines of an order."""
    return shop.sql(
        "SELECT source_id, product_id, quantity::INT FROM fact_sales"
        " JOIN dim_order USING (order_key) JOIN dim_product USING (product_key)"
        f" WHERE order_id = '{number}' ORDER BY ALL"
    )


def superseded_lines(shop: BuiltWarehouse) -> list[tuple[int, str, int]]:
    rows = shop.table("superseded_lines")
    return sorted((row["source_id"], row["product_id"], int(row["quantity"])) for row in rows)


def test_replace_uses_the_order_of_the_later_file(
    build_with: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_with("replace")
    assert current_lines(shop) == [(2, "A", 5), (2, "C", 2), (2, "D", 1)]
    assert superseded_lines(shop) == [(1, "A", 5), (1, "A", 5), (1, "C", 1)]
    assert current_lines(shop, "1") == [(1, "A", 1), (1, "B", 2)]


def test_union_counts_each_line_as_often_as_the_file_that_has_it_most(
    build_with: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_with("union")
    assert current_lines(shop) == [(1, "A", 5), (1, "C", 1), (2, "A", 5), (2, "C", 2), (2, "D", 1)]
    assert superseded_lines(shop) == [(1, "A", 5)]


def test_keep_counts_every_line_of_both_files(build_with: Callable[..., BuiltWarehouse]) -> None:
    shop = build_with("keep")
    assert len(current_lines(shop)) == 6
    assert superseded_lines(shop) == []


def test_error_refuses_and_lists_orders_that_differ(
    build_with: Callable[..., BuiltWarehouse],
) -> None:
    with pytest.raises(SourceError, match=r"1 order differs between sources.*: 2"):
        build_with("error")


@pytest.mark.parametrize("policy", ["replace", "union", "error"])
def test_an_unchanged_order_in_two_files_counts_once(
    build_with: Callable[..., BuiltWarehouse], policy: str
) -> None:
    shuffled = [BEFORE[3], BEFORE[4], BEFORE[2]]
    shop = build_with(policy, BEFORE, shuffled)
    assert [line[1:] for line in current_lines(shop)] == [("A", 5), ("A", 5), ("C", 1)]
    assert {line[0] for line in current_lines(shop)} == {2}
    assert superseded_lines(shop) == [(1, "A", 5), (1, "A", 5), (1, "C", 1)]
    assert (shop.report.repeated, shop.report.differing) == (1, [])


def test_orders_that_differ_are_reported(build_with: Callable[..., BuiltWarehouse]) -> None:
    shop = build_with("replace")
    assert (shop.report.repeated, shop.report.differing) == (1, ["2"])
    assert shop.warehouse.facts["differing_orders"] == "2"
    assert shop.warehouse.facts["repeats_policy"] == "replace"


@pytest.mark.parametrize(
    "change", [{"Price": 2}, {"Customer ID": "Bob"}, {"Order Date": "2024-01-02"}, {"SKU": "Z"}]
)
def test_any_changed_cell_makes_an_order_differ(
    build_with: Callable[..., BuiltWarehouse], change: dict[str, object]
) -> None:
    first = order(1, ("A", 1))
    shop = build_with("replace", first, [first[0] | change])
    assert shop.report.differing == ["1"]


def test_the_last_of_three_files_is_current(build_with: Callable[..., BuiltWarehouse]) -> None:
    shop = build_with("replace", order(1, ("A", 1)), order(1, ("A", 2)), order(1, ("A", 3)))
    assert current_lines(shop, "1") == [(3, "A", 3)]
    assert superseded_lines(shop) == [(1, "A", 1), (2, "A", 2)]


def test_identical_lines_within_a_file_all_count(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop(order(1, ("A", 1), ("A", 1), ("A", 1), ("B", 1)) + order(2, ("A", 1)))
    assert len(current_lines(shop, "1")) == 4
    assert shop.report.identical == 2
    assert shop.warehouse.facts["identical_lines"] == "2"


def test_superseded_lines_are_accounted_for(build_with: Callable[..., BuiltWarehouse]) -> None:
    shop = build_with("replace")
    assert shop.report.total("read") == (9, Decimal(1 + 2 + 11 + 8 + 1))
    assert shop.report.total("accepted") == (6, Decimal(3 + 8 + 1))
    assert shop.report.total("superseded") == (3, Decimal(11))


def test_a_quarantined_line_does_not_repeat_an_order(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    bad = [order(1, ("A", 1))[0] | {"Quantity": "many"}]
    shop = build_shop(order(1, ("A", 1)), bad + order(2, ("A", 1)))
    assert shop.report.repeated == 0
    assert current_lines(shop, "1") == [(1, "A", 1)]
