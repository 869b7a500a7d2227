"""Kinds of line: the first matching rule of the profile decides."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.core.errors import ProfileError
from support.warehouses import BuiltWarehouse, profile_from

RULES = """
[[kinds]]
kind = "test"
because = "A test"
product_id = "TEST*"

[[kinds]]
kind = "fee"
because = "Postage"
product_id = ["POST", "*-FEE", "BANK * CHARGE"]

[[kinds]]
kind = "voucher"
because = "A gift voucher with a price"
product_id = "gift_*"
unit_price = "> 0"

[[kinds]]
kind = "cancelled"
because = "Any status"
status = "present"

[[kinds]]
kind = "adjustment"
because = "No customer and no price"
customer_id = "missing"
unit_price = "<= 0"

[[kinds]]
kind = "return"
because = "A return"
quantity = "< 0"
"""


def line(sku: str, **cells: object) -> dict[str, object]:
    row = {
        "Order ID": sku, "Order Date": "2024-01-01", "Customer ID": "Ann", "SKU": sku,
        "Quantity": 1, "Price": 1, "Status": "",
    }  # fmt: skip
    return row | cells


def kinds(shop: BuiltWarehouse) -> dict[str, str]:
    query = "SELECT order_id, f.kind FROM fact_sales f JOIN dim_order USING (order_key)"
    return dict(shop.sql(query))


def test_globs_comparisons_present_and_missing(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = [
        line("TEST001"), line("test2"), line("A TEST"),
        line("POST"), line("post"), line("POSTER"), line("BOOK-FEE"), line("BANK AND CHARGE"),
        line("GIFT_10"), line("GIFT_0", Price=0),
        line("C", Status="paid"),
        line("GUEST", **{"Customer ID": "", "Price": 0}), line("KNOWN", Price=0),
        line("BACK", Quantity=-1), line("SOLD"),
    ]  # fmt: skip
    assert kinds(build_shop(rows, profile=profile_from(tmp_path, RULES))) == {
        "TEST001": "test", "test2": "test", "A TEST": "sale",
        "POST": "fee", "post": "fee", "POSTER": "sale", "BOOK-FEE": "fee", "BANK AND CHARGE": "fee",
        "GIFT_10": "voucher", "GIFT_0": "adjustment",
        "C": "cancelled",
        "GUEST": "adjustment", "KNOWN": "adjustment",
        "BACK": "return", "SOLD": "sale",
    }  # fmt: skip


def test_general_rules_apply_after_the_rules_of_the_profile(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    postage = '[[kinds]]\nkind = "fee"\nbecause = "Postage"\nproduct_id = "POST"\n'
    free = '[[kinds]]\nkind = "sale"\nbecause = "Ours are gifts"\nunit_price = "= 0"\n'
    rows = [line("POST"), line("BACK", Quantity=-1), line("GIFT", Price=0), line("SOLD")]
    general = kinds(build_shop(rows, profile=profile_from(tmp_path, postage)))
    assert general == {"POST": "fee", "BACK": "return", "GIFT": "adjustment", "SOLD": "sale"}
    own = kinds(build_shop(rows, profile=profile_from(tmp_path, postage + free)))
    assert own["GIFT"] == "sale"


def test_a_line_without_units_is_not_a_sale(build_shop: Callable[..., BuiltWarehouse]) -> None:
    shop = build_shop([line("SOLD"), line("ZERO", Quantity=0)])
    assert kinds(shop) == {"SOLD": "sale", "ZERO": "adjustment"}
    assert shop.columns("rfm", "customer_id", "frequency") == [("Ann", 1)]


def test_the_first_matching_rule_applies(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    shop = build_shop(
        [line("POST", Quantity=-1), line("TEST-FEE")], profile=profile_from(tmp_path, RULES)
    )
    assert kinds(shop) == {"POST": "fee", "TEST-FEE": "test"}


def test_special_characters_in_a_pattern_are_literal(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    toml = '[[kinds]]\nkind = "fee"\nbecause = "A dot"\nproduct_id = ["A.B", "+*(x)*"]'
    rows = [line("A.B"), line("AxB"), line("+1(x)2"), line("1x2")]
    shop = build_shop(rows, profile=profile_from(tmp_path, toml))
    assert kinds(shop) == {"A.B": "fee", "AxB": "sale", "+1(x)2": "fee", "1x2": "sale"}


def test_only_sales_and_returns_are_goods(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = [line("POST"), line("TEST1"), line("GIFT_1"), line("C", Status="x")]
    shop = build_shop([*rows, line("SOLD", Price=7)], profile=profile_from(tmp_path, RULES))
    assert (shop.one("kpis")["net_sales"], shop.one("kpis")["orders"]) == (7, 1)


def test_an_order_is_a_sale_if_any_line_is(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    rows = [
        line("SOLD", **{"Order ID": 1}), line("POST", **{"Order ID": 1}),
        line("POST", **{"Order ID": 2}), line("BACK", **{"Order ID": 2, "Quantity": -1}),
        line("POST", **{"Order ID": 3}), line("TEST1", **{"Order ID": 3}),
    ]  # fmt: skip
    shop = build_shop(rows, profile=profile_from(tmp_path, RULES))
    result = shop.sql("SELECT order_id, kind FROM dim_order ORDER BY 1")
    assert result == [("1", "sale"), ("2", "return"), ("3", "fee")]


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('kind = "sold"\nbecause = "x"\nstatus = "x"', "must be one of"),
        ('kind = "fee"\nstatus = "x"', "needs kind, because"),
        ('kind = "fee"\nbecause = "x"', "needs kind, because"),
        ('kind = "fee"\nbecause = "x"\nstock = "x"', "unknown column"),
        ('kind = "fee"\nbecause = "x"\nquantity = "few"', "must compare with a number"),
        ('kind = "fee"\nbecause = "x"\nordered_at = "2024*"', "Test a column of text or numbers"),
        ('kind = "fee"\nbecause = "x"\nstatus = 3', "must be a string"),
    ],
)
def test_an_invalid_rule_is_refused(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path, toml: str, message: str
) -> None:
    with pytest.raises(ProfileError, match=message):
        build_shop([line("A")], profile=profile_from(tmp_path, f"[[kinds]]\n{toml}"))
