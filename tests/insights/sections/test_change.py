"""The change section: findings and tables for the shop of thirty lines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from regulars.insights.findings import sales
from regulars.insights.html import fragments
from regulars.insights.parts import Section
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.sales import headlines
from regulars.insights.sections.standouts import stand_out
from regulars.warehouse.notes import Note
from support.present import present
from support.sections import table_of, texts
from support.warehouses import BuiltWarehouse, Rows

JANUARY = Span(date(2024, 1, 1), date(2024, 1, 31))
FEBRUARY = Span(date(2024, 2, 1), date(2024, 2, 29))
MAY = Span(date(2024, 5, 1), date(2024, 5, 31))


def changed_since_january(scope: Scope) -> Section:
    return present(ChangeOf(Comparison(FEBRUARY, JANUARY, ""))(scope))


def test_the_largest_changes_are_listed_by_each_dimension(shop: BuiltWarehouse) -> None:
    section = changed_since_january(Scope(shop.warehouse))
    # Four orders in January and six in February: enough for figures, too few for a finding.
    assert section.finding == "Too few orders to say what changed"
    assert "fewer than 30 orders" in section.detail
    # Everyone is new in January, the first month of data, so customer types are not compared.
    by_location, *others = map(table_of, section.parts)
    assert [table.title for table in (by_location, *others)] == [
        "By location", "By category", "By product"
    ]  # fmt: skip
    [first, *_] = by_location.rows
    assert [cell.text for cell in first] == [
        "DE", "+100.00", "+106.4 points", "–", "100.00", "0.00"
    ]  # fmt: skip
    assert [row[1].bar for row in by_location.rows] == [1, -0.5, 0.35]
    assert [row[0].member for row in by_location.rows] == ["DE", "UK", "FR"]


def test_a_view_of_one_location_and_category_is_broken_down_by_product(
    shop: BuiltWarehouse,
) -> None:
    drinks = Scope(shop.warehouse, FEBRUARY, {"location": ["UK"], "category": ["Drinks"]})
    [table] = map(table_of, changed_since_january(drinks).parts)
    assert [[cell.text for cell in row[:2]] for row in table.rows] == [
        ["Tea", "−41.00"], ["Mug", "−24.00"]
    ]  # fmt: skip


def test_the_finding_names_the_change_and_the_largest_movers_of_the_real_shop(
    standard: BuiltWarehouse,
) -> None:
    days = [
        Span(date(2010, 12, 1), date(2011, 11, 30)),
        Span(date(2009, 12, 1), date(2010, 11, 30)),
    ]
    section = present(ChangeOf(Comparison(days[0], days[1], ""))(Scope(standard.warehouse)))
    net_sales = [
        standard.one("kpis", since=span.first, until=span.last)["net_sales"] for span in days
    ]
    [now, then] = [
        {row["location"]: row["net_sales"]
         for row in standard.ask("sales_by", by="location", since=span.first, until=span.last)}
        for span in days
    ]  # fmt: skip
    by_size = sorted({*now, *then}, key=lambda place: -abs(now.get(place, 0) - then.get(place, 0)))
    assert by_size[0] == "Australia"
    [largest] = standard.sql(f"""
        SELECT max(change) FROM (
            SELECT f.customer_key, sum(CASE WHEN f.ordered_on >= '{days[0].first}' THEN net_amount
                                     ELSE -net_amount END) AS change
            FROM fact_sales f JOIN dim_order USING (order_key)
            WHERE location = 'Australia' AND f.kind IN ('sale', 'return')
                AND f.ordered_on <= '{days[0].last}'
            GROUP BY f.customer_key)
    """)[0]
    assert (round(largest), round(now["Australia"] - then["Australia"])) == (104_169, 107_630)
    movers = [
        f"{place} {now.get(place, 0) - then.get(place, 0):+,.0f}".replace("-", "−")
        for place in by_size[:3]
        if abs(now.get(place, 0) - then.get(place, 0)) >= net_sales[1] / 100
    ]
    movers[0] += f" (one customer +{largest:,.0f})"
    growth = net_sales[0] - net_sales[1]
    assert section.finding == (
        f"Net sales are up {growth:,.0f} ({growth / net_sales[1]:.1%}) compared with "
        f"December 2009 to November 2010: {', '.join(movers)}"
    )


def test_notes_on_the_periods_are_named_as_what_happened_not_as_a_cause(
    standard: BuiltWarehouse,
) -> None:
    november, earlier = (Span(date(year, 11, 1), date(year, 11, 30)) for year in (2011, 2010))
    added = datetime(2024, 5, 1)
    sale = Note(
        1, date(2011, 10, 30), date(2011, 11, 12), "promotion", "Free delivery", "Olga", added
    )
    before = replace(sale, first_day=date(2011, 10, 1), last_day=date(2011, 10, 31))
    scope, compared = Scope(standard.warehouse), Comparison(november, earlier, "")
    section = present(ChangeOf(compared, (sale, before))(scope))
    happened = "A promotion ran from 30 October to 12 November 2011."
    assert section.happened == happened
    assert section.finding == present(ChangeOf(compared)(scope)).finding
    [finding] = stand_out([("sales", section)], present(section.money))
    assert happened in fragments.key_findings([finding], {"sales": "Sales"})


def test_a_single_order_is_named_before_any_percentage(standard: BuiltWarehouse) -> None:
    # In January 2010 a customer bought for 44,000 at once, more than sales fell a year later.
    january, earlier = (Span(date(year, 1, 1), date(year, 1, 31)) for year in (2011, 2010))
    amounts = """
        SELECT sum(net_amount), max(ordered_on) FROM fact_sales
        WHERE kind IN ('sale', 'return') AND ordered_on BETWEEN '{0.first}' AND '{0.last}'
    """
    [(now, _)], [(before, _)] = (standard.sql(amounts.format(one)) for one in (january, earlier))
    [(order, day)] = standard.sql(
        amounts.format(earlier) + "GROUP BY order_key ORDER BY 1 DESC LIMIT 1"
    )
    compared, scope = Comparison(january, earlier, ""), Scope(standard.warehouse)
    section = present(ChangeOf(compared)(scope))
    because = f"One order of {order:,.0f} on {day.day} January 2010 explains most of the change"
    fall = f"down {before - now:,.0f} ({1 - now / before:.1%}) compared with January 2010"
    assert section.finding.startswith(f"{because}: net sales are {fall}")
    without = f"Without that order, net sales would be up {now - before + order:,.0f}."
    assert section.detail.startswith(without)
    found = headlines(scope, compared, has_discounts=False)
    assert found.finding.startswith(f"{because}:")
    assert found.detail.endswith(without)


def test_a_row_that_is_mostly_one_customer_has_a_note(standard: BuiltWarehouse) -> None:
    now, before = (Span(date(year, 12, 1), date(year + 1, 11, 30)) for year in (2010, 2009))
    section = present(ChangeOf(Comparison(now, before, ""))(Scope(standard.warehouse)))
    [australia, *_] = table_of(section.parts[0]).rows
    assert australia[0].note == "of which one customer: +104,169"


def test_sales_without_a_location_have_a_row_of_their_own(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    lines = [
        f"{n},2024-0{month}-01,c,tea,{n % 3 + 1},1,{'DE' if n % 2 else ''}"
        for month in (1, 2) for n in range(40 * month, 40 * month + 40)
    ]  # fmt: skip
    end = "999,2024-03-01,c,tea,1,1,DE"
    heading = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price,Country"
    shop = build_shop("\n".join([heading, *lines, end]) + "\n")
    section = changed_since_january(Scope(shop.warehouse))
    assert {row[0] for row in texts(table_of(section.parts[0]))} == {"DE", "Not specified"}


def test_without_a_comparison_there_is_no_section(shop: BuiltWarehouse) -> None:
    assert ChangeOf(Comparison(FEBRUARY, None, ""))(Scope(shop.warehouse)) is None


def moved(*changes: tuple[str, int], was: int = 1000) -> Rows:
    """Return rows with these changes; the first member had most of the earlier sales."""
    left = was - 100 * (len(changes) - 1)
    return [
        {"location": name, "change": change, "net_sales_before": 100 if n else left}
        for n, (name, change) in enumerate(changes)
    ]


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (moved(("UK", 1), ("FR", -9)), "Net sales are flat compared with May 2024"),
        # FR sold nothing and only had fewer returns, which is no growth.
        ([{"location": "UK", "change": 60, "net_sales_before": 1000},
          {"location": "FR", "change": 40, "net_sales_before": -40}],
         "Net sales are up 100 (10.4%) compared with May 2024: UK +60"),
        (moved(("UK", 300), ("FR", -298)),
         "Net sales are flat compared with May 2024: UK +300, FR −298"),
        (moved(("UK", -100)), "Net sales are down 100 (10.0%) compared with May 2024"),
        (moved(("UK", -90), ("Not specified", -10)),
         "Net sales are down 100 (10.0%) compared with May 2024: UK −90, Not specified −10"),
        ([{"location": "UK", "change": 60, "net_sales_before": 0},
          {"location": "FR", "change": 40, "net_sales_before": 0}],
         "Net sales are up 100 compared with May 2024: UK +60, FR +40"),
        ([{"location": "UK", "change": 60, "net_sales_before": 900, "largest_customer_change": 30},
          {"location": "FR", "change": 40, "net_sales_before": 100, "largest_customer_change": 19}],
         "Net sales are up 100 (10.0%) compared with May 2024: UK +60 (one customer +30), FR +40"),
        (moved(("A", 40), ("B", 30), ("C", 20), ("D", 10)),
         "Net sales are up 100 (10.0%) compared with May 2024: A +40, B +30, C +20"),
    ],
)  # fmt: skip
def test_small_changes_are_left_out_of_the_finding(rows: Rows, finding: str) -> None:
    assert sales.changed(rows, "location", lambda value: f"{value}", MAY) == finding


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2024-05-01", "2024-05-31", "May 2024"),
        ("2024-05-07", "2024-05-07", "7 May 2024"),
        ("2024-05-07", "2024-05-08", "7 May 2024 to 8 May 2024"),
    ],
)
def test_an_earlier_period_of_days_is_written_as_dates(first: str, last: str, before: str) -> None:
    span = Span(date.fromisoformat(first), date.fromisoformat(last))
    assert sales.changed(moved(("UK", 100)), "location", str, span) == (
        f"Net sales are up 100 (10.0%) compared with {before}"
    )
