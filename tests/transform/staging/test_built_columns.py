"""Columns that a profile joins from several, or that are the same for every row."""

from collections.abc import Sequence

import ibis
import pytest

from regulars.core.errors import ProfileError
from regulars.sources.profiles.built_columns import BuiltColumn, parse_built
from regulars.transform.staging.built_columns import with_built_columns


def _values(column: BuiltColumn, **cells: Sequence[object]) -> list[object]:
    table = with_built_columns(ibis.memtable(cells), {"built": column})
    return list(ibis.duckdb.connect().to_pyarrow(table.select("built"))["built"].to_pylist())


def test_a_key_needs_all_of_its_parts() -> None:
    store_and_receipt = BuiltColumn(("store", "receipt"), joined="key")
    stores, receipts = ["North", " North ", None, "South"], ["1001", "1001.0", "1002", "NULL"]
    assert _values(store_and_receipt, store=stores, receipt=receipts) == [
        "North-1001", "North-1001", None, None,
    ]  # fmt: skip


def test_a_date_may_have_no_time_of_day() -> None:
    moment = BuiltColumn(("day", "time"), joined="time")
    days = ["2025-01-03", "2025-01-03", None, "2025-01-03 00:00:00", "2025-01-03"]
    times = ["10:02", None, "10:02", "10:02:30", "1899-12-31 10:02:30"]
    assert _values(moment, day=days, time=times) == [
        "2025-01-03 10:02", "2025-01-03", None, "2025-01-03 10:02:30", "2025-01-03 10:02:30",
    ]  # fmt: skip


def test_a_name_is_joined_from_the_parts_that_are_given() -> None:
    name = BuiltColumn(("item", "size"))
    assert _values(name, item=["Mug", "Mug", None], size=["L", None, None]) == [
        "Mug L", "Mug", None,
    ]  # fmt: skip


def test_a_number_of_the_profile_has_a_decimal_point() -> None:
    assert [str(value) for value in _values(BuiltColumn(value=12.5), item=["Mug"])] == ["12.500000"]
    assert _values(BuiltColumn(value=1), item=["Mug"]) == [1]


@pytest.mark.parametrize(
    ("ours", "definition", "message"),
    [
        ("order_id", {"columns": []}, "must be a list such as"),
        ("order_id", {"value": 1}, "cannot be the same for every row"),
        ("quantity", {"value": True}, "must be text or a number"),
        ("quantity", {"values": 1}, 'unknown "values". Did you mean "value"?'),
        ("quantity", {}, "must be { columns"),
    ],
)
def test_an_invalid_definition_is_reported(
    ours: str, definition: dict[str, object], message: str
) -> None:
    with pytest.raises(ProfileError, match=message):
        parse_built(ours, definition, f'Profile "shop", [columns] {ours}')
