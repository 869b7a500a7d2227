"""What the section on change says and lists, on the shop of thirty lines."""

from datetime import date

import pytest

from regulars.core.formatting import SPACE
from regulars.insights.findings import sales
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections.change import ChangeOf

JANUARY = Span(date(2024, 1, 1), date(2024, 1, 31))
FEBRUARY = Span(date(2024, 2, 1), date(2024, 2, 29))
MAY = Span(date(2024, 5, 1), date(2024, 5, 31))


def plain(text):
    return text.replace(SPACE, " ")


def test_it_lists_the_largest_changes_by_each_dimension(shop):
    told = ChangeOf(Comparison(FEBRUARY, JANUARY, ""))(Scope(shop.warehouse))
    # Four orders in January and six in February: figures, but no finding.
    assert told.finding == "Too few orders to say what changed"
    assert "fewer than 30 orders" in told.detail
    # Everybody is new in January, with which the data begin: buyers are not compared.
    assert [table.title for table in told.parts] == ["By place", "By category", "By product"]
    [first, *_] = told.parts[0].rows
    assert [plain(cell.text) for cell in first] == [
        "DE", "+100.00", "+106.4%", "–", "100.00", "0.00"
    ]  # fmt: skip
    assert [row[0].bar for row in told.parts[0].rows] == [1, -0.5, 0.35]
    assert [row[0].member for row in told.parts[0].rows] == ["DE", "UK", "FR"]


def test_what_is_narrowed_to_one_place_and_category_is_told_by_product(shop):
    drinks = Scope(shop.warehouse, FEBRUARY, {"location": ["UK"], "category": ["Drinks"]})
    [table] = ChangeOf(Comparison(FEBRUARY, JANUARY, ""))(drinks).parts
    assert [[plain(cell.text) for cell in row[:2]] for row in table.rows] == [
        ["Tea", "−41.00"], ["Mug", "−24.00"]
    ]  # fmt: skip


def test_the_real_shop_says_how_much_and_whose_change_it_is(standard):
    days = [
        Span(date(2010, 12, 1), date(2011, 11, 30)),
        Span(date(2009, 12, 1), date(2010, 11, 30)),
    ]
    told = ChangeOf(Comparison(*days, ""))(Scope(standard.warehouse))
    worth = [standard.one("kpis", since=span.first, until=span.last)["net_sales"] for span in days]
    [now, then] = [
        {row["location"]: row["net_sales"]
         for row in standard.ask("sales_by", by="location", since=span.first, until=span.last)}
        for span in days
    ]  # fmt: skip
    by_size = sorted({*now, *then}, key=lambda place: -abs(now.get(place, 0) - then.get(place, 0)))
    words = [
        f"{place} {abs(change := now.get(place, 0) - then.get(place, 0)):,.0f} "
        f"{'more' if change > 0 else 'less'}"
        for place in by_size[:3]
        if abs(now.get(place, 0) - then.get(place, 0)) >= worth[1] / 100
    ]
    grown = worth[0] - worth[1]
    assert plain(told.finding) == (
        f"Net sales are {grown:,.0f} ({grown / worth[1]:.1%}) more than in December 2009 to "
        f"November 2010: {', '.join(words)}"
    )


def test_what_bears_no_name_is_told_beside_the_rest(build_shop):
    lines = [
        f"{n},2024-0{month}-01,c,tea,{n % 3 + 1},1,{'DE' if n % 2 else ''}"
        for month in (1, 2) for n in range(40 * month, 40 * month + 40)
    ]  # fmt: skip
    end = "999,2024-03-01,c,tea,1,1,DE"
    heading = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price,Country"
    shop = build_shop("\n".join([heading, *lines, end]) + "\n")
    told = ChangeOf(Comparison(FEBRUARY, JANUARY, ""))(Scope(shop.warehouse))
    rows = [[plain(cell.text) for cell in row] for row in told.parts[0].rows]
    assert {row[0] for row in rows} == {"DE", "Not told"}


def test_without_a_comparison_there_is_nothing_to_say(shop):
    assert ChangeOf(Comparison(FEBRUARY, None, ""))(Scope(shop.warehouse)) is None


def moved(*changes, was=1000):
    """Return rows of members of which so much was sold before, the first of most of it."""
    left = was - 100 * (len(changes) - 1)
    return [
        {"location": name, "change": change, "net_sales_before": 100 if n else left}
        for n, (name, change) in enumerate(changes)
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (moved(("UK", 1), ("FR", -9)), "Net sales are level with May 2024"),
        # Of the hats nothing was sold, only less came back: that is no success of theirs.
        ([{"location": "UK", "change": 60, "net_sales_before": 1000},
          {"location": "FR", "change": 40, "net_sales_before": -40}],
         "Net sales are 100 (10.4%) more than in May 2024: UK 60 more"),
        (moved(("UK", 300), ("FR", -298)),
         "Net sales are level with May 2024: UK 300 more, FR 298 less"),
        (moved(("UK", -100)), "Net sales are 100 (10.0%) less than in May 2024"),
        (moved(("UK", -90), ("Not told", -10)),
         "Net sales are 100 (10.0%) less than in May 2024: UK 90 less, Not told 10 less"),
        ([{"location": "UK", "change": 60, "net_sales_before": 0},
          {"location": "FR", "change": 40, "net_sales_before": 0}],
         "Net sales are 100 more than in May 2024: UK 60 more, FR 40 more"),
        (moved(("A", 40), ("B", 30), ("C", 20), ("D", 10)),
         "Net sales are 100 (10.0%) more than in May 2024: A 40 more, B 30 more, C 20 more"),
    ],
)  # fmt: skip
def test_what_is_too_little_to_speak_of_is_not_spoken_of(rows, said):
    assert plain(sales.changed(rows, "location", lambda value: f"{value}", MAY)) == said


@pytest.mark.parametrize(
    ("first", "last", "when"),
    [
        ("2024-05-01", "2024-05-31", "in May 2024"),
        ("2024-05-07", "2024-05-07", "on 7 May 2024"),
        ("2024-05-07", "2024-05-08", "from 7 May 2024 to 8 May 2024"),
    ],
)
def test_days_are_spoken_of_as_days(first, last, when):
    span = Span(date.fromisoformat(first), date.fromisoformat(last))
    assert plain(sales.changed(moved(("UK", 100)), "location", str, span)) == (
        f"Net sales are 100 (10.0%) more than {when}"
    )
