"""Words for totals, and lines that lack cells."""

import re

import pytest

from regulars.sources.labels import CELL_END, EXACT, LOOSE, NOTE, TOTAL, reason_of


@pytest.mark.parametrize(
    "text",
    ["Total", "Sub-total:", "GRAND TOTAL", "Zwischensumme", "** Totals **", "Total général"],
)
def test_words_for_a_total_match(text: str) -> None:
    assert re.search(EXACT, text.upper())
    assert re.search(LOOSE, text.upper())


@pytest.mark.parametrize("text", ["1001 Total", "Total for May", "Summe 03.01.2025", "A Ergebnis"])
def test_a_label_with_more_words_matches_loosely(text: str) -> None:
    assert not re.search(EXACT, text.upper())
    assert re.search(LOOSE, text.upper())


def test_a_word_for_a_total_fills_a_cell_of_a_row() -> None:
    assert re.search(EXACT, CELL_END.join(["", "TOTAL:", "7.00"]))
    assert not re.search(EXACT, CELL_END.join(["SUB", "TOTAL CLEAN", "7.00"]))
    assert re.search(LOOSE, CELL_END.join(["1001 TOTAL", "7.00"]))
    assert not re.search(LOOSE, CELL_END.join(["1001", "TOTALLY TEA"]))


@pytest.mark.parametrize("text", ["TOTAL-1", "Totally Tea", "Summer Hat", "Subtotals2", "Resum"])
def test_other_words_do_not_match(text: str) -> None:
    assert not re.search(LOOSE, text.upper())


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["3", "record(s) downloaded"], NOTE),
        (["Seller ID : shop_of_ann"], NOTE),
        (["Grand total", "", "75.00"], TOTAL),
        (["102", "24-1003"], ""),
        (["A1"], ""),
        (["1001", "2025-01-03", "C1", "Total", "1"], ""),
    ],
)
def test_a_line_that_lacks_cells_is_a_note_a_total_or_broken(cells: list[str], reason: str) -> None:
    assert reason_of(cells, 8) == reason
