"""Online Retail II: each segment's list is whom RFM names, as plain SQL finds them, too."""

from collections import Counter

import pytest

from regulars.analyses.segments.rfm import segment_map
from regulars.engines.protocols import ReaderTables
from regulars.lists.api import COLUMNS, Control, Exclusions, Selection, preview_list, select_customers
from regulars.lists.draft import drafted
from regulars.lists.selection import ResolvedSelection

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


def segment(r, f):
    return next(one.name for one in segment_map() if (r, f) in one.cells)


@pytest.fixture(scope="module")
def by_sql(standard):
    return {row[0]: (segment(*row[4:]), *row[1:4]) for row in standard.sql(BY_SQL)}


def chosen(standard, **told):
    rows = standard.fetch(select_customers(standard.warehouse, Selection(**told)))
    return {row["customer_id"]: row for row in rows}


@pytest.mark.parametrize("name", [one.name for one in segment_map()])
def test_each_segments_list_is_whom_rfm_and_sql_name(standard, by_sql, name):
    found = {
        customer: (row["segment"], row["recency"], row["frequency"], row["monetary"])
        for customer, row in chosen(standard, segments=name).items()
    }
    assert found == {customer: told for customer, told in by_sql.items() if told[0] == name}
    asked = standard.ask("rfm")
    assert set(found) == {row["customer_id"] for row in asked if row["segment"] == name}
    assert found


def test_a_place_chooses_among_them_without_scoring_anew(standard, by_sql):
    found = chosen(
        standard, segments=["Champions", "Loyal Customers"],
        where={"location": ["Germany", "France"]}, since="2011-01-01", until="2011-06-30",
    )  # fmt: skip
    there = {
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
    assert set(found) == {one for one in there if one in by_sql and by_sql[one][0] in wanted}
    assert len(found) > 50


def test_who_returned_something_lately_is_who_sql_finds(standard, by_sql):
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
    found = preview_list(
        standard.warehouse, Selection("Champions"),
        exclusions=Exclusions(returned_within=14, suppressed=["12347"]), rows=10_000,
    )  # fmt: skip
    champions = {customer for customer, told in by_sql.items() if told[0] == "Champions"}
    assert found.counts.returned == len(champions & returned) > 0
    left = champions - returned - {"12347"}
    assert {row["customer_id"] for row in found.rows} == left
    assert list(found.rows[0]) == list(COLUMNS)


def test_each_segment_is_held_out_alike(standard):
    """A tenth of the real shop, and of each of its segments, to within one."""
    held = ReaderTables(standard.warehouse.reader)
    choice = ResolvedSelection.of(Selection(), held)
    control = Control(0.1, seed="fixed")
    draft = drafted(held, choice, Exclusions(), control, (), choice.star.as_of)
    rows = standard.fetch(draft.people.select("segment", "role"))
    sizes = Counter(row["segment"] for row in rows)
    out = Counter(row["segment"] for row in rows if row["role"] == "control")
    assert out.total() == round(sizes.total() / 10) == draft.counts.control
    for name, size in sizes.items():
        assert abs(out[name] - size / 10) < 1
