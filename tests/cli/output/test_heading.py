"""The heading of a printed result: period, currency and filters."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from regulars.cli.commands.show import show
from regulars.cli.output.heading import heading
from regulars.cli.output.tables import print_answer
from regulars.core.settings import Settings
from support.warehouses import BuiltWarehouse

ALL = "1 January 2024 to 10 April 2024"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ((None, None, {}), f"All data: {ALL}"),
        (("2024-02-01", "2024-02-29", {}), "February 2024"),
        (("2024-02-03", None, {}), "3 February 2024 to 10 April 2024"),
        ((None, "2024-02-03", {}), "1 January 2024 to 3 February 2024"),
        (
            (None, None, {"segment": ["Champions"], "location": ["UK", "FR"]}),
            f"All data: {ALL} · Segment: Champions · Location: UK, FR",
        ),
        (
            ("2024-03-01", "2024-03-31", {"is_high_value": ["true"], "product_id": ["T1"]}),
            "March 2024 · High value: true · Product: T1",
        ),
    ],
)
def test_the_heading_has_the_period_and_the_filters(
    shop: BuiltWarehouse, filters: tuple[Any, ...], expected: str
) -> None:
    assert heading(shop.warehouse, *filters) == expected


def test_the_heading_has_the_currency_of_the_shop(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    sale = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n1,2024-01-05,a,t,1,2\n"
    shop = build_shop(sale, settings=Settings(currency="GBP"))
    assert heading(shop.warehouse, None, None, {}) == "All data: 5 January 2024 · GBP"


def test_a_heading_is_in_the_file_but_apart_from_a_piped_table(
    shop: BuiltWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = replace(shop.warehouse.answer("sales_by", by="product"), heading="February 2024")
    file = io.StringIO()
    print_answer(answer, file)
    above, labels, *_ = file.getvalue().splitlines()
    assert (above, labels.split()[:4]) == ("February 2024", ["Product", "Name", "Net", "sales"])
    print_answer(answer)
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == labels
    assert printed.err == "February 2024\n"


@pytest.mark.parametrize("format_", ["table", "csv"])
def test_scores_among_the_filtered_are_announced_apart_from_the_result(
    shop: BuiltWarehouse, format_: str
) -> None:
    where = ["--where", "location=FR", "-w", str(shop.warehouse.engine), "--format", format_]
    done = CliRunner().invoke(show, ["segments", "--among", "filtered", *where])
    assert "not the segments of the whole shop" in done.stderr
    assert "not the segments of the whole shop" not in done.stdout
    assert ("All data" in done.stderr) == (format_ == "table")
    assert CliRunner().invoke(show, ["segments", *where]).stderr.count("segments") == 0
