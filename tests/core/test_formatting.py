"""Values as text, by the unit and format of their card."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from regulars.core.columns import ColumnCard
from regulars.core.formatting import (
    change,
    day,
    exact,
    headline,
    moment,
    percent,
    quarantine_warning,
    short,
    tell_apart,
    text,
)
from support.present import present

MONEY = ColumnCard("Net sales", "money", fmt=",.2f", good="up")
COUNT = ColumnCard("Orders", "count", fmt=",d", good="up")
RATE = ColumnCard("Return rate", "share", fmt=".1%", good="down")
NEITHER = ColumnCard("Discounts", "money", fmt=",.2f")
GROWTH = ColumnCard("Growth", "share", fmt="+.1%", good="up")
POINTS = ColumnCard("Contribution", "share", fmt="+.1p", good="up")
SPACE = "\u00a0"


@pytest.mark.parametrize(
    ("value", "card", "currency", "expected"),
    [
        (Decimal("1234567.891"), MONEY, "", "1,234,567.89"),
        (Decimal("-1234.5"), MONEY, "£", "−£1,234.50"),
        (Decimal("12"), MONEY, "EUR", f"EUR{SPACE}12.00"),
        (-0.001, MONEY, "£", "£0.00"),
        (39516, COUNT, "£", "39,516"),
        (Decimal("12.0"), COUNT, "", "12"),
        (0.0365, RATE, "£", "3.6%"),
        (-0.25, GROWTH, "", "−25.0%"),
        (31.34, GROWTH, "", "+3,134%"),
        (0.0123, POINTS, "", "+1.2 points"),
        (-31.34, POINTS, "", "−3,134.0 points"),
        (None, MONEY, "£", "–"),
        (float("nan"), RATE, "", "–"),
        (float("inf"), RATE, "", "–"),
        (date(2011, 12, 1), ColumnCard("Month", "date", fmt="%b %Y"), "", "Dec 2011"),
        (date(2011, 12, 9), ColumnCard("Day", "date"), "", "9 December 2011"),
        (True, ColumnCard("Complete", "yes/no"), "", "yes"),
        ("<b>", ColumnCard("Name", "text"), "", "<b>"),
    ],
)
def test_text_follows_the_card(
    value: object, card: ColumnCard, currency: str, expected: str
) -> None:
    assert text(value, card, currency) == expected


@pytest.mark.parametrize(
    ("value", "card", "expected"),
    [
        (Decimal("9188589.22"), MONEY, "£9,188,589"),
        (Decimal("-10000.49"), MONEY, "−£10,000"),
        (Decimal("9999.99"), MONEY, "£9,999.99"),
        (39516, COUNT, "39,516"),
        (None, MONEY, "–"),
    ],
)
def test_a_card_shows_no_pence_from_10000_up(
    value: object, card: ColumnCard, expected: str
) -> None:
    assert headline(value, card, "£") == expected


@pytest.mark.parametrize(
    ("value", "card", "expected"),
    [
        (Decimal("1432734.99"), MONEY, "£1.43m"),
        (Decimal("-2500000000"), MONEY, "−£2.50bn"),
        (Decimal("441366.51"), MONEY, "£441,367"),
        (Decimal("12.5"), MONEY, "£12.50"),
        (1660, COUNT, "1,660"),
        (0.5, RATE, "50.0%"),
    ],
)
def test_a_figure_in_a_sentence_is_short(value: object, card: ColumnCard, expected: str) -> None:
    assert short(value, card, "£") == expected


def test_a_share_in_a_sentence_has_one_decimal() -> None:
    assert [percent(share) for share in (0.348, 0.0953, 0.0999, 0)] == [
        "34.8%", "9.5%", "10.0%", "0.0%",
    ]  # fmt: skip


def test_growth_of_1000_percent_and_more_has_no_decimals() -> None:
    assert [percent(growth) for growth in (9.99, 10, 31.34)] == ["999.0%", "1,000%", "3,134%"]


def test_exact_amounts_share_the_decimals_of_the_finest_so_that_they_add_up() -> None:
    amounts = [Decimal("100.0000"), Decimal("-1.5"), Decimal("0.0010")]
    assert exact(amounts, "£") == ["£100.000", "−£1.500", "£0.001"]
    assert exact([Decimal(100)]) == ["100.00"]


@pytest.mark.parametrize(
    ("now", "before", "card", "arrow", "verdict", "words"),
    [
        (110, 100, COUNT, "▲", "good", "up 10.0%"),
        (90, 100, COUNT, "▼", "bad", "down 10.0%"),
        (0.05, 0.03, RATE, "▲", "bad", "up 2.0 points"),
        (0.03, 0.05, RATE, "▼", "good", "down 2.0 points"),
        (150, 100, NEITHER, "▲", "neutral", "up 50.0%"),
        (1_099, 100, COUNT, "▲", "good", "up 999.0%"),
        (3_234, 100, MONEY, "▲", "good", "up 32-fold"),
        (100.4, 100, MONEY, "■", "neutral", "flat (+0.4%)"),
        (0.031, 0.03, RATE, "■", "neutral", "flat (+0.1 points)"),
    ],
)
def test_a_change_has_words_an_arrow_and_a_verdict(
    now: float, before: float, card: ColumnCard, arrow: str, verdict: str, words: str
) -> None:
    moved = present(change(now, before, card))
    assert (moved.arrow, moved.verdict, moved.words) == (arrow, verdict, words)


@pytest.mark.parametrize(
    ("now", "before", "card", "expected"),
    [
        (4.16, 4.24, ColumnCard("Units", "units"), ("4.16", "4.24")),
        (4.1, 4.3, ColumnCard("Units", "units"), ("4.1", "4.3")),
        (Decimal("0.0101"), Decimal("0.0099"), MONEY, ("£0.0101", "£0.0099")),
        (Decimal("20000.40"), Decimal("20000.20"), MONEY, ("£20,000.40", "£20,000.20")),
        (0.1204, 0.1201, RATE, ("12.04%", "12.01%")),
        (7, 7, COUNT, ("7", "7")),
        (None, 7, COUNT, ("–", "7")),
    ],
)
def test_figures_that_differ_get_enough_digits_to_show_it(
    now: object, before: object, card: ColumnCard, expected: tuple[str, str]
) -> None:
    assert tell_apart(now, before, card, "£") == expected


def test_the_quarantine_warning_starts_above_one_row_in_a_hundred() -> None:
    assert quarantine_warning(10, 18) == "10 of 18 rows (55.6%) could not be read"
    assert quarantine_warning(11, 1000)
    assert (
        quarantine_warning(10, 1000) == quarantine_warning(0, 5) == quarantine_warning(0, 0) == ""
    )


@pytest.mark.parametrize(("now", "before"), [(5, 0), (5, -3), (None, 3), (3, None)])
def test_a_change_needs_a_positive_figure_before(now: int | None, before: int | None) -> None:
    assert change(now, before, MONEY) is None


def test_dates_and_times_are_written_out() -> None:
    assert day(date(2011, 12, 9)) == "9 December 2011"
    assert moment(datetime(2011, 12, 9, 7, 5)) == "9 December 2011, 07:05"
