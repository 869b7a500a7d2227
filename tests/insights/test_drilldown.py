"""What is behind a figure: the lines it is made of, and no customers for a viewer."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from regulars.analyses.sales.kpis import HEADLINES
from regulars.core.errors import InputError
from regulars.core.formatting import text
from regulars.insights.drilldown import DrillDown, asked
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.customers import buyers, new_and_returning, retention, rfm
from regulars.insights.sections.sales import places, trend
from regulars.insights.view import EVERYTHING, View
from regulars.lists.api import Selection, preview_list
from regulars.web.dashboard.pages.overview import CUSTOMERS, SALES
from support.small_shop import SHOP

FRANCE = {"location": ("FR",)}


def behind(metric, *, shows_customers=True):
    return DrillDown.of(f"kpis.{metric}", shows_customers=shows_customers)


def tables(section):
    return [part for part in section.parts if part.shape == "table"]


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_kinds_of_lines_come_to_the_figure(shop):
    section = behind("net_sales")(Scope(shop.warehouse, None, FRANCE))
    # By hand: 30 + 10 + 15 + 20 + 30 + 10 of sales, 10 of a hat that came back.
    assert section.finding == "Net sales: 105.00"
    assert texts(tables(section)[0]) == [
        ["sale", "6", "4", "2", "115.00"],
        ["return", "1", "1", "1", "−10.00"],
    ]
    assert len(tables(section)[1].rows) == 7


@pytest.mark.parametrize("name", HEADLINES, ids=lambda metric: metric.name)
def test_every_headline_figure_has_the_value_it_has_on_the_page(shop, name):
    where = {"location": "FR"}
    [kpis] = shop.ask("kpis", where=where)
    told = behind(name.name)(Scope(shop.warehouse, None, FRANCE))
    assert told.finding == f"{name.label}: {text(kpis[name.name], name)}"


def test_a_viewer_is_shown_neither_customers_nor_orders(shop):
    told = str(behind("orders", shows_customers=False)(Scope(shop.warehouse)))
    for line in SHOP.splitlines()[1:]:
        order, _, customer, *_ = line.split(",")
        assert f"text='{order}'" not in told
        assert not customer or f"text='{customer}'" not in told
    assert "text='Ann'" in str(behind("orders")(Scope(shop.warehouse)))


def test_a_column_with_nothing_in_it_is_left_out(shop):
    told = behind("orders")(Scope(shop.warehouse, None, {"location": ("DE",)}))
    assert "Discount" not in [head.label for head in tables(told)[1].headers]
    told = behind("orders")(Scope(shop.warehouse, None, FRANCE))
    assert "Discount" in [head.label for head in tables(told)[1].headers]


def test_the_command_asks_for_the_same(shop):
    part = Scope(
        shop.warehouse, Span(date(2024, 2, 1), date(2024, 2, 29)),
        {"location": ("FR", "Bed & 'Breakfast'"), "segment": ("At Risk",)},
    )  # fmt: skip
    where = f"-w {shop.warehouse.engine} --since 2024-02-01 --until 2024-02-29"
    assert asked(part) == (
        f"regulars show lines {where} --where location=FR "
        """--where 'location=Bed & '"'"'Breakfast'"'"'' --where 'segment=At Risk' -o lines.csv"""
    )


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("kpis.sales", "kpis has no figure sales"),
        ("kpi.net_sales", 'no analysis "kpi"'),
        ("net_sales", 'no analysis "net_sales"'),
        ("kpis.net_sales?customer_id=Ann", 'told by "customer_id"'),
        ("kpis.net_sales?since=2024-02-30&until=2024-03-01", "choose one on it again"),
        ("kpis.net_sales?since=2024-02-01", "choose one on it again"),
        ("sales_by.net_sales?location=Atlantis", 'No location is "Atlantis"'),
        ("sales_by.net_sales?location=%00", "No location is"),
        ("kpis.net_sales?since=0001-01-01&until=9999-12-31", "choose one on it again"),
        ("lines.quantity?buyer=Nobody", 'cannot go by "Nobody"'),
    ],
)
def test_a_figure_that_there_is_not_is_refused(shop, figure, words):
    with pytest.raises(InputError, match=words):
        DrillDown.of(figure, shows_customers=True)(Scope(shop.warehouse))


def figures_of(told, subjects):
    """Return the cells of tables that tell where they come from."""
    sections = [section for subject in subjects if (section := subject(told))]
    return [
        cell
        for section in sections
        for table in tables(section)
        for row in table.rows
        for cell in row
        if cell.figure
    ]


def subjects_of(told):
    whole = told.whole
    half = whole.first + (whole.last - whole.first) / 2
    before, now = Span(whole.first, half), Span(half + timedelta(days=1), whole.last)
    return [ChangeOf(Comparison(now, before, "")), trend, *SALES, *CUSTOMERS]


@pytest.mark.parametrize("where", [{}, {"location": ("FR",)}, {"segment": ("Champions",)}])
def test_every_figure_of_every_table_can_be_looked_behind(shop, where):
    told = Scope(shop.warehouse, None, where)
    found = figures_of(told, subjects_of(told))
    assert len(found) >= 20
    for cell in found:
        finding = DrillDown.of(cell.figure, shows_customers=True)(told).finding
        assert f": {cell.text}" in finding, cell.figure


def test_the_real_shops_figures_have_behind_them_the_value_they_have_on_the_page(standard):
    part = Scope(
        standard.warehouse, Span(date(2011, 6, 1), date(2011, 11, 30)), {}, date(2011, 12, 9)
    )
    by_column = {cell.figure.split("?")[0]: cell for cell in figures_of(part, subjects_of(part))}
    compared = 0
    for figure, cell in by_column.items():
        finding = DrillDown.of(cell.figure, shows_customers=True)(part).finding
        assert f": {cell.text}" in finding, figure
        compared += "told=" not in cell.figure
    assert compared >= 8


def lines_behind(told, figure):
    """Return the amount of goods behind a figure, and the customers who ordered."""
    [kinds, _] = tables(DrillDown.of(figure, shows_customers=True)(told))
    by_kind = {row[0].text: [cell.text for cell in row[1:]] for row in kinds.rows}
    money = [number(by_kind[kind][-1]) for kind in ("sale", "return") if kind in by_kind]
    return sum(money), number(by_kind["sale"][2]) if "sale" in by_kind else 0


def number(text):
    """Return a number as it is written for people."""
    return Decimal(re.sub(r"[^0-9.−]", "", text).replace("−", "-"))


@pytest.mark.parametrize("subject", [new_and_returning, buyers], ids=lambda one: one.__name__)
def test_new_returning_and_guests_of_a_month_are_those_of_its_lines(standard, subject):
    told = Scope(standard.warehouse)
    [table] = tables(subject(told))
    for row in table.rows[::6]:
        for cell in row[1:]:
            amount, customers = lines_behind(told, cell.figure)
            assert (customers if subject is new_and_returning else amount) == number(cell.text)


def test_behind_a_cell_of_the_cohorts_stand_as_many_customers_as_came_back(standard):
    told = Scope(standard.warehouse)
    rows = [row for row in told.rows("cohorts") if row["cohort"] == date(2010, 11, 1)]
    cells = {cell.figure for cell in figures_of(told, [retention])}
    for row in rows[:4]:
        month = date(
            2010 + (10 + row["months_since"]) // 12, (10 + row["months_since"]) % 12 + 1, 1
        )
        column = "share" if row["months_since"] else "customers"
        [figure] = [one for one in cells if one.startswith(f"cohorts.{column}?cohort=2010-11")
                    and f"since={month}" in one]  # fmt: skip
        assert lines_behind(told, figure)[1] == row["customers"]


def test_the_list_made_of_a_figure_holds_as_many_as_it_counts(standard):
    told = Scope(standard.warehouse)
    counted = {
        cell.figure: number(cell.text)
        for cell in figures_of(told, [places, rfm, retention])
        if ".customers?" in cell.figure
    }
    for figure in list(counted)[::5]:
        view = DrillDown.of(figure, shows_customers=True).customers_view(EVERYTHING, date(2011, 12, 9))
        where = dict(view.where)
        days = {"since": view.days.first, "until": view.days.last} if view.days else {}
        selection = Selection(where.pop("segment", ()), where, **days)
        assert preview_list(standard.warehouse, selection).counts.chosen == counted[figure], figure


def test_of_a_segment_in_other_days_there_is_no_view_for_they_would_tell_it_otherwise(shop):
    figure = "monthly_sales.orders?since=2024-02-01&until=2024-02-29"
    behind, of_fay = DrillDown.of(figure, shows_customers=True), {"segment": ("New Customers",)}
    assert behind.customers_view(View(where=of_fay), date(2024, 4, 10)) is None
    assert behind.customers_view(View(where=of_fay), date(2024, 2, 29)) is not None
    assert behind.customers_view(View(where=FRANCE), date(2024, 4, 10)).where == FRANCE


def test_behind_a_change_stand_its_value_and_the_lines_of_both_periods(shop):
    now, before = (
        Span(date(2024, 2, 1), date(2024, 2, 29)),
        Span(date(2024, 1, 3), date(2024, 1, 31)),
    )
    changed = ChangeOf(Comparison(now, before, ""))(Scope(shop.warehouse))
    [figure] = [
        cell.figure for table in tables(changed) for row in table.rows for cell in row
        if cell.figure.startswith("sales_change.change?product_id=H1")
    ]  # fmt: skip
    told = DrillDown.of(figure, shows_customers=True)(Scope(shop.warehouse))
    # Hats for 30.00 in January; one for 20.00 in February, when one of 10.00 came back.
    assert told.finding == "Change: −20.00"
    assert told.topic == "February 2024 · Product: H1 Hat"
    kinds, then, _ = tables(told)
    assert texts(kinds) == [["return", "1", "1", "1", "−10.00"], ["sale", "1", "1", "1", "20.00"]]
    assert then.title == "Compared with 3 January 2024 to 31 January 2024"
    assert texts(then) == [
        ["cancelled", "1", "1", "1", "20.00"],  # Eve's, which no figure of sales counts
        ["sale", "1", "1", "1", "30.00"],
    ]


@pytest.mark.parametrize("figure", ["kpis.returns", "kpis.return_rate", "lines.kind?kind=return"])
def test_of_those_who_returned_there_is_no_view_for_lists_are_of_those_who_bought(figure):
    assert DrillDown.of(figure, shows_customers=True).customers_view(View(), date(2024, 4, 10)) is None


def test_of_buyers_there_is_no_view(shop):
    figure = "monthly_customers.new?buyer=New+customers&since=2024-02-01&until=2024-02-29"
    assert DrillDown.of(figure, shows_customers=True).customers_view(View(), date(2024, 4, 10)) is None
