"""Columns that a profile joins from several, or that are the same for every row."""

from collections.abc import Sequence

import ibis
import pytest

from regulars.core.errors import ProfileError
from regulars.sources.profiles.built_columns import BuiltColumn, parse_built
from regulars.sources.profiles.people import Nobody
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


def test_an_id_of_a_store_is_exact_and_needs_both() -> None:
    in_store = BuiltColumn(("store", "receipt"), joined="store")
    stores = ["London", " London ", "London", "London 1", None, "Leeds", "2.0"]
    receipts = ["1001", '="1001"', "1 2", "2", "1001", None, "1001.0"]
    # Without the quotes, "1 2" of London would be "2" of London 1.
    assert _values(in_store, store=stores, receipt=receipts) == [
        "London 1001", "London 1001", 'London "1 2"', "London 1 2", None, None, "2 1001",
    ]  # fmt: skip


def test_the_store_becomes_part_of_a_joined_id() -> None:
    built = {
        "day + no": BuiltColumn(("day", "no"), joined="key"),
        "store | day + no": BuiltColumn(("store", "day + no"), joined="store"),
    }
    table = ibis.memtable({"store": ["Leeds"], "day": ["2025-03-01"], "no": ["1"]})
    ids = with_built_columns(table, built).select("store | day + no")
    assert ibis.duckdb.connect().to_pyarrow(ids)[0].to_pylist() == ["Leeds 2025-03-01-1"]


def test_a_customer_of_a_store_is_nobody_or_has_an_address_of_their_own() -> None:
    built = {"built": BuiltColumn(("store", "customer"), joined="store")}
    customers = ["7", "Guest", "Ada@X.example", "pseudonym:ab"]
    table = ibis.memtable({"store": ["Unknown"] * 4, "customer": customers})
    ids = with_built_columns(table, built, customers={"built"}, nobody=Nobody())
    assert ibis.duckdb.connect().to_pyarrow(ids.select("built"))[0].to_pylist() == [
        "Unknown 7", "Guest", "Ada@X.example", "pseudonym:ab",
    ]  # fmt: skip
