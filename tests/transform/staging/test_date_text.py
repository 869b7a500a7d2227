"""Dates as programs and people write them, in six languages."""

from datetime import datetime
from typing import Any

import ibis
import pytest

from regulars.core.errors import AmbiguousFormatError
from regulars.sources.profiles.formats import Formats
from regulars.transform.staging import dates
from regulars.transform.staging.decide_dates import decide_dates

DAY = datetime(2011, 9, 5)
AFTERNOON = datetime(2011, 9, 5, 15, 7)
SECONDS = datetime(2011, 9, 5, 15, 7, 30)

DAYS = [
    "Sep 5, 2011", "Sep. 5 2011", "5 Sept 2011", "05/Sep/11", "05-SEP-2011", "05SEP2011",
    "5. September 2011", "5 septembre 2011", "5 sept. 2011", "5 de septiembre de 2011", "Sep-05-11",
    "5 settembre 2011", "5 set 2011", "5 september 2011", "Montag, 5. September 2011",
    "lundi 5 septembre 2011", "lunes, 5 de septiembre de 2011", "ma 5 sep. 2011", "5th Sep 2011",
    "September 5th, 2011", "2011-Sep-05", "2011.09.05", "2011年9月5日", "'2011-09-05",
    '="2011-09-05"', "٢٠١١-٠٩-٠٥", "۲۰۱۱/۰۹/۰۵", "２０１１年９月５日",
]  # fmt: skip
AFTERNOONS = [
    "9/5/2011 3:07PM", "9/5/2011, 3:07\u202fPM", "9/5/2011 3:07 p.m.", "9/5/11 15:07",
    "Sep 5, 2011 3:07PM", "5 Sep 2011 15h07", "5. September 2011 um 15:07 Uhr", "201109051507",
    "Mon, 05 Sep 2011 15:07", "5 sept. 2011 à 15:07", "2011-09-05 at 15:07", "5 set 2011 15.07",
    "2011-09-05 15:07 CEST", "2011-09-05T15:07+0200", "2011-09-05 15:07 GMT+0200",
]  # fmt: skip
TO_THE_SECOND = [
    "Mon, 05 Sep 2011 15:07:30 +0200", "Mon, 5 Sep 2011 15:07:30 GMT", "Sep 5, 2011, 3:07:30 PM",
    "Mon Sep 05 2011 15:07:30 GMT+0200 (CEST)", "Mon Sep  5 15:07:30 2011", "20110905150730",
    "Mon Sep  5 15:07:30 PDT 2011", "15:07:30 Sep 5, 2011 PDT", "20110905T150730Z",
    "2011-09-05T15:07:30+02:00[Europe/Paris]", "05/Sep/2011:15:07:30 +0200",
    "2011-09-05 15:07:30.0000000", "2011-09-05T15:07:30.000000000Z", "2011-09-05 15:07:30,000",
    "Sep  5 2011  3:07:30:000PM", "Jul 5, 2011 12:07:30 AM PDT",
]  # fmt: skip


def read(*texts: str, **given: Any) -> list[datetime | None]:
    rows = ibis.memtable(
        {"n": range(len(texts)), "text": texts}, schema={"n": "int", "text": "str"}
    )
    con, formats = ibis.duckdb.connect(), Formats(**given)
    seen = con.to_pyarrow(dates.shapes(rows.text)).to_pylist()
    shapes = [row["shape"] for row in seen]
    cells = dates.with_readings(rows.select(ordered_at="text"), shapes, formats)
    counts = cells.aggregate(**dates.evidence(cells, shapes, formats))
    reading = decide_dates("Date", con.to_pyarrow(counts).to_pylist()[0], seen, formats)
    times = rows.mutate(time=dates.read_time(rows.text, reading)).order_by("n")
    return [row["time"] for row in con.to_pyarrow(times).to_pylist()]


@pytest.mark.parametrize("text", DAYS)
def test_days(text: str) -> None:
    assert read(text) == [DAY]


