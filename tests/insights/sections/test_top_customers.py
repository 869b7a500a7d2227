"""The customers who spent most, for the thirty-line shop and with the names of a shop with some."""

from datetime import date
from pathlib import Path

import pytest

from regulars.core.settings import Settings
from regulars.insights.customer_table import CustomerNames
from regulars.insights.drilldown import DrillDown
from regulars.insights.findings.customers import top_spenders
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.top_customers import TopCustomers
from support.loaded_warehouse import LoadedWarehouse
from support.named_customers import ROWS, people_profile
from support.present import present
from support.sections import tables, texts
from support.warehouses import BuiltWarehouse

FRANCE = {"location": ("FR",)}


def test_customers_of_the_period_come_by_net_sales(shop: BuiltWarehouse) -> None:
    january = Span(date(2024, 1, 1), date(2024, 1, 31))
    section = present(TopCustomers()(Scope(shop.warehouse, january)))
    [table] = tables(section)
    expected = shop.sql(
        "SELECT customer_id, sum(net_amount) FROM fact_sales JOIN dim_customer "
        "USING (customer_key) WHERE is_known AND kind IN ('sale', 'return') "
        "AND ordered_on <= '2024-01-31' GROUP BY 1 "
        "HAVING count(*) FILTER (kind = 'sale') > 0 ORDER BY 2 DESC, 1"
    )
    assert [row[:2] for row in texts(table)] == [
        [customer, f"{net_sales:,.2f}"] for customer, net_sales in expected
    ]
    assert section.finding == f"Customer {expected[0][0]} spent most"
    assert section.period == "January 2024"


def test_period_without_known_customers_has_no_section(shop: BuiltWarehouse) -> None:
    march = Span(date(2024, 3, 1), date(2024, 3, 31))
    assert TopCustomers()(Scope(shop.warehouse, march)) is None


def test_finding_has_the_share_of_those_who_spent_most() -> None:
    rows = [{"customer_id": "a", "share": 0.2}, {"customer_id": "b", "share": 0.1}]
    assert top_spenders(rows, 30) == (
        "The 2 customers who spent most make up 30.0% of net sales; customer a leads with 20.0%"
    )
    assert top_spenders(rows, 29) == "Customer a spent most"


def test_figure_that_counts_customers_shows_who_they_are(shop: BuiltWarehouse) -> None:
    figure, scope = "kpis.customers", Scope(shop.warehouse, where=FRANCE)
    section = DrillDown.of(figure, shows_customers=True)(scope)
    customers = tables(section)[0]
    # By hand: Cid and two orders of Dee, after a hat of 10 was returned.
    assert {row[0] for row in texts(customers)} == {"Cid", "Dee"}
    assert not any(cell.figure for row in customers.rows for cell in row)
    hidden = DrillDown.of(figure, shows_customers=False)(scope)
    assert len(tables(hidden)) == len(tables(section)) - 1
    assert "Cid" not in str(hidden)


def test_names_are_shown_only_to_users_who_may_see_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the key is there
    named = LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)
    named.build(named.file("shop.csv", ROWS), profile=people_profile(tmp_path))
    with named.open() as warehouse:
        scope = Scope(warehouse)
        names = CustomerNames(Settings())
        [shown] = tables(present(TopCustomers(names)(scope)))
        [without] = tables(present(TopCustomers()(scope)))
    notes = {row[0].text: row[0].note for row in shown.rows}
    assert notes["17"] == "Ann van der Berg"
    assert not any(row[0].note for row in without.rows)
