"""The catalog: its public names and columns, all with descriptions."""

from typing import Any

import pytest

from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.analyses.segments.segment_map import segment_map
from support.warehouses import BuiltWarehouse

PUBLIC = {
    "kpis": "gross_sales discounts returns net_sales orders customers average_order_value"
    " units_per_order repeat_rate return_rate",
    "monthly_kpis": "month gross_sales discounts returns net_sales orders customers"
    " average_order_value units_per_order repeat_rate return_rate is_complete",
    "monthly_sales": "month net_sales orders growth",
    "monthly_sales_by_customer": "month net_sales returning new guests is_complete",
    "monthly_orders": "month invoices placed cancelled",
    "monthly_customers": "month active new returning",
    "cohorts": "cohort months_since customers share net_sales",
    "order_amounts": "orders min mean median mode max",
    "weekday_sales": "month weekday trading_days net_sales orders net_sales_per_day",
    "sales_change": "net_sales net_sales_before change growth contribution",
    "discount_bands": "band net_sales orders share",
    "high_value": "location customers share",
    "lines": "ordered_on ordered_at order_id kind customer_id location store product_id"
    " product_name category quantity unit_price discount net_amount source_id source_row",
    "rfm_map": "r f customers_here segment customers share_of_net_sales action",
    "rfm": "customer_id recency frequency monetary r f m segment",
    "segments": "segment customers share_of_customers share_of_net_sales recency frequency"
    " monetary action",
}
BY = ("category", "subcategory", "product", "location", "store", "weekday", "month",
      "category_then", "subcategory_then")  # fmt: skip
SALES_BY = "net_sales orders customers units share"
NEEDS_WEEKS = ("unusual",)
"""Choices without a result in the small shop: its weekdays sold on too few weeks."""

PRODUCT: dict[str, Any] = {"where": {"product_id": "T1"}}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_result_has_its_public_columns(shop: BuiltWarehouse, name: str) -> None:
    columns = shop.warehouse.ask(name).columns
    assert [column for column in PUBLIC[name].split() if column not in columns] == []


@pytest.mark.parametrize("by", BY)
def test_sales_by_a_dimension_have_a_column_of_that_name(shop: BuiltWarehouse, by: str) -> None:
    columns = shop.warehouse.ask("sales_by", by=by).columns
    assert columns[0] == {"product": "product_id"}.get(by, by)
    value = "net_sales_per_order" if "categor" in by or by == "product" else "average_order_value"
    assert {*SALES_BY.split(), value} < set(columns)


def test_the_catalog_lists_every_analysis_under_its_own_name() -> None:
    assert set(PUBLIC) | {"sales_by"} <= set(ANALYSES)
    assert [name for name, card in ANALYSES.items() if card.name != name] == []
    assert [name for name, card in METRICS.items() if card.name != name] == []


@pytest.mark.parametrize("name", ANALYSES)
def test_every_column_of_a_result_has_a_card(shop: BuiltWarehouse, name: str) -> None:
    cards = ANALYSES[name].columns
    generic = {"by"} if name in ("sales_by", "sales_change") else set()
    # Under a filter on products, the value of parts of orders replaces that of orders.
    columns = {*shop.warehouse.ask(name).columns, *shop.warehouse.ask(name, **PRODUCT).columns}
    if name == "sales_by":
        columns |= {*shop.warehouse.ask(name, by="store").columns} - {"store"}
    assert columns - ({"category"} if generic else set()) == set(cards) - generic


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_column_and_option_is_described(name: str) -> None:
    card = ANALYSES[name]
    assert card.question.endswith("?")
    assert card.description
    assert [name for name, column in card.columns.items() if not column.label] == []
    assert [name for name, column in card.columns.items() if not column.description] == []
    assert [name for name, option in card.options.items() if not option.help] == []


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described(name: str) -> None:
    card = METRICS[name]
    assert card.label
    assert card.description.endswith(".")


@pytest.mark.parametrize("name", ANALYSES)
def test_every_choice_of_every_option_gives_a_result(shop: BuiltWarehouse, name: str) -> None:
    for option_name, option in ANALYSES[name].options.items():
        for choice in option.choices or (option.default,):
            assert shop.ask(name, **{option_name: choice}) or choice in NEEDS_WEEKS


def test_the_segment_map_gives_every_pair_of_scores_one_segment() -> None:
    pairs = {(r, f) for r in range(1, 6) for f in range(1, 6)}
    mapped = [pair for segment in segment_map() for pair in segment.cells]
    assert set(mapped) == pairs
    assert len(mapped) == len(pairs), "two segments cover the same pair of scores"


def test_every_segment_has_a_reason_an_action_an_offer_and_a_channel() -> None:
    segments = segment_map()
    assert len({segment.name for segment in segments}) == len(segments) == 10
    for segment in segments:
        assert all((segment.reason, segment.action, segment.offer, segment.channel)), segment.name
