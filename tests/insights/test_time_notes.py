"""Notes on the time axis: badges, their list, and what findings about a month say."""

from datetime import date, datetime
from xml.etree import ElementTree

import pytest

from regulars.insights.charts.charts import Bar, VerticalBars
from regulars.insights.charts.marks import Level, Mark, joined
from regulars.insights.findings.notes import happened, mentioned, title
from regulars.insights.parts import NoteLine
from regulars.insights.periods import month_of
from regulars.insights.time_notes import Bin, notes_on_axis
from regulars.warehouse.notes import Note
from support.present import present

SVG = "{http://www.w3.org/2000/svg}"
BINS = [Bin(name, month_of(date(2024, n, 1))) for n, name in enumerate(("Jan", "Feb", "Mar"), 1)]
FEBRUARY = month_of(date(2024, 2, 1))


def note(kind: str, first: date, last: date | None = None, text: str = "Sale") -> Note:
    return Note(1, first, last or first, kind, text, "Olga", datetime(2024, 5, 1))


def test_notes_have_a_badge_where_they_begin_and_a_line_where_they_last() -> None:
    notes = [
        note("other", date(2023, 12, 1), date(2023, 12, 31)),
        note("price-rise", date(2023, 12, 20), date(2024, 1, 2), "New list"),
        note("promotion", date(2024, 2, 5)),
        note("stock-out", date(2024, 2, 7), date(2024, 4, 1), "Kites"),
    ]
    marks, listed = notes_on_axis(notes, BINS)
    assert marks == [
        Mark("Jan", "Jan", "1", "Price rise, 20 December 2023 to 2 January 2024: New list"),
        Mark(
            "Feb", "Mar", "2–3",
            "Promotion, 5 February 2024: Sale; Stock-out, 7 February to 1 April 2024: Kites",
        ),
    ]  # fmt: skip
    assert [line.number for line in present(listed).lines] == [1, 2, 3]
    assert present(listed).lines[1] == NoteLine(2, "Promotion, 5 February 2024", "Sale")
    assert notes_on_axis(notes[:1], BINS) == ([], None)
    assert notes_on_axis(notes, []) == ([], None)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (note("promotion", date(2024, 2, 5), date(2024, 2, 12)),
         "a promotion ran from 5 to 12 February"),
        (note("promotion", date(2024, 2, 5)), "a promotion ran on 5 February"),
        (note("price-rise", date(2024, 2, 1)), "prices rose on 1 February"),
        (note("stock-out", date(2024, 1, 28), date(2024, 2, 3)),
         "there was a stock-out from 28 January to 3 February"),
        (note("promotion", date(2023, 12, 28), date(2024, 2, 3)),
         "a promotion ran from 28 December 2023 to 3 February"),
        (note("other", date(2024, 2, 5), text="Server down"),
         "“Server down” was noted for 5 February"),
        (note("promotion", date(2024, 3, 1)), ""),
    ],
)  # fmt: skip
def test_a_finding_about_a_month_says_what_happened_in_it(found: Note, words: str) -> None:
    assert mentioned([found], FEBRUARY) == words


def test_a_finding_mentions_two_notes_and_counts_the_others() -> None:
    notes = [note("promotion", date(2024, 2, day)) for day in (5, 6, 7, 8)]
    assert mentioned(notes[:2], FEBRUARY) == (
        "a promotion ran on 5 February and a promotion ran on 6 February"
    )
    assert mentioned(notes, FEBRUARY).endswith("on 6 February and 2 more notes")
    assert title(note("other", date(2024, 2, 5))) == "Note, 5 February 2024"


def test_badges_that_would_overlap_are_one() -> None:
    days = [f"{day} Feb" for day in range(1, 30)]
    marks = [
        Mark("2 Feb", "9 Feb", "1", "Sale"), Mark("4 Feb", "4 Feb", "2–3", "New list; Kites"),
        Mark("20 Feb", "21 Feb", "4", "Rain"),
    ]  # fmt: skip
    # A badge is 16 wide, and 21 with three characters.
    assert joined(marks, days, band_width=20) == marks
    assert joined(marks, days, band_width=9) == [
        Mark("2 Feb", "9 Feb", "1–3", "Sale; New list; Kites"), marks[-1],
    ]  # fmt: skip


def test_a_comparison_says_what_happened_in_either_period() -> None:
    notes = [
        note("promotion", date(2023, 2, 5), date(2023, 2, 12)),
        note("stock-out", date(2023, 8, 1)), note("price-rise", date(2024, 2, 1)),
    ]  # fmt: skip
    assert happened(notes, (FEBRUARY, month_of(date(2023, 2, 1)))) == (
        "A promotion ran from 5 to 12 February 2023 and prices rose on 1 February 2024."
    )
    assert happened(notes, (FEBRUARY, month_of(date(2024, 1, 1)))) == ("Prices rose on 1 February.")
    assert happened(notes[1:2], (FEBRUARY,)) == ""


@pytest.mark.parametrize("with_links", [True, False], ids=["dashboard", "report"])
@pytest.mark.parametrize("size", ["broad", "narrow"])
def test_a_badge_is_reached_by_keyboard_and_read_by_its_text(size: str, with_links: bool) -> None:
    text = 'Promotion, 5 February 2024: <b>50% & "more"</b>: #1'
    chart = VerticalBars(
        [Bar("Jan", 3, member="2024-01"), Bar("Feb", 4, member="2024-02")], "£", "Sales.", "trend",
        column="month", marks=[Mark("Feb", "Feb", "1", text)], levels=[Level("Feb", 5)],
    )  # fmt: skip
    root = ElementTree.fromstring(chart.svg(size, with_links=with_links))
    assert root.get("role") == "group"  # an image would hide its parts
    [badge] = [one for one in root.iter(f"{SVG}g") if one.get("class") == "badge"]
    assert {name: badge.get(name) for name in ("role", "tabindex", "aria-label")} == {
        "role": "img", "tabindex": "0", "aria-label": text,
    }  # fmt: skip
    assert present(badge.find(f"{SVG}title")).text == text
    buttons = [one for one in root.iter() if one.get("role") == "button"]
    assert len(buttons) == (2 if with_links else 0)
    assert not [one for one in root.iter() if one.tag == f"{SVG}a"]


def test_a_chart_without_notes_is_one_image() -> None:
    chart = VerticalBars([Bar("Jan", 3)], None, "Orders.", "orders")
    assert ElementTree.fromstring(chart.svg("wide")).get("role") == "img"
