"""Terminal output: numbers are never cut, and quarantined rows appear with their reasons."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from regulars.cli.output.loads import print_load
from regulars.cli.output.tables import (
    Column,
    column_widths,
    fitting_columns,
    print_answer,
    print_summary,
)
from regulars.core.columns import Unit
from regulars.core.formatting import text
from support.warehouses import BuiltWarehouse

HEADING = "Order ID,Order Date,Customer ID,Product ID,Product Name,Quantity,Unit Price\n"
GOOD = "{0},2024-03-05,ann,T1,Tea,2,1234.50\n"
BAD = "b{0},soon,ann,T1,Tea,two,3.50\n"
LONG = "Tea " * 80 + "of Assam"

Shown = Callable[..., list[str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Return a function that prints on a terminal of some width and returns its lines."""

    def show(print_result: Callable[..., None], *arguments: object, width: int = 80) -> list[str]:
        terminal = Terminal()
        monkeypatch.setattr("sys.stdout", terminal)
        for name, value in {"COLUMNS": width, "LINES": 40, "TERM": "dumb"}.items():
            monkeypatch.setenv(name, str(value))
        print_result(*arguments)
        return [line.rstrip() for line in terminal.getvalue().splitlines()]

    return show


@pytest.fixture
def dirty(build_shop: Callable[..., BuiltWarehouse]) -> BuiltWarehouse:
    """A shop with 18 rows, ten of which cannot be read."""
    return build_shop(
        HEADING + "".join(map(GOOD.format, range(8))) + "".join(map(BAD.format, range(10)))
    )


@pytest.fixture
def tea_shop(build_shop: Callable[..., BuiltWarehouse]) -> BuiltWarehouse:
    """A shop with a very long product name."""
    return build_shop(HEADING + GOOD.format(1).replace("Tea", LONG) + "2,2024-03-06,bob,M1,Mug,1,5")


def column(name: str, unit: Unit, width: int, *, is_note: bool = False) -> Column:
    return Column(name, "", unit, ["x" * width], is_note)


COLUMNS = [
    column("code", "text", 6),
    column("product_name", "text", 10),
    column("orders", "count", 5),
    column("sales", "money", 9),
    column("share", "share", 6),
    column("change", "money", 8),
    column("why", "text", 30, is_note=True),
]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (86, "code product_name orders sales share change why"),
        (85, "code product_name orders sales share change"),
        (54, "code product_name orders sales share change"),
        (53, "code product_name orders sales change"),
        (45, "code product_name sales change"),
        (38, "code product_name sales"),
        (28, "code product_name"),
        (17, "code"),
        (1, "code"),
    ],
)
def test_columns_are_hidden_from_the_right_with_names_and_money_last(
    width: int, shown: str
) -> None:
    assert fitting_columns(COLUMNS, width) == shown.split()


def test_numbers_keep_their_full_width_and_headers_break_between_words() -> None:
    sales = Column("sales", "Average order value", "money", ["1,234,567.89", "1.00"])
    units = Column("units", "Average order value", "units", ["7.0"])
    name = Column("name", "Name", "text", [LONG])
    assert (sales.narrowest, units.narrowest) == (12, len("Average"))
    assert name.narrowest < replace(name, is_note=True).narrowest < len(LONG)


def test_spare_room_goes_to_text_columns_and_then_to_headers() -> None:
    name = Column("name", "Name", "text", ["x" * 40])
    sales = Column("sales", "Net sales", "money", ["1.00"])
    narrow = name.narrowest + 2 + sales.narrowest
    assert column_widths([sales, name], narrow) == [len("sales"), name.narrowest]
    assert column_widths([sales, name], narrow + 5) == [len("sales"), name.narrowest + 5]
    assert column_widths([sales, name], 999) == [len("Net sales"), 40]


@pytest.mark.parametrize("width", [80, 120])
def test_one_row_is_printed_as_a_line_per_column(
    shop: BuiltWarehouse, on_terminal: Shown, width: int
) -> None:
    lines = on_terminal(print_answer, shop.warehouse.answer("kpis"), width=width)
    values = dict(re.split(r"  +", line, maxsplit=1) for line in lines)
    kpis = shop.one("kpis")
    assert len(lines) == len(kpis)
    assert values["Net sales"] == f"{kpis['net_sales']:,.2f}"
    assert values["Average order value"] == f"{kpis['average_order_value']:,.2f}"


