"""The customer sections for the shop of thirty lines, worked out on paper."""

from datetime import date

from regulars.insights.parts import Section
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.customer_types import buyers, new_and_returning
from regulars.insights.sections.customers import retention, rfm
from support.sections import table_of, texts
from support.warehouses import BuiltWarehouse


def shown(section: Section) -> list[list[str]]:
    """Return the table of figures as text: month, active, new, returning."""
    return texts(table_of(section.parts[1]))


def test_a_view_of_one_month_also_shows_the_months_before(shop: BuiltWarehouse) -> None:
    february = Span(date(2024, 2, 1), date(2024, 2, 29))
    section = new_and_returning(Scope(shop.warehouse, february))
    assert shown(section) == [["Jan 2024", "3", "3", "0"], ["Feb 2024", "4", "3", "1"]]
    # Of Ann, Dee, Fay and Gus, Ann had bought in January.
    assert section.finding == ("1 of 4 customers in February 2024 had bought before")
    assert section.detail.startswith("February 2024 had 4 active customers.")
    why = "so this chart shows whole months"
    assert why in section.detail
    assert why in buyers(Scope(shop.warehouse, february)).detail
    assert why not in buyers(Scope(shop.warehouse)).detail


def test_the_finding_says_that_a_month_is_the_first_of_the_data(shop: BuiltWarehouse) -> None:
    january = Span(date(2024, 1, 1), date(2024, 1, 31))
    section = new_and_returning(Scope(shop.warehouse, january))
    assert section.finding == "3 customers ordered in January 2024, the first month of data"


def test_filters_apply_to_every_month(shop: BuiltWarehouse) -> None:
    # In France Cid ordered in January, Dee in February and in April.
    france = new_and_returning(Scope(shop.warehouse, where={"location": "FR"}))
    assert shown(france) == [
        ["Jan 2024", "1", "1", "0"],
        ["Feb 2024", "1", "1", "0"],
        ["Mar 2024", "0", "0", "0"],
        ["Apr 2024", "1", "0", "1"],
    ]


def test_retention_leaves_out_only_the_first_month_of_the_data(shop: BuiltWarehouse) -> None:
    # Fay and Gus first bought in February, in Germany, where nobody bought in January.
    germany = retention(Scope(shop.warehouse, where={"location": "DE"}))
    assert germany.finding == "Too few new customers so far (2) to say how many come back"
    # In France, Cid first bought in January, the first month of data, and Dee in February.
    france = retention(Scope(shop.warehouse, where={"location": "FR"}))
    assert france.finding == "Too few new customers so far (1) to say how many come back"


def test_a_click_on_a_cohort_filters_by_it(shop: BuiltWarehouse) -> None:
    [table] = map(table_of, retention(Scope(shop.warehouse)).parts)
    assert table.column == "cohort"
    first = table.rows[0][0]
    assert (first.text, first.member) == ("Jan 2024", "2024-01")


def test_a_segment_is_not_judged_by_the_past_of_its_customers(shop: BuiltWarehouse) -> None:
    [segment, *_] = [name for (name,) in shop.columns("segments", "segment")]
    scope = Scope(shop.warehouse, where={"segment": [segment]})
    for section in (new_and_returning(scope), buyers(scope), retention(scope)):
        assert section.finding == "Not available for a segment"
        assert "because of when and how often they ordered" in section.detail
        assert (list(section.parts), section.has_finding) == ([], False)


def test_a_selected_segment_is_not_reported_as_the_segment_of_all(shop: BuiltWarehouse) -> None:
    section = rfm(Scope(shop.warehouse, where={"segment": ["Hibernating"]}))
    assert (section.finding, section.has_finding) == ("Hibernating: 3 customers", False)
