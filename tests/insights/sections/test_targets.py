"""Targets and notes in sections, on the 30-line shop: worked out by hand.

Net sales were 179.00 in February 2024 and none in March; April ends on the 10th, with 87.00 so far.
"""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from regulars.insights.charts.charts import VerticalBars
from regulars.insights.charts.marks import Level
from regulars.insights.html import fragments
from regulars.insights.parts import Figure, NoteList, Section
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.targets import TargetsOf
from regulars.insights.sections.trend import TrendOf
from regulars.warehouse.notes import Note
from regulars.warehouse.targets import Target, TargetPeriod
from support.present import present
from support.sections import tables, texts
from support.warehouses import BuiltWarehouse

NOTES = (
    Note(
        1, date(2024, 2, 29), date(2024, 2, 29), "promotion", "Leap", "Olga", datetime(2024, 5, 1)
    ),
    Note(2, date(2024, 3, 1), date(2024, 3, 31), "stock-out", "All", "Olga", datetime(2024, 5, 1)),
)


def target(period: str, amount: int, metric: str = "net_sales") -> Target:
    return Target(TargetPeriod.parse(period), Decimal(amount), metric)


TARGETS = (
    target("2024-02", 200), target("2024-04", 174), target("2024-05", 300),
    target("2024-Q2", 870), target("2024-02", 4, "orders"),
)  # fmt: skip


def chart(section: Section) -> VerticalBars:
    [figure] = [part for part in section.parts if isinstance(part, Figure)]
    assert isinstance(figure.chart, VerticalBars)
    return figure.chart


def test_findings_about_a_month_mention_its_notes(shop: BuiltWarehouse) -> None:
    section = TrendOf(NOTES)(Scope(shop.warehouse))
    assert "March 2024" in section.finding
    assert section.finding.endswith("; there was a stock-out from 1 to 31 March")
    assert "In February 2024, a promotion ran on 29 February." in section.detail
    assert [(mark.first, mark.label) for mark in chart(section).marks] == [
        ("Feb 2024", "1"), ("Mar 2024", "2"),
    ]  # fmt: skip
    [listed] = [part for part in section.parts if isinstance(part, NoteList)]
    html = fragments.section(section)
    assert [line.text for line in listed.lines] == ["Leap", "All"]
    assert "<li><b>1</b> <span>Promotion, 29 February 2024: Leap</span></li>" in html


def test_a_finding_about_a_day_or_a_week_mentions_only_notes_on_it(shop: BuiltWarehouse) -> None:
    earlier = Note(
        1, date(2024, 4, 4), date(2024, 4, 6), "promotion", "Tea", "Olga", datetime(2024, 5, 1)
    )
    april = Scope(shop.warehouse, Span(date(2024, 4, 1), date(2024, 4, 10)))
    section = TrendOf((earlier,))(april)
    assert section.finding == (
        "Tuesday 2 April 2024 was the best day: net sales of 44.00 (only 8 orders)"
    )
    assert [(mark.first, mark.last) for mark in chart(section).marks] == [("4 Apr", "6 Apr")]
    on_the_day = replace(earlier, first_day=date(2024, 4, 2))
    assert TrendOf((on_the_day,))(april).finding.endswith("; a promotion ran from 2 to 6 April")

    weeks = Scope(shop.warehouse, Span(date(2024, 2, 5), date(2024, 4, 10)))
    weekly = TrendOf((*NOTES, earlier))(weeks)
    # 100.00 on 29 February; the stock-out began on the Friday of that week.
    assert weekly.finding == (
        "The best week started on 26 February 2024: net sales of 100.00 (only 12 orders); "
        "a promotion ran on 29 February and there was a stock-out from 1 to 31 March"
    )
    assert [(mark.first, mark.last, mark.label) for mark in chart(weekly).marks] == [
        ("26 Feb", "25 Mar", "1–2"), ("1 Apr", "1 Apr", "3"),
    ]  # fmt: skip


def test_the_chart_and_its_table_have_the_targets_of_months(shop: BuiltWarehouse) -> None:
    section = TrendOf((), TARGETS)(Scope(shop.warehouse))
    assert chart(section).levels == [Level("Feb 2024", 200), Level("Apr 2024", 174)]
    [table] = tables(section)
    assert [header.label for header in table.headers][-2:] == ["Target", "Reached"]
    assert [row[-2:] for row in texts(table)] == [
        ["", ""], ["200.00", "89.5%"], ["", ""], ["174.00", "50.0%"],
    ]  # fmt: skip


def test_targets_of_the_shop_are_not_compared_under_filters(shop: BuiltWarehouse) -> None:
    filtered = Scope(shop.warehouse, where={"location": ["FR"]})
    section = TrendOf(NOTES, TARGETS)(filtered)
    assert not chart(section).levels
    assert chart(section).marks
    assert "Targets are for the whole shop" in section.detail
    assert "Targets" not in TrendOf(NOTES)(filtered).detail
    targets = present(TargetsOf(TARGETS)(filtered))
    assert (targets.has_finding, targets.parts) == (False, ())


def test_current_periods_come_first_and_earlier_ones_are_folded(shop: BuiltWarehouse) -> None:
    section = present(TargetsOf(TARGETS)(Scope(shop.warehouse)))
    assert section.finding == (
        "Net sales in April 2024 reached 50.0% of the target by 10 April: 87.00 of 174.00"
    )
    # 10 of 30 days; the data has no April 2023.
    assert section.detail.startswith("33.3% of the days in April 2024 are over. Whole shop, to 10 ")
    current, earlier = tables(section)
    assert texts(current) == [
        ["April 2024", "87.00", "174.00", "50.0%", "33.3%"],
        ["Q2 2024", "87.00", "870.00", "10.0%", "11.0%"],  # 10 of 91 days
    ]
    assert (current.rows[0][1].bar, current.rows[0][1].tick) == (0.5, 10 / 30)
    assert (earlier.is_folded, texts(earlier)) == (
        True,
        [
            ["February 2024", "179.00", "200.00", "89.5%", "complete"],
            ["February 2024", "5", "4", "125.0%", "complete"],
        ],
    )


def test_a_period_does_not_change_what_targets_are_compared_with(shop: BuiltWarehouse) -> None:
    february = Scope(shop.warehouse, Span(date(2024, 2, 1), date(2024, 2, 29)))
    section = present(TargetsOf(TARGETS)(february))
    assert section.finding.startswith("Net sales in April 2024 reached 50.0%")
    assert "regardless of the selected period" in section.detail


def test_a_shop_without_targets_has_no_section_about_them(shop: BuiltWarehouse) -> None:
    scope = Scope(shop.warehouse)
    assert TargetsOf(())(scope) is None
    assert TargetsOf((target("2024-05", 300),))(scope) is None  # has not begun
    plain = TrendOf()(scope)
    assert "arget" not in fragments.section(plain)