@pytest.mark.parametrize("width", [60, 80, 120, 200, 400])
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("segments", "share_of_customers"),
        ("rfm", "monetary"),
        ("sales_by", "net_sales"),
        ("high_value", "customers"),
        ("order_amounts", "min"),
    ],
)
def test_no_number_is_cut_at_any_width(
    shop: BuiltWarehouse, on_terminal: Shown, name: str, column: str, width: int
) -> None:
    answer = shop.warehouse.answer(name)
    lines = on_terminal(print_answer, answer, width=width)
    assert max(map(len, lines)) <= width
    expected = [text(value, answer.card.columns[column]) for [value] in shop.columns(name, column)]
    shown = " ".join(lines).split(" ")
    assert [number for number in expected if number not in shown] == []


def test_hidden_columns_are_named_with_the_option_to_get_them(
    shop: BuiltWarehouse, on_terminal: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    segments = shop.warehouse.answer("segments")
    lines = on_terminal(print_answer, segments)
    rows = len(shop.ask("segments"))
    assert len(lines) <= rows + 4
    assert capsys.readouterr().err == (
        "Hidden columns: Average frequency, Why, Action, Offer, Channel. Add "
        "--format csv to show all.\n"
    )
    on_terminal(print_answer, segments, width=400)
    assert capsys.readouterr().err == ""


def test_a_long_name_wraps_and_is_never_hidden(
    tea_shop: BuiltWarehouse, on_terminal: Shown
) -> None:
    answer = tea_shop.warehouse.answer("sales_by", by="product")
    lines = on_terminal(print_answer, answer)
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).count("Tea") == 80
    assert "2,469.00" in next(line for line in lines if "Tea" in line)


def test_in_a_pipe_every_row_is_one_complete_line(
    tea_shop: BuiltWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    print_answer(tea_shop.warehouse.answer("sales_by", by="product"))
    print_answer(tea_shop.warehouse.answer("segments"))
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert len(lines) == 3 + 1 + len(tea_shop.ask("segments"))
    assert LONG in lines[1]
    assert "2,469.00" in lines[1]
    for column in ("reason", "action", "offer", "channel"):
        assert [
            text for [text] in tea_shop.columns("segments", column) if text not in printed.out
        ] == []
    assert printed.err == ""


def test_the_summary_fits_the_terminal(
    shop: BuiltWarehouse, on_terminal: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = on_terminal(print_summary, shop.warehouse)
    assert max(map(len, lines)) <= 80
    assert any(re.fullmatch(r"Net sales +[\d,.]+", line) for line in lines)
    note = capsys.readouterr().err
    assert note.startswith("Hidden columns: Action. Show all:  regulars show segments -w ")
    assert note.endswith(" --format csv\n")


def load_lines(
    shop: BuiltWarehouse, capsys: pytest.CaptureFixture[str], **changes: Any
) -> list[str]:
    print_load(replace(shop.report, **changes))
    return capsys.readouterr().out.splitlines()


def test_examples_have_their_reasons_and_name_the_quarantine_table(
    dirty: BuiltWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = load_lines(dirty, capsys)
    [example] = [line for line in lines if ", row 10: " in line]
    date, quantity = (
        "The order date is missing or is not a date.",
        "The quantity is missing or is not a number.",
    )
    assert f"row 10: {date} {quantity} {{" in example
    assert '"soon"' in example
    note = "All quarantined rows are in the quarantine table."
    assert lines[lines.index(example) + 1] == note
    assert note not in load_lines(dirty, capsys, warehouse=None)


def test_many_quarantined_rows_cause_a_warning(
    dirty: BuiltWarehouse,
    build_shop: Callable[..., BuiltWarehouse],
    capsys: pytest.CaptureFixture[str],
) -> None:
    warning = "Warning: 10 of 18 rows (55.6%) could not be read"
    assert any(line.startswith(warning) for line in load_lines(dirty, capsys))
    few = build_shop(HEADING + "".join(map(GOOD.format, range(99))) + BAD.format(0))
    assert not any(line.startswith("Warning") for line in load_lines(few, capsys))


def test_remarks_use_singular_and_plural(
    dirty: BuiltWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(number: int) -> str:
        ids = [str(n) for n in range(number)]
        numbers = {"repeated": number, "identical": number}
        orders = dict.fromkeys(("differing", "shared", "spread"), ids)
        return "\n".join(load_lines(dirty, capsys, **numbers, **orders))

    one, two = printed(1), printed(2)
    for singular, plural in (
        ("1 order is in more than one source", "2 orders are in more than one source"),
        ("1 of them differs between", "2 of them differ between"),
        ("1 order has more than one", "2 orders have more than one"),
        ("1 order has lines on", "2 orders have lines on"),
        ("1 line is identical", "2 lines are identical"),
    ):
        assert singular in one
        assert plural in two
