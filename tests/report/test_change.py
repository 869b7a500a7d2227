"""What the section on change says and lists, on the shop of thirty lines."""

from datetime import date

import pytest

from regulars.present import SPACE
from regulars.report import findings
from regulars.report.change import ChangeOf
from regulars.report.periods import Comparison, Span
from regulars.report.shop import Shop

JANUARY = Span(date(2024, 1, 1), date(2024, 1, 31))
FEBRUARY = Span(date(2024, 2, 1), date(2024, 2, 29))


def plain(text):
    return text.replace(SPACE, " ")


def test_it_says_how_much_and_whose_change_it_is(shop):
    told = ChangeOf(Comparison(FEBRUARY, JANUARY, ""))(Shop(shop.warehouse))
    assert plain(told.finding) == (
        "Net sales are 85.00 (90 %) more than in January 2024: DE 100.00 more, UK 50.00 less, "
        "FR 35.00 more"
    )
    # Everybody is new in January, with which the data begin: buyers are not compared.
    assert [table.title for table in told.parts] == ["By place", "By category", "By product"]
    [first, *_] = told.parts[0].rows
    assert [plain(cell.text) for cell in first] == [
        "DE", "+100.00", "+106.4 %", "–", "100.00", "0.00"
    ]  # fmt: skip
    assert [row[0].bar for row in told.parts[0].rows] == [1, -0.5, 0.35]
    assert [row[0].member for row in told.parts[0].rows] == ["DE", "UK", "FR"]


def test_a_filter_narrows_it(shop):
    french = Shop(shop.warehouse, FEBRUARY, {"location": ["FR"]})
    told = ChangeOf(Comparison(FEBRUARY, JANUARY, ""))(french)
    assert plain(told.finding) == (
        "Net sales are 35.00 (117 %) more than in January 2024: Paper 30.00 more, "
        "Drinks 25.00 more, Clothes 20.00 less"
    )


def test_what_is_narrowed_to_one_place_and_category_is_told_by_product(shop):
    drinks = Shop(shop.warehouse, FEBRUARY, {"location": ["UK"], "category": ["Drinks"]})
    told = ChangeOf(Comparison(FEBRUARY, JANUARY, ""))(drinks)
    assert plain(told.finding) == (
        "Net sales are 65.00 (102 %) less than in January 2024: Tea 41.00 less, Mug 24.00 less"
    )


def test_without_a_comparison_there_is_nothing_to_say(shop):
    assert ChangeOf(Comparison(FEBRUARY, None, ""))(Shop(shop.warehouse)) is None


def moved(*changes, was=1000):
    rows = [{"location": name, "change": change, "net_sales_before": 0} for name, change in changes]
    rows[0]["net_sales_before"] = was
    return rows


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (moved(("UK", 1), ("FR", -2)), "Net sales are level with May 2024"),
        (moved(("UK", 300), ("FR", -298)),
         "Net sales are level with May 2024: UK 300 more, FR 298 less"),
        ([], "Nothing was sold, nor in May 2024"),
        (moved(("UK", -100)), "Net sales are 100 (10 %) less than in May 2024"),
        (moved(("UK", -90), (None, -10)),
         "Net sales are 100 (10 %) less than in May 2024: UK 90 less"),
        (moved(("UK", 60), ("FR", 40), was=0),
         "Net sales are 100 more than in May 2024: UK 60 more, FR 40 more"),
        (moved(("A", 40), ("B", 30), ("C", 20), ("D", 10)),
         "Net sales are 100 (10 %) more than in May 2024: A 40 more, B 30 more, C 20 more"),
    ],
)  # fmt: skip
def test_what_is_too_little_to_speak_of_is_not_spoken_of(rows, said):
    assert plain(findings.changed(rows, "location", lambda value: f"{value}", "May 2024")) == said
