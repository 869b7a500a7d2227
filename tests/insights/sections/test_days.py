"""The sections on days for the shop of thirty lines, worked out on paper.

The data ends on Wednesday, 10 April 2024. That week has sales of 10 on Monday, returns of 20 on
Tuesday, and sales of 14 + 9 + 10 + 5 = 38 on Wednesday.
"""

from datetime import date

from regulars.insights.drilldown import DrillDown
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections import days, loyalty
from regulars.insights.sections.hours import hours
from regulars.insights.sections.order_sizes import order_sizes
from regulars.insights.view import View
from regulars.web.dashboard.pages.look_back import look_backs
from support.present import present
from support.sections import tables, texts
from support.warehouses import BuiltWarehouse


def test_a_week_is_shown_by_day_beside_the_week_before(shop: BuiltWarehouse) -> None:
    section = present(days.week(Scope(shop.warehouse)))
    this, last = tables(section)
    assert this.title == "This week, 8 April 2024 to 14 April 2024"
    assert texts(this) == [
        ["Mon 8 Apr", "10.00", "1", "1", "5.00", "–"],
        ["Tue 9 Apr", "−20.00", "0", "0", "44.00", "–"],
        ["Wed 10 Apr", "38.00", "3", "2", "0.00", "–"],
    ]
    # 10 for 5 is twice as much; a day is not compared with one without sales.
    assert [row[4].note for row in this.rows] == ["+100.0%", "−145.5%", ""]
    assert [row[0].text for row in last.rows] == [
        "Mon 1 Apr", "Tue 2 Apr", "Wed 3 Apr", "Thu 4 Apr", "Fri 5 Apr", "Sat 6 Apr", "Sun 7 Apr",
    ]  # fmt: skip


def test_few_orders_are_not_compared(shop: BuiltWarehouse) -> None:
    scope = Scope(shop.warehouse)
    assert present(days.week(scope)).finding == "Monday to Wednesday: net sales of 28.00"
    assert days.unusual(scope).finding.startswith("Too few weeks")
    assert present(hours(scope)).finding.startswith("Too few orders")
    assert present(order_sizes(scope)).finding.startswith("Too few orders")
    assert present(loyalty.second_orders(scope)).finding.startswith("Too few new customers")
    sections = days.unusual(scope), hours(scope), order_sizes(scope), loyalty.second_orders(scope)
    assert not any(present(section).has_finding for section in sections)


def test_a_custom_period_looks_back_from_its_end(shop: BuiltWarehouse) -> None:
    end = date(2024, 2, 29)
    scope = Scope(shop.warehouse, Span(date(2024, 2, 1), end), as_of=end)
    this, _ = tables(days.week(scope))
    assert texts(this)[-1] == ["Thu 29 Feb", "100.00", "2", "2", "0.00", "–"]


def test_a_weekday_or_a_segment_is_not_compared(shop: BuiltWarehouse) -> None:
    monday = Scope(shop.warehouse, where={"weekday": ("Monday",)})
    assert days.week(monday) is days.daily(monday) is None
    [segment, *_] = {row["segment"] for row in shop.ask("rfm")}
    members = Scope(shop.warehouse, where={"segment": (segment,)})
    assert len(tables(days.week(members))[0].headers) == 4
    assert days.unusual(members).finding == "Not available for a segment"
    assert loyalty.second_orders(members) is None


def test_a_day_and_an_hour_lead_to_their_lines(shop: BuiltWarehouse) -> None:
    scope = Scope(shop.warehouse)
    [wednesday] = [row for row in tables(days.week(scope))[0].rows if row[0].text == "Wed 10 Apr"]
    assert wednesday[1].figure == "daily_sales.net_sales?since=2024-04-10&until=2024-04-10"
    [table] = tables(hours(scope))
    ten = next(row for row in table.rows if row[0].text == "10:00")
    assert ten[1].figure == "hourly_orders.orders?weekday=Monday&hour=10"


def test_moves_name_where_customers_went(shop: BuiltWarehouse) -> None:
    section = present(loyalty.MovesOf()(Scope(shop.warehouse)))
    assert "moved to" in section.finding
    assert "Segments on 11 January 2024 and on 10 April 2024" in section.detail
    *_, matrix = tables(section)
    before = {row["segment_before"] for row in shop.ask("recent_moves")}
    assert {row[0].text for row in matrix.rows} == before
    shown = sum(int(cell.text) for row in matrix.rows for cell in row[1:] if cell.text)
    assert shown == len(shop.ask("rfm"))


def test_moves_over_another_number_of_days_lead_to_their_customers(shop: BuiltWarehouse) -> None:
    section = present(loyalty.MovesOf(30)(Scope(shop.warehouse)))
    assert "Segments on 11 March 2024 and on 10 April 2024" in section.detail
    *_, matrix = tables(section)
    cells = [cell for row in matrix.rows for cell in row[1:] if cell.text]
    drilldown = DrillDown.of(cells[0].figure, shows_customers=True)
    assert "Segment 30 days before: " in drilldown(Scope(shop.warehouse)).topic
    view = present(drilldown.customers_view(View(), date(2024, 4, 10)))
    assert View.decode(view.encode()) == view
    people = shop.ask("rfm", where=view.where)
    assert len(people) == int(cells[0].text)
    assert "days=30" in matrix.download

    too_long = present(loyalty.MovesOf(365)(Scope(shop.warehouse)))
    assert too_long.finding == "Moves need at least 365 days of data"


def test_the_choices_to_look_back_end_with_the_days_of_the_period() -> None:
    assert look_backs(Span(date(2024, 1, 1), date(2024, 2, 29))) == {
        "30": 30, "90": 90, "180": 180, "365": 365, "period": 60,
    }  # fmt: skip
