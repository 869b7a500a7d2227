"""Active customers by month: of the shop of thirty lines, worked out on paper."""

from datetime import date

from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.customers import new_and_returning, retention


def plain(text):
    return text.replace("\u00a0", " ")


def shown(section):
    """Return the figures as a reader sees them: month, active, new, returning."""
    figures = section.parts[1]
    return [[cell.text for cell in row] for row in figures.rows]


def test_a_view_of_one_month_shows_it_after_those_before_it(shop):
    february = Span(date(2024, 2, 1), date(2024, 2, 29))
    section = new_and_returning(Scope(shop.warehouse, february))
    assert shown(section) == [["Jan 2024", "3", "3", "0"], ["Feb 2024", "4", "3", "1"]]
    # Of Ann, Dee, Fay and Gus, Ann had bought in January.
    assert plain(section.finding) == (
        "25.0% of the customers of February 2024 had bought before: 1 of 4"
    )
    assert section.detail.startswith("February 2024 had 4 active customers.")


def test_the_first_month_alone_is_said_to_be_where_the_data_begin(shop):
    january = Span(date(2024, 1, 1), date(2024, 1, 31))
    section = new_and_returning(Scope(shop.warehouse, january))
    assert section.finding == "3 customers ordered in January 2024, where the data begin"


def test_the_months_of_a_part_of_the_shop_are_narrowed_with_it(shop):
    # In France Cid ordered in January, Dee in February and in April.
    france = new_and_returning(Scope(shop.warehouse, where={"location": "FR"}))
    assert shown(france) == [
        ["Jan 2024", "1", "1", "0"],
        ["Feb 2024", "1", "1", "0"],
        ["Mar 2024", "0", "0", "0"],
        ["Apr 2024", "1", "0", "1"],
    ]


def test_who_comes_back_leaves_out_the_month_where_the_data_begin_and_no_other(shop):
    # Fay and Gus bought first in February, in Germany; nobody did in January.
    germany = retention(Scope(shop.warehouse, where={"location": "DE"}))
    assert germany.finding == "Too few new customers so far (2) to say how many come back"
    # Of France's Cid came in January, with which the data begin, and Dee in February.
    france = retention(Scope(shop.warehouse, where={"location": "FR"}))
    assert france.finding == "Too few new customers so far (1) to say how many come back"


def test_a_cohort_leads_to_its_customers(shop):
    [table] = retention(Scope(shop.warehouse)).parts
    assert table.column == "cohort"
    first = table.rows[0][0]
    assert (first.text, first.member) == ("Jan 2024", "2024-01")
