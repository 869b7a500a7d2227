"""Lists from Online Retail II equal RFM and an independent SQL query."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from regulars.analyses.segments.segment_map import segment_map
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.lists.api import (
    COLUMNS,
    Control,
    Exclusions,
    Selection,
    preview_list,
    select_customers,
)
from regulars.lists.draft import draft_list
from support.warehouses import BuiltWarehouse

BySql = dict[str, tuple[Any, ...]]
BY_SQL = """
    WITH lines AS (
        SELECT c.customer_id, s.order_key, s.kind, s.net_amount, s.ordered_on,
            o.last_sale_at::DATE AS last_on
        FROM fact_sales s JOIN dim_order o USING (order_key) JOIN dim_customer c
            ON c.customer_key = s.customer_key
        WHERE s.customer_key <> 0
    ), people AS (
        SELECT customer_id, DATE '2011-12-10' - max(last_on) FILTER (kind = 'sale') AS recency,
            count(DISTINCT order_key) FILTER (kind = 'sale') AS frequency,
            sum(net_amount) FILTER (kind IN ('sale', 'return')) AS monetary
        FROM lines GROUP BY customer_id HAVING count(*) FILTER (kind = 'sale') > 0
    ), cuts AS (
        SELECT quantile_cont(recency, [0.2, 0.4, 0.6, 0.8]) AS r,
            quantile_cont(frequency, [0.2, 0.4, 0.6, 0.8]) AS f
        FROM people
    )
    SELECT customer_id, recency, frequency, monetary,
        5 - len(list_filter(c.r, cut -> p.recency > cut)) AS r,
        1 + len(list_filter(c.f, cut -> p.frequency > cut)) AS f
    FROM people p, cuts c ORDER BY customer_id
"""


def segment(r: int, f: int) -> str:
    return next(one.name for one in segment_map() if (r, f) in one.cells)


@pytest.fixture(scope="module")
def by_sql(standard: BuiltWarehouse) -> BySql:
    return {row[0]: (segment(*row[4:]), *row[1:4]) for row in standard.sql(BY_SQL)}


def chosen(standard: BuiltWarehouse, **options: Any) -> dict[str, dict[str, Any]]:
    rows = standard.fetch(select_customers(standard.warehouse, Selection(**options)))
    return {row["customer_id"]: row for row in rows}


@pytest.mark.parametrize("name", [one.name for one in segment_map()])
def test_each_segment_list_equals_rfm_and_sql(
    standard: BuiltWarehouse, by_sql: BySql, name: str
) -> None:
    members = {
        customer: (row["segment"], row["recency"], row["frequency"], row["monetary"])
        for customer, row in chosen(standard, segments=name).items()
    }
    assert members == {one: values for one, values in by_sql.items() if values[0] == name}
    rfm = standard.ask("rfm")
    assert set(members) == {row["customer_id"] for row in rfm if row["segment"] == name}
    assert members


def test_a_location_filter_does_not_change_scores(standard: BuiltWarehouse, by_sql: BySql) -> None:
    members = chosen(
        standard, segments=["Champions", "Loyal Customers"],
        where={"location": ["Germany", "France"]}, since="2011-01-01", until="2011-06-30",
    )  # fmt: skip
    buyers = {
        customer
        for (customer,) in standard.sql(
            """
            SELECT DISTINCT c.customer_id FROM fact_sales s
            JOIN dim_order o USING (order_key)
            JOIN dim_customer c ON c.customer_key = s.customer_key
            WHERE s.kind = 'sale' AND o.location IN ('Germany', 'France') AND c.is_known
            AND s.ordered_on BETWEEN '2011-01-01' AND '2011-06-30'
            """
        )
    }
    wanted = ("Champions", "Loyal Customers")
    assert set(members) == {one for one in buyers if one in by_sql and by_sql[one][0] in wanted}
    assert len(members) > 50


def test_recent_returns_equal_sql(standard: BuiltWarehouse, by_sql: BySql) -> None:
    returned = {
        customer
        for (customer,) in standard.sql(
            """
            SELECT DISTINCT c.customer_id FROM fact_sales s
            JOIN dim_customer c ON c.customer_key = s.customer_key
            WHERE s.kind IN ('return', 'cancelled') AND s.ordered_on >= '2011-11-26' AND c.is_known
            """
        )
    }
    preview = preview_list(
        standard.warehouse, Selection("Champions"),
        exclusions=Exclusions(returned_within=14, suppressed=["12347"]), rows=10_000,
    )  # fmt: skip
    champions = {customer for customer, values in by_sql.items() if values[0] == "Champions"}
    assert preview.counts.returned == len(champions & returned) > 0
    remaining = champions - returned - {"12347"}
    assert {row["customer_id"] for row in preview.rows} == remaining
    assert list(preview.rows[0]) == list(COLUMNS)


def test_each_segment_gives_the_same_share(standard: BuiltWarehouse) -> None:
    """A tenth of the shop is held out, and a tenth of each segment to within one customer."""
    draft = draft_list(
        ReaderTables(standard.warehouse.reader), Selection(), Exclusions(),
        Control(0.1, seed="fixed"), settings=Settings(), now=datetime(2011, 12, 10),
    )  # fmt: skip
    rows = standard.fetch(draft.customers.select("segment", "role"))
    sizes = Counter(row["segment"] for row in rows)
    held_out = Counter(row["segment"] for row in rows if row["role"] == "control")
    assert held_out.total() == round(sizes.total() / 10) == draft.counts.control
    for name, size in sizes.items():
        assert abs(held_out[name] - size / 10) < 1
