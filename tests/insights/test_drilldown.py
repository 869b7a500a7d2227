"""Drill-downs: a figure's value and lines, without customers for viewers."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from regulars.analyses.define import Metric
from regulars.analyses.sales.kpis import HEADLINES
from regulars.core.errors import InputError
from regulars.core.formatting import text
from regulars.insights.drilldown import DrillDown, lines_command
from regulars.insights.parts import Cell
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.customer_types import buyers, new_and_returning
from regulars.insights.sections.customers import retention, rfm
from regulars.insights.sections.sales import places, trend
from regulars.insights.view import EVERYTHING, View
from regulars.lists.api import Selection, preview_list
from regulars.warehouse.query_options import Where
from regulars.web.dashboard.pages.figures import CUSTOMERS, SALES
from support.present import present
from support.sections import Subject, tables, texts
from support.small_shop import SHOP
from support.warehouses import BuiltWarehouse

FRANCE = {"location": ("FR",)}


def drill_down(metric: str, *, shows_customers: bool = True) -> DrillDown:
    return DrillDown.of(f"kpis.{metric}", shows_customers=shows_customers)


def test_the_kinds_of_lines_add_up_to_the_figure(shop: BuiltWarehouse) -> None:
    section = drill_down("net_sales")(Scope(shop.warehouse, None, FRANCE))
    # By hand: sales of 30 + 10 + 15 + 20 + 30 + 10, and a hat of 10 returned.
    assert section.finding == "Net sales: 105.00"
    assert texts(tables(section)[0]) == [
        ["sale", "6", "4", "2", "115.00"],
        ["return", "1", "1", "1", "−10.00"],
    ]
    assert len(tables(section)[1].rows) == 7


@pytest.mark.parametrize("metric", HEADLINES, ids=lambda metric: metric.name)
def test_every_headline_figure_shows_the_same_value_as_the_page(
    shop: BuiltWarehouse, metric: Metric
) -> None:
    where = {"location": "FR"}
    [kpis] = shop.ask("kpis", where=where)
    section = drill_down(metric.name)(Scope(shop.warehouse, None, FRANCE))
    assert section.finding == f"{metric.label}: {text(kpis[metric.name], metric)}"


def test_a_viewer_sees_neither_customers_nor_orders(shop: BuiltWarehouse) -> None:
    shown = str(drill_down("orders", shows_customers=False)(Scope(shop.warehouse)))
    for line in SHOP.splitlines()[1:]:
        order, _, customer, *_ = line.split(",")
        assert f"text='{order}'" not in shown
        assert not customer or f"text='{customer}'" not in shown
    assert "text='Ann'" in str(drill_down("orders")(Scope(shop.warehouse)))


def test_an_empty_column_is_left_out(shop: BuiltWarehouse) -> None:
    section = drill_down("orders")(Scope(shop.warehouse, None, {"location": ("DE",)}))
    assert "Discount" not in [head.label for head in tables(section)[1].headers]
    section = drill_down("orders")(Scope(shop.warehouse, None, FRANCE))
    assert "Discount" in [head.label for head in tables(section)[1].headers]


def test_the_command_has_the_same_period_and_filters(shop: BuiltWarehouse) -> None:
    part = Scope(
        shop.warehouse, Span(date(2024, 2, 1), date(2024, 2, 29)),
        {"location": ("FR", "Bed & 'Breakfast'"), "segment": ("At Risk",)},
    )  # fmt: skip
    where = f"-w {shop.warehouse.engine} --since 2024-02-01 --until 2024-02-29"
    assert lines_command(part) == (
        f"regulars show lines {where} --where location=FR "
        """--where 'location=Bed & '"'"'Breakfast'"'"'' --where 'segment=At Risk' -o lines.csv"""
    )


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("kpis.sales", "kpis has no figure sales"),
        ("kpi.net_sales", 'no analysis "kpi"'),
        ("net_sales", 'no analysis "net_sales"'),
        ("kpis.net_sales?email=Ann", 'filtered by "email"'),
        ("kpis.net_sales?since=2024-02-30&until=2024-03-01", "not a figure on this page"),
        ("kpis.net_sales?since=2024-02-01", "not a figure on this page"),
        ("sales_by.net_sales?location=Atlantis", 'No location is "Atlantis"'),
        ("sales_by.net_sales?location=%00", "No location is"),
        ("kpis.net_sales?since=0001-01-01&until=9999-12-31", "not a figure on this page"),
        ("lines.quantity?buyer=Nobody", 'buyer = "Nobody" is not valid for lines'),
    ],
)
def test_an_unknown_figure_is_refused(shop: BuiltWarehouse, figure: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        DrillDown.of(figure, shows_customers=True)(Scope(shop.warehouse))


def test_an_order_is_shown_only_to_those_who_may_see_customers(shop: BuiltWarehouse) -> None:
    figure = "order_history.net_sales?order_id=1008"
    section = DrillDown.of(figure, shows_customers=True)(Scope(shop.warehouse))
    # Two mugs, two teas at 25% off and a hat.
    assert section.finding == "Net sales: 45.00"
    assert "Order: 1008" in section.topic
    for part in ("order_id=1008", "customer_id=Ann"):
        with pytest.raises(InputError, match="Figures cannot be filtered by"):
            DrillDown.of(f"kpis.net_sales?{part}", shows_customers=False)


def test_lines_lead_to_their_customer_and_their_product(shop: BuiltWarehouse) -> None:
    [*_, latest] = tables(drill_down("net_sales")(Scope(shop.warehouse, None, FRANCE)))
    linked = [(cell.column, cell.member) for cell in latest.rows[0] if cell.member]
    assert linked == [("customer", "Dee"), ("product", "T1")]


def test_no_list_can_be_made_of_the_figure_of_one_customer() -> None:
    view = View("all", where={"customer_id": ("Ann",)})
    assert drill_down("orders").customers_view(view, date(2024, 4, 10)) is None


def figures_of(scope: Scope, subjects: Iterable[Subject]) -> list[Cell]:
    """Return the table cells that can be drilled into."""
    sections = [section for subject in subjects if (section := subject(scope))]
    return [
        cell
        for section in sections
        for table in tables(section)
        for row in table.rows
        for cell in row
        if cell.figure
    ]


def subjects_of(scope: Scope) -> list[Subject]:
    whole = scope.whole
    half = whole.first + (whole.last - whole.first) / 2
    before, now = Span(whole.first, half), Span(half + timedelta(days=1), whole.last)
    return [ChangeOf(Comparison(now, before, "")), trend, *SALES, *CUSTOMERS]


WHERES: list[Where] = [{}, {"location": ("FR",)}, {"segment": ("Champions",)}]
FEBRUARY = Span(date(2024, 2, 1), date(2024, 2, 29))


def one_of_each_kind(found: Iterable[Cell]) -> list[tuple[Cell, DrillDown]]:
    """Return the last cell of each kind of figure, with its drill-down."""
    kinds: dict[tuple[str, str, tuple[str, ...]], tuple[Cell, DrillDown]] = {}
    for cell in found:
        drill = DrillDown.of(cell.figure, shows_customers=True)
        names = tuple(name for name, _ in drill.ref.part)
        kinds[drill.ref.analysis, drill.column, names] = cell, drill
    return list(kinds.values())


def test_each_kind_of_figure_can_be_drilled_into(shop: BuiltWarehouse) -> None:
    scope = Scope(shop.warehouse)
    found = one_of_each_kind(figures_of(scope, subjects_of(scope)))
    assert len(found) >= 20
    for cell, drill in found:
        assert f": {cell.text}" in drill.finding(scope), cell.figure
    by_column = {drill.column: drill for _, drill in found}
    by_part = {tuple(name for name, _ in drill.ref.part): drill for _, drill in found}
    for drill in {*by_column.values(), *by_part.values()}:
        assert drill(scope).finding == drill.finding(scope)


@pytest.mark.parametrize(("span", "where"), [(None, WHERES[1]), (None, WHERES[2]), (FEBRUARY, {})])
def test_each_kind_of_figure_has_the_value_of_the_page_with_its_filters_and_period(
    shop: BuiltWarehouse, span: Span | None, where: Where
) -> None:
    scope = Scope(shop.warehouse, span, where, date(2024, 4, 10) if span else None)
    found = one_of_each_kind(figures_of(scope, subjects_of(scope)))
    assert len(found) >= 20
    for cell, drill in found:
        assert f": {cell.text}" in drill.finding(scope), cell.figure


@pytest.mark.thorough
@pytest.mark.parametrize("where", WHERES)
def test_every_figure_of_every_table_has_the_value_of_the_page(
    shop: BuiltWarehouse, where: Where
) -> None:
    scope = Scope(shop.warehouse, None, where)
    for cell in figures_of(scope, subjects_of(scope)):
        finding = DrillDown.of(cell.figure, shows_customers=True).finding(scope)
        assert f": {cell.text}" in finding, cell.figure


@pytest.mark.thorough
def test_figures_of_the_real_shop_show_the_same_value_as_the_page(standard: BuiltWarehouse) -> None:
    part = Scope(
        standard.warehouse, Span(date(2011, 6, 1), date(2011, 11, 30)), {}, date(2011, 12, 9)
    )
    by_column = {cell.figure.split("?")[0]: cell for cell in figures_of(part, subjects_of(part))}
    compared = 0
    for figure, cell in by_column.items():
        finding = DrillDown.of(cell.figure, shows_customers=True)(part).finding
        assert f": {cell.text}" in finding, figure
        compared += "shown=" not in cell.figure
    assert compared >= 8


def lines_behind(scope: Scope, figure: str) -> tuple[Decimal, Decimal]:
    """Return the amount of goods behind a figure, and the number of customers who ordered."""
    [*_, kinds, _] = tables(DrillDown.of(figure, shows_customers=True)(scope))
    by_kind = {row[0].text: [cell.text for cell in row[1:]] for row in kinds.rows}
    money = [number(by_kind[kind][-1]) for kind in ("sale", "return") if kind in by_kind]
    customers = number(by_kind["sale"][2]) if "sale" in by_kind else Decimal(0)
    return sum(money, Decimal(0)), customers


def number(text: str) -> Decimal:
    """Return a formatted number as a decimal."""
    return Decimal(re.sub(r"[^0-9.−]", "", text).replace("−", "-"))


@pytest.mark.parametrize("subject", [new_and_returning, buyers], ids=lambda one: one.__name__)
def test_new_and_returning_customers_and_guests_of_a_month_match_its_lines(
    standard: BuiltWarehouse, subject: Subject
) -> None:
    scope = Scope(standard.warehouse)
    [table] = tables(subject(scope))
    for row in table.rows[::12]:
        for cell in row[1:]:
            amount, customers = lines_behind(scope, cell.figure)
            assert (customers if subject is new_and_returning else amount) == number(cell.text)


def test_a_cohort_cell_drills_down_to_the_customers_who_came_back(standard: BuiltWarehouse) -> None:
    scope = Scope(standard.warehouse)
    rows = [row for row in scope.rows("cohorts") if row["cohort"] == date(2010, 11, 1)]
    cells = {cell.figure for cell in figures_of(scope, [retention])}
    for row in rows[:4]:
        month = date(
            2010 + (10 + row["months_since"]) // 12, (10 + row["months_since"]) % 12 + 1, 1
        )
        column = "share" if row["months_since"] else "customers"
        [figure] = [one for one in cells if one.startswith(f"cohorts.{column}?cohort=2010-11")
                    and f"since={month}" in one]  # fmt: skip
        assert lines_behind(scope, figure)[1] == row["customers"]


def test_a_list_made_from_a_figure_has_as_many_customers_as_it_counts(
    standard: BuiltWarehouse,
) -> None:
    scope = Scope(standard.warehouse)
    counted = {
        cell.figure: number(cell.text)
        for cell in figures_of(scope, [places, rfm, retention])
        if ".customers?" in cell.figure
    }
    last_of_each_table = {figure.partition("?")[0]: figure for figure in counted}
    assert len(last_of_each_table) >= 3
    for figure in last_of_each_table.values():
        drill = DrillDown.of(figure, shows_customers=True)
        view = present(drill.customers_view(EVERYTHING, date(2011, 12, 9)))
        where = dict(view.where)
        days = {"since": view.days.first, "until": view.days.last} if view.days else {}
        selection = Selection(where.pop("segment", ()), where, **days)
        assert preview_list(standard.warehouse, selection).counts.chosen == counted[figure], figure


def test_a_segment_in_another_period_has_no_view_as_its_customers_would_differ(
    shop: BuiltWarehouse,
) -> None:
    figure = "monthly_sales.orders?since=2024-02-01&until=2024-02-29"
    drill = DrillDown.of(figure, shows_customers=True)
    of_fay = {"segment": ("New Customers",)}
    assert drill.customers_view(View(where=of_fay), date(2024, 4, 10)) is None
    assert drill.customers_view(View(where=of_fay), date(2024, 2, 29)) is not None
    of_france = present(drill.customers_view(View(where=FRANCE), date(2024, 4, 10)))
    assert of_france.where == FRANCE


def test_a_change_drills_down_to_the_lines_of_both_periods(shop: BuiltWarehouse) -> None:
    now, before = (
        Span(date(2024, 2, 1), date(2024, 2, 29)),
        Span(date(2024, 1, 3), date(2024, 1, 31)),
    )
    changed = ChangeOf(Comparison(now, before, ""))(Scope(shop.warehouse))
    [figure] = [
        cell.figure for table in tables(changed) for row in table.rows for cell in row
        if cell.figure.startswith("sales_change.change?product_id=H1")
    ]  # fmt: skip
    section = DrillDown.of(figure, shows_customers=True)(Scope(shop.warehouse))
    # Hats for 30.00 in January; one for 20.00 in February, when one of 10.00 was returned.
    assert section.finding == "Change: −20.00"
    assert section.topic == "February 2024 · Product: H1 Hat"
    kinds, earlier, _ = tables(section)
    assert texts(kinds) == [["return", "1", "1", "1", "−10.00"], ["sale", "1", "1", "1", "20.00"]]
    assert earlier.title == "Compared with 3 January 2024 to 31 January 2024"
    assert texts(earlier) == [
        ["cancelled", "1", "1", "1", "20.00"],  # Eve's, which sales figures leave out
        ["sale", "1", "1", "1", "30.00"],
    ]


@pytest.mark.parametrize("figure", ["kpis.returns", "kpis.return_rate", "lines.kind?kind=return"])
def test_returns_have_no_view_as_lists_hold_customers_who_bought(figure: str) -> None:
    assert (
        DrillDown.of(figure, shows_customers=True).customers_view(View(), date(2024, 4, 10)) is None
    )


def test_customer_types_have_no_view(shop: BuiltWarehouse) -> None:
    figure = "monthly_customers.new?buyer=New+customers&since=2024-02-01&until=2024-02-29"
    assert (
        DrillDown.of(figure, shows_customers=True).customers_view(View(), date(2024, 4, 10)) is None
    )
