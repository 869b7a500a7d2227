"""Values as text: by the unit and format of their card."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from regulars.core.columns import ColumnCard
from regulars.core.formatting import (
    apart,
    change,
    day,
    exact,
    moment,
    much_set_aside,
    percent,
    short,
    text,
)

MONEY = ColumnCard("Net sales", "money", fmt=",.2f", good="up")
COUNT = ColumnCard("Orders", "count", fmt=",d", good="up")
RATE = ColumnCard("Return rate", "share", fmt=".1%", good="down")
NEITHER = ColumnCard("Discounts", "money", fmt=",.2f")
BLANK = "\u00a0"


@pytest.mark.parametrize(
    ("value", "card", "currency", "written"),
    [
        (Decimal("1234567.891"), MONEY, "", "1,234,567.89"),
        (Decimal("-1234.5"), MONEY, "£", "−£1,234.50"),
        (Decimal("12"), MONEY, "EUR", f"EUR{BLANK}12.00"),
        (-0.001, MONEY, "£", "£0.00"),
        (39516, COUNT, "£", "39,516"),
        (Decimal("12.0"), COUNT, "", "12"),
        (0.0365, RATE, "£", f"3.6{BLANK}%"),
        (None, MONEY, "£", "–"),
        (float("nan"), RATE, "", "–"),
        (float("inf"), RATE, "", "–"),
        (date(2011, 12, 1), ColumnCard("Month", "date", fmt="%b %Y"), "", "Dec 2011"),
        (date(2011, 12, 9), ColumnCard("Day", "date"), "", "9 December 2011"),
        (True, ColumnCard("Complete", "yes/no"), "", "yes"),
        ("<b>", ColumnCard("Name", "text"), "", "<b>"),
    ],
)
def test_a_value_is_written_as_its_card_says(value, card, currency, written):
    assert text(value, card, currency) == written


@pytest.mark.parametrize(
    ("value", "card", "said"),
    [
        (Decimal("1432734.99"), MONEY, f"£1.43{BLANK}million"),
        (Decimal("-2500000000"), MONEY, f"−£2.50{BLANK}billion"),
        (Decimal("441366.51"), MONEY, "£441,367"),
        (Decimal("12.5"), MONEY, "£12.50"),
        (1660, COUNT, "1,660"),
        (0.5, RATE, f"50.0{BLANK}%"),
    ],
)
def test_a_figure_in_a_sentence_is_short(value, card, said):
    assert short(value, card, "£") == said


def test_a_share_in_a_sentence_has_a_digit_more_where_it_is_small():
    assert [percent(share) for share in (0.348, 0.0953, 0.0999, 0)] == [
        f"35{BLANK}%", f"9.5{BLANK}%", f"10{BLANK}%", f"0{BLANK}%",
    ]  # fmt: skip


def test_exact_amounts_bear_the_decimals_of_the_finest_so_that_they_add_up():
    amounts = [Decimal("100.0000"), Decimal("-1.5"), Decimal("0.0010")]
    assert exact(amounts, "£") == ["£100.000", "−£1.500", "£0.001"]
    assert exact([Decimal(100)]) == ["100.00"]


@pytest.mark.parametrize(
    ("now", "before", "card", "arrow", "verdict", "words"),
    [
        (110, 100, COUNT, "▲", "good", f"10{BLANK}% up"),
        (90, 100, COUNT, "▼", "bad", f"10{BLANK}% down"),
        (0.05, 0.03, RATE, "▲", "bad", "2.0 points up"),
        (0.03, 0.05, RATE, "▼", "good", "2.0 points down"),
        (150, 100, NEITHER, "▲", "neutral", f"50{BLANK}% up"),
        (100.4, 100, MONEY, "■", "neutral", f"level (+0.4{BLANK}%)"),
        (0.031, 0.03, RATE, "■", "neutral", "level (+0.1 points)"),
    ],
)
def test_a_change_is_told_in_words_with_an_arrow_and_a_verdict(
    now, before, card, arrow, verdict, words
):
    told = change(now, before, card)
    assert (told.arrow, told.verdict, told.words) == (arrow, verdict, words)


@pytest.mark.parametrize(
    ("now", "before", "card", "written"),
    [
        (4.16, 4.24, ColumnCard("Units", "units"), ("4.16", "4.24")),
        (4.1, 4.3, ColumnCard("Units", "units"), ("4.1", "4.3")),
        (Decimal("0.0101"), Decimal("0.0099"), MONEY, ("£0.0101", "£0.0099")),
        (0.1204, 0.1201, RATE, (f"12.04{BLANK}%", f"12.01{BLANK}%")),
        (7, 7, COUNT, ("7", "7")),
        (None, 7, COUNT, ("–", "7")),
    ],
)
def test_figures_that_differ_are_told_with_the_digits_that_show_it(now, before, card, written):
    assert apart(now, before, card, "£") == written


def test_rows_set_aside_are_told_from_one_in_a_hundred_up():
    told = much_set_aside(10, 18).replace(BLANK, " ")
    assert told == "Of 18 rows read, 10 (56 %) could not be understood"
    assert much_set_aside(11, 1000)
    assert much_set_aside(10, 1000) == much_set_aside(0, 5) == much_set_aside(0, 0) == ""


@pytest.mark.parametrize(("now", "before"), [(5, 0), (5, -3), (None, 3), (3, None)])
def test_there_is_no_change_from_nothing(now, before):
    assert change(now, before, MONEY) is None


def test_days_and_moments_are_written_out():
    assert day(date(2011, 12, 9)) == "9 December 2011"
    assert moment(datetime(2011, 12, 9, 7, 5)) == "9 December 2011, 07:05"
