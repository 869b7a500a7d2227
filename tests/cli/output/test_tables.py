"""What a terminal shows: figures are never cut, and what was set aside is told with its reason."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from regulars.cli.output.loads import print_load
from regulars.cli.output.tables import Column, print_answer, print_standing, that_fit, widths
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
    """Return the lines that a terminal of some width shows."""

    def show(printing: Callable[..., None], *told: object, width: int = 80) -> list[str]:
        terminal = Terminal()
        monkeypatch.setattr("sys.stdout", terminal)
        for name, value in {"COLUMNS": width, "LINES": 40, "TERM": "dumb"}.items():
            monkeypatch.setenv(name, str(value))
        printing(*told)
        return [line.rstrip() for line in terminal.getvalue().splitlines()]

    return show


@pytest.fixture
def dirty(build_shop: Callable[..., BuiltWarehouse]) -> BuiltWarehouse:
    """A shop of 18 rows, ten of which cannot be understood."""
    return build_shop(
        HEADING + "".join(map(GOOD.format, range(8))) + "".join(map(BAD.format, range(10)))
    )


@pytest.fixture
def tea_shop(build_shop: Callable[..., BuiltWarehouse]) -> BuiltWarehouse:
    """A shop whose tea has a very long name."""
    return build_shop(HEADING + GOOD.format(1).replace("Tea", LONG) + "2,2024-03-06,bob,M1,Mug,1,5")


WIDTHS = {"name": 10, "sales": 9, "share": 6, "why": 30, "action": 20}


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (83, "name sales share why action"),
        (82, "name sales share why"),
        (60, "name sales share"),
        (28, "name sales"),
        (20, "name"),
        (1, "name"),
    ],
)
def test_remarks_are_left_out_before_figures_and_from_the_right(width: int, kept: str) -> None:
    assert that_fit(WIDTHS, ["why", "action"], width) == kept.split()


def test_a_figure_has_its_whole_width_and_a_heading_breaks_between_words() -> None:
    sales = Column("sales", "Average order value", "money", ["1,234,567.89", "1.00"])
    units = Column("units", "Average order value", "units", ["7.0"])
    name = Column("name", "Name", "text", [LONG])
    assert (sales.narrowest, units.narrowest) == (12, len("Average"))
    assert name.narrowest < replace(name, is_remark=True).narrowest < len(LONG)


def test_room_left_over_goes_to_texts_and_then_to_headings() -> None:
    name = Column("name", "Name", "text", ["x" * 40])
    sales = Column("sales", "Net sales", "money", ["1.00"])
    narrow = name.narrowest + 2 + sales.narrowest
    assert widths([sales, name], narrow) == [len("sales"), name.narrowest]
    assert widths([sales, name], narrow + 5) == [len("sales"), name.narrowest + 5]
    assert widths([sales, name], 999) == [len("Net sales"), 40]


@pytest.mark.parametrize("width", [80, 120])
def test_one_row_stands_as_a_line_for_each_column(
    shop: BuiltWarehouse, on_terminal: Shown, width: int
) -> None:
    lines = on_terminal(print_answer, shop.warehouse.answer("kpis"), width=width)
    told = dict(re.split(r"  +", line, maxsplit=1) for line in lines)
    kpis = shop.one("kpis")
    assert len(lines) == len(kpis)
    assert told["Net sales"] == f"{kpis['net_sales']:,.2f}"
    assert told["Average order value"] == f"{kpis['average_order_value']:,.2f}"


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
def test_no_figure_is_cut_on_any_terminal(
    shop: BuiltWarehouse, on_terminal: Shown, name: str, column: str, width: int
) -> None:
    answer = shop.warehouse.answer(name)
    lines = on_terminal(print_answer, answer, width=width)
    assert max(map(len, lines)) <= width
    told = [text(value, answer.card.columns[column]) for [value] in shop.columns(name, column)]
    shown = " ".join(lines).split(" ")
    assert [figure for figure in told if figure not in shown] == []


def test_what_had_no_room_is_named_with_how_to_get_it(
    shop: BuiltWarehouse, on_terminal: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    segments = shop.warehouse.answer("segments")
    lines = on_terminal(print_answer, segments)
    rows = len(shop.ask("segments"))
    assert len(lines) <= rows + 4
    told = "No room here for reason, action, offer, channel. All columns:  --format csv\n"
    assert capsys.readouterr().err == told
    on_terminal(print_answer, segments, width=400)
    assert capsys.readouterr().err == ""


def test_a_long_name_is_broken_into_lines_and_never_left_out(
    tea_shop: BuiltWarehouse, on_terminal: Shown
) -> None:
    answer = tea_shop.warehouse.answer("sales_by", by="product")
    lines = on_terminal(print_answer, answer)
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).count("Tea") == 80
    assert "2,469.00" in next(line for line in lines if "Tea" in line)


def test_elsewhere_than_on_a_terminal_every_row_is_one_whole_line(
    tea_shop: BuiltWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    print_answer(tea_shop.warehouse.answer("sales_by", by="product"))
    print_answer(tea_shop.warehouse.answer("segments"))
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert len(lines) == 3 + 1 + len(tea_shop.ask("segments"))
    assert LONG in lines[1]
    assert "2,469.00" in lines[1]
    for column in ("reason", "action", "offer", "channel"):
        assert [
            text for [text] in tea_shop.columns("segments", column) if text not in told.out
        ] == []
    assert told.err == ""


def test_the_standing_fits_the_terminal_too(
    shop: BuiltWarehouse, on_terminal: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = on_terminal(print_standing, shop.warehouse)
    assert max(map(len, lines)) <= 80
    assert any(re.fullmatch(r"Net sales +[\d,.]+", line) for line in lines)
    told = capsys.readouterr().err
    assert told.startswith("No room here for action. All columns:  regulars show segments -w ")
    assert told.endswith(" --format csv\n")


def load_of(shop: BuiltWarehouse, capsys: pytest.CaptureFixture[str], **told: object) -> list[str]:
    print_load(replace(shop.report, **told))
    return capsys.readouterr().out.splitlines()


def test_every_example_is_told_with_its_reasons_and_where_all_stand(
    dirty: BuiltWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = load_of(dirty, capsys)
    [example] = [line for line in lines if ", row 10: " in line]
    date, quantity = (
        "The order date is missing or cannot be read as a date.",
        "The quantity is missing or is not a number.",
    )
    assert f"row 10: {date} {quantity} {{" in example
    assert '"soon"' in example
    where = "All of them stand in the table quarantine of the warehouse."
    assert lines[lines.index(example) + 1] == where
    assert where not in load_of(dirty, capsys, warehouse=None)


def test_many_rows_set_aside_are_warned_of(
    dirty: BuiltWarehouse,
    build_shop: Callable[..., BuiltWarehouse],
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = "Warning: 10 of 18 rows (55.6%) could not be read"
    assert any(line.startswith(told) for line in load_of(dirty, capsys))
    few = build_shop(HEADING + "".join(map(GOOD.format, range(99))) + BAD.format(0))
    assert not any(line.startswith("Warning") for line in load_of(few, capsys))


def test_one_is_told_in_the_singular_and_more_in_the_plural(
    dirty: BuiltWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(number: int) -> str:
        ids = [str(n) for n in range(number)]
        counted = {"repeated": number, "identical": number}
        named = dict.fromkeys(("differing", "shared", "spread"), ids)
        return "\n".join(load_of(dirty, capsys, **counted, **named))

    one, two = told(1), told(2)
    for singular, plural in (
        ("1 order stands in", "2 orders stand in"),
        ("1 of them differs between", "2 of them differ between"),
        ("1 order names several", "2 orders name several"),
        ("1 order has lines on", "2 orders have lines on"),
        ("1 line says the same", "2 lines say the same"),
    ):
        assert singular in one
        assert plural in two
