"""Days of the week, month by month: of the shop of thirty lines, worked out on paper."""

from datetime import date

from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.weekdays import weekdays

HEADING = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n"


def plain(text):
    return text.replace("\u00a0", " ")


def shown(section):
    """Return the table as a reader sees it, row by row."""
    [table] = section.parts
    return [[plain(cell.text) for cell in row] for row in table.rows]


def test_finding_and_shares_are_of_the_complete_months_alone(shop):
    # April, unfinished, has Wednesdays of 38; January to March bring 273, Thursdays 154 of it.
    section = weekdays(Scope(shop.warehouse))
    assert plain(section.finding) == "Thursday leads with 56.4% of net sales; Sunday has none"
    assert "complete months alone, January 2024 to March 2024" in section.detail
    assert "April 2024 is in the data to 10 Apr only: hatched" in section.detail
    assert shown(section)[-1] == [
        "Share", "8.8%", "−3.7%", "11.0%", "56.4%", "7.3%", "20.1%", "",
    ]  # fmt: skip


def test_a_cell_is_the_average_of_a_day_of_trading_and_blank_where_there_was_none(shop):
    assert shown(weekdays(Scope(shop.warehouse)))[:-1] == [
        ["Jan 2024", "24.00", "", "30.00", "", "20.00", "20.00", ""],
        ["Feb 2024", "", "−10.00", "", "51.33", "", "17.50", ""],
        ["Mar 2024", "", "", "", "", "", "", ""],
        ["Apr 2024", "7.50", "12.00", "38.00", "", "10.00", "", ""],
    ]


def test_shades_compare_complete_months_and_an_unfinished_one_is_marked_throughout(shop):
    [table] = weekdays(Scope(shop.warehouse)).parts
    *complete, april, _ = table.rows
    heats = {cell.text: cell.heat for row in complete for cell in row if cell.heat is not None}
    assert (heats["51.33"], heats["24.00"], heats["−10.00"]) == (1.0, 0.47, 0.0)
    assert {cell.style for cell in april if cell.text} == {"part"}
    assert april[0].note == "to 10 Apr"
    assert [cell.heat for cell in april] == [None] * 8


def test_a_month_leads_to_its_days_and_the_share_nowhere(shop):
    [table] = weekdays(Scope(shop.warehouse)).parts
    assert (table.column, [row[0].member for row in table.rows]) == (
        "month", ["2024-01", "2024-02", "2024-03", "2024-04", ""],
    )  # fmt: skip


def test_a_part_of_the_shop_that_sold_nothing_on_a_day_of_trading_has_0_and_not_a_blank(shop):
    section = weekdays(Scope(shop.warehouse, where={"location": "DE"}))
    assert shown(section)[1] == ["Feb 2024", "", "0.00", "", "33.33", "", "0.00", ""]
    assert plain(section.finding) == (
        "Thursday leads with 100.0% of net sales; Monday, Tuesday, Wednesday and 3 more have none"
    )


def test_a_view_that_ends_earlier_shows_the_months_before_its_end(shop):
    until_february = Scope(shop.warehouse, Span(date(2024, 2, 1), date(2024, 2, 29)))
    assert [row[0] for row in shown(weekdays(until_february))] == ["Jan 2024", "Feb 2024", "Share"]


def test_a_long_history_shows_its_last_twelve_complete_months(standard):
    rows = shown(weekdays(Scope(standard.warehouse)))
    assert [row[0] for row in rows][::12] == ["Dec 2010", "Dec 2011"]
    # Large amounts are without pennies.
    assert all("." not in cell for row in rows[:-1] for cell in row)
    assert {row[6] for row in rows} == {""}


def test_without_a_complete_month_nothing_is_compared(build_shop):
    shop = build_shop(HEADING + "1,2024-03-05,c1,tea,2,3.50\n")
    section = weekdays(Scope(shop.warehouse))
    assert section.finding.startswith("No month is complete yet")
    assert list(section.parts) == []
