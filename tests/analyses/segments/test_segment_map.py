"""The segments are data: their names appear nowhere in code."""

from importlib.resources import files

import ibis
import pytest

from regulars.analyses.segments.segment_map import (
    parse_segments,
    segment_map,
    segment_of,
    segments_to_win_back,
)

TEXT = (files("regulars.analyses.segments") / "rfm.toml").read_text("utf-8")


def test_a_renamed_segment_keeps_its_part() -> None:
    text = TEXT
    for name, renamed in {
        "New Customers": "First Timers",
        "Potential Loyalists": "Coming Back",
        "Can't Lose": "Missed Regulars",
    }.items():
        text = text.replace(f'"{name}"', f'"{renamed}"')
    segments = parse_segments(text)
    customers = ibis.memtable(
        [(5, 1, 1), (5, 1, 2), (5, 2, 3), (1, 5, 9)],
        schema={"r": "int8", "f": "int8", "frequency": "int64"},
    )
    named = customers.mutate(segment=segment_of(customers, segments)).order_by("frequency")
    assert named.segment.to_list() == [
        "First Timers", "Coming Back", "Coming Back", "Missed Regulars",
    ]  # fmt: skip
    assert segments_to_win_back(segments) == ["Missed Regulars", "At Risk"]


def test_the_first_to_win_back_are_those_who_ordered_most_often() -> None:
    # Can't Lose covers F 5, At Risk F 3 to 4; both R 1 to 2.
    assert segments_to_win_back(segment_map()) == ["Can't Lose", "At Risk"]


def test_a_segment_for_several_orders_must_exist() -> None:
    text = TEXT.replace('with_several_orders = "Potential Loyalists"', 'with_several_orders = "X"')
    with pytest.raises(ValueError, match='"New Customers": with_several_orders names "X"'):
        parse_segments(text)
