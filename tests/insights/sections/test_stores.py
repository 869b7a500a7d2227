"""Stores have a section and a filter, in a shop that has stores."""

from collections.abc import Callable

from regulars.insights.scope import Scope
from regulars.insights.sections import sales
from regulars.insights.sections.today import choices
from support.present import present
from support.sections import tables, texts
from support.warehouses import BuiltWarehouse

HEADER = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price"
SALES = ("1,2024-01-01,ann,tea,1,30,{}Leeds", "2,2024-01-02,bob,tea,1,10,{}London",
         "3,2024-01-03,ann,tea,1,60,{}London")  # fmt: skip


def test_a_shop_with_stores_has_them_as_a_section_and_a_filter(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    rows = "\n".join(row.format("UK,") for row in SALES)
    scope = Scope(build_shop(f"{HEADER},Country,Store\n{rows}\n").warehouse)
    section = present(sales.stores(scope))
    # 10 + 60 of 100, in two orders of two customers.
    assert section.finding == "London leads with 70.0% of net sales (only 3 orders)"
    assert texts(tables(section)[0])[0][:4] == ["London", "70.00", "70.0%", "2"]
    assert (choices(scope)["location"], choices(scope)["store"]) == (["UK"], ["London", "Leeds"])


def test_stores_that_are_the_locations_are_shown_once(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    rows = "\n".join(row.format("") for row in SALES)
    scope = Scope(build_shop(f"{HEADER},Store\n{rows}\n").warehouse)
    assert sales.places(scope) is None
    assert sales.stores(scope)
    assert (choices(scope)["location"], choices(scope)["store"]) == ([], ["London", "Leeds"])


def test_a_shop_without_stores_has_neither(shop: BuiltWarehouse) -> None:
    scope = Scope(shop.warehouse)
    assert sales.stores(scope) is None
    assert choices(scope)["store"] == []
    assert sales.places(scope)
