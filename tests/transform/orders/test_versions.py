"""An order that stands in two files is one order: which of its lines stand, which are set aside."""

import pytest

from regulars.core.errors import SourceError
from support.warehouses import profile_from


def order(number, *lines):
    """Return lines of an order: product and quantity, at a price of 1."""
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
def under(build_shop, tmp_path):
    def build(policy, *files):
        profile = profile_from(tmp_path, f'[orders]\nrepeated = "{policy}"')
        return build_shop(*(files or (BEFORE, AFTER)), profile=profile)

    return build


def stands(shop, number="2"):
    """Return source, product and quantity of the lines that stand for an order."""
    return shop.sql(
        "SELECT source_id, product_id, quantity::INT FROM fact_sales"
        " JOIN dim_order USING (order_key) JOIN dim_product USING (product_key)"
        f" WHERE order_id = '{number}' ORDER BY ALL"
    )


def aside(shop):
    rows = shop.table("superseded_lines")
    return sorted((row["source_id"], row["product_id"], int(row["quantity"])) for row in rows)


def test_replace_takes_the_order_from_the_later_file(under):
    shop = under("replace")
    assert stands(shop) == [(2, "A", 5), (2, "C", 2), (2, "D", 1)]
    assert aside(shop) == [(1, "A", 5), (1, "A", 5), (1, "C", 1)]
    assert stands(shop, "1") == [(1, "A", 1), (1, "B", 2)]


def test_union_keeps_each_line_as_often_as_the_file_that_has_it_most(under):
    shop = under("union")
    assert stands(shop) == [(1, "A", 5), (1, "C", 1), (2, "A", 5), (2, "C", 2), (2, "D", 1)]
    assert aside(shop) == [(1, "A", 5)]


def test_keep_counts_every_line_of_both(under):
    shop = under("keep")
    assert len(stands(shop)) == 6
    assert aside(shop) == []


def test_error_refuses_orders_that_differ_and_names_them(under):
    with pytest.raises(SourceError, match=r"1 order differs between sources.*: 2"):
        under("error")


@pytest.mark.parametrize("policy", ["replace", "union", "error"])
def test_an_order_that_came_again_unchanged_counts_once(under, policy):
    again = [BEFORE[3], BEFORE[4], BEFORE[2]]
    shop = under(policy, BEFORE, again)
    assert [line[1:] for line in stands(shop)] == [("A", 5), ("A", 5), ("C", 1)]
    assert {line[0] for line in stands(shop)} == {2}
    assert aside(shop) == [(1, "A", 5), (1, "A", 5), (1, "C", 1)]
    assert (shop.report.repeated, shop.report.differing) == (1, [])


def test_orders_that_came_again_otherwise_are_listed_as_a_warning(under):
    shop = under("replace")
    assert (shop.report.repeated, shop.report.differing) == (1, ["2"])
    assert shop.warehouse.facts["differing_orders"] == "2"
    assert shop.warehouse.facts["repeats_policy"] == "replace"


@pytest.mark.parametrize(
    "change", [{"Price": 2}, {"Customer ID": "Bob"}, {"Order Date": "2024-01-02"}, {"SKU": "Z"}]
)
def test_any_word_of_a_line_makes_an_order_differ(under, change):
    first = order(1, ("A", 1))
    shop = under("replace", first, [first[0] | change])
    assert shop.report.differing == ["1"]


def test_of_three_files_the_last_stands(under):
    shop = under("replace", order(1, ("A", 1)), order(1, ("A", 2)), order(1, ("A", 3)))
    assert stands(shop, "1") == [(3, "A", 3)]
    assert aside(shop) == [(1, "A", 1), (2, "A", 2)]


def test_identical_lines_of_one_order_in_one_file_are_all_kept_and_counted(build_shop):
    shop = build_shop(order(1, ("A", 1), ("A", 1), ("A", 1), ("B", 1)) + order(2, ("A", 1)))
    assert len(stands(shop, "1")) == 4
    assert shop.report.identical == 2
    assert shop.warehouse.facts["identical_lines"] == "2"


def test_replaced_lines_are_accounted_for_with_their_money(under):
    shop = under("replace")
    assert shop.report.total("read") == (9, 1 + 2 + 11 + 8 + 1)
    assert shop.report.total("accepted") == (6, 3 + 8 + 1)
    assert shop.report.total("superseded") == (3, 11)


def test_a_quarantined_line_repeats_no_order(build_shop):
    bad = [order(1, ("A", 1))[0] | {"Quantity": "many"}]
    shop = build_shop(order(1, ("A", 1)), bad + order(2, ("A", 1)))
    assert shop.report.repeated == 0
    assert stands(shop, "1") == [(1, "A", 1)]
