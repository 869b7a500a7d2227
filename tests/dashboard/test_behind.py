"""What is behind a figure: the lines it is made of, and no customers for a viewer."""

import pytest

from regulars.analyses.overview import HEADLINES
from regulars.dashboard.behind import Behind, asked
from regulars.errors import QuestionError
from regulars.present import text
from regulars.report.periods import Span
from regulars.report.shop import Shop
from shop_by_hand import SHOP

FRANCE = {"location": ("FR",)}


def tables(section):
    return [part for part in section.parts if part.shape == "table"]


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_kinds_of_lines_come_to_the_figure(shop):
    section = Behind("net_sales", with_people=True)(Shop(shop.warehouse, None, FRANCE))
    # By hand: 30 + 10 + 15 + 20 + 30 + 10 of sales, 10 of a hat that came back.
    assert section.finding == "Net sales: 105.00"
    assert texts(tables(section)[0]) == [["sale", "6", "115.00"], ["return", "1", "−10.00"]]
    assert len(tables(section)[1].rows) == 7


@pytest.mark.parametrize("name", HEADLINES, ids=lambda metric: metric.name)
def test_every_headline_figure_has_the_value_it_has_on_the_page(shop, name):
    where = {"location": "FR"}
    [kpis] = shop.ask("kpis", where=where)
    told = Behind(name.name, with_people=True)(Shop(shop.warehouse, None, FRANCE))
    assert told.finding == f"{name.label}: {text(kpis[name.name], name)}"


def test_a_viewer_is_shown_neither_customers_nor_orders(shop):
    told = str(Behind("orders", with_people=False)(Shop(shop.warehouse)))
    for line in SHOP.splitlines()[1:]:
        order, _, customer, *_ = line.split(",")
        assert f"text='{order}'" not in told
        assert not customer or f"text='{customer}'" not in told
    assert "text='Ann'" in str(Behind("orders", with_people=True)(Shop(shop.warehouse)))


def test_a_column_with_nothing_in_it_is_left_out(shop):
    told = Behind("orders", with_people=True)(Shop(shop.warehouse, None, {"location": ("DE",)}))
    assert "Discount" not in [head.label for head in tables(told)[1].heads]
    told = Behind("orders", with_people=True)(Shop(shop.warehouse, None, FRANCE))
    assert "Discount" in [head.label for head in tables(told)[1].heads]


def test_the_command_asks_for_the_same(shop):
    from datetime import date

    part = Shop(
        shop.warehouse, Span(date(2024, 2, 1), date(2024, 2, 29)),
        {"location": ("FR", "Bed & 'Breakfast'"), "segment": ("At Risk",)},
    )  # fmt: skip
    assert asked(part) == (
        "regulars show lines --since 2024-02-01 --until 2024-02-29 --where location=FR "
        """--where 'location=Bed & '"'"'Breakfast'"'"'' --where 'segment=At Risk' -o lines.csv"""
    )


def test_a_figure_that_there_is_not_is_refused(shop):
    with pytest.raises(QuestionError, match='no metric "sales"'):
        Behind("sales", with_people=True)(Shop(shop.warehouse))