@pytest.mark.parametrize("text", AFTERNOONS)
def test_days_with_a_time(text: str) -> None:
    assert (
        read(text, text.replace("5 ", "5 "), dates="month-first" if "/" in text else "auto")
        == [AFTERNOON] * 2
    )


@pytest.mark.parametrize("text", TO_THE_SECOND)
def test_days_with_seconds(text: str) -> None:
    expected = datetime(2011, 7, 5, 0, 7, 30) if text.startswith("Jul") else SECONDS
    assert read(text) == [expected]


def test_months_that_are_not_among_the_examples_are_read_too() -> None:
    texts = ["5. Mai 2011", "5. Dezember 2011", "5. März 2011", "5. Okt. 2011"]
    assert [time and time.month for time in read(*texts)] == [5, 12, 3, 10]


def test_days_of_excel_and_seconds_since_1970() -> None:
    assert read("45658", "45659.5", "soon") == [
        datetime(2025, 1, 1), datetime(2025, 1, 2, 12), None,
    ]  # fmt: skip
    epoch = ["1315235250", "1315235250000", "1315235250123456"]
    assert read(*epoch) == [SECONDS] * 3
    assert read(*epoch, timezone="Europe/Paris") == [datetime(2011, 9, 5, 17, 7, 30)] * 3


def test_a_number_of_eight_digits_is_a_date() -> None:
    assert read("20110905", "20110905") == [DAY] * 2


def test_times_without_an_offset_are_local_even_if_others_have_one() -> None:
    texts = ["2024-02-01T04:45:00Z", "2024-07-05", "2024-07-12T08:00:00", "2024-07-31 -0500"]
    assert read(*texts, timezone="Europe/Paris") == [
        datetime(2024, 2, 1, 5, 45), datetime(2024, 7, 5), datetime(2024, 7, 12, 8), None,
    ]  # fmt: skip


def test_the_source_can_have_another_time_zone() -> None:
    texts = ["2024-02-01 23:45:00", "2024-07-05", "2024-07-12T08:00:00+02:00"]
    assert read(*texts, timezone="Europe/Paris", source_timezone="UTC") == [
        datetime(2024, 2, 2, 0, 45), datetime(2024, 7, 5), datetime(2024, 7, 12, 8),
    ]  # fmt: skip


def test_the_letters_of_a_zone_are_an_offset() -> None:
    texts = ["Jan 3, 2025 12:07:03 AM PST", "Jul 3, 2025 11:07:03 PM PDT"]
    assert read(*texts, timezone="UTC") == [
        datetime(2025, 1, 3, 8, 7, 3), datetime(2025, 7, 4, 6, 7, 3),
    ]  # fmt: skip


def test_a_profile_gives_the_format_of_the_date() -> None:
    texts = ["05|09|11 15:07", "31|12|11 00:00"]
    assert read(*texts, date_format=("%d|%m|%y %H:%M",)) == [AFTERNOON, datetime(2011, 12, 31)]
    assert read("05.09.11", date_format=("%d.%m.%y",)) == [DAY]
    assert read("11.09.05", date_format=("%y.%m.%d",)) == [DAY]


@pytest.mark.parametrize(
    ("texts", "given", "expected"),
    [
        (["31|12|2011", "05|09|2011"], {}, ['"05|09|2011"', 'date_format = "%d|%m|%Y"']),
        (["2011~12~31"], {}, ['"2011~12~31"', 'date_format = "%Y~%m~%d"']),
        (["week 36", "week 37"], {}, ['"week 36"', 'date_format = "%d.%m.%y"']),
        (
            ["05.09.11"],
            {"date_format": ("%d/%m/%y",)},
            ['in the format "%d/%m/%y"', '"%d.%m.%y"'],
        ),
        (["05/09/11", "06/09/11"], {}, ['"05/09/11"', 'dates = "day-first"']),
    ],
)
def test_a_refusal_shows_examples_and_the_nearest_reading(
    texts: list[str], given: dict[str, Any], expected: list[str]
) -> None:
    with pytest.raises(AmbiguousFormatError) as raised:
        read(*texts, **given)
    for part in expected:
        assert part in str(raised.value)
