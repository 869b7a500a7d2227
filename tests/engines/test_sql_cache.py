"""What is compiled once for a process holds for every connection, and for nothing that differs."""

from contextlib import ExitStack

import ibis
import pytest

from regulars.engines.duckdb.workspace import open_workspace
from regulars.engines.sql_cache import sql_of


@pytest.fixture
def shops():
    with ExitStack() as stack:
        yield [stack.enter_context(open_workspace()) for _ in range(2)]


def kept(shop, **columns):
    return shop.materialize("stg_numbers", ibis.literal(1).as_table().select(**columns))


def test_what_is_asked_alike_of_two_files_is_one_sql_and_each_answers_for_itself(shops):
    tables = [kept(shop, number=ibis.literal(n, "int32")) for n, shop in enumerate(shops)]
    asked = [table.aggregate(highest=table.number.max()) for table in tables]
    one, other = (sql_of(shop.con, rows) for shop, rows in zip(shops, asked, strict=True))
    assert one is other
    found = [shop.fetch(rows) for shop, rows in zip(shops, asked, strict=True)]
    assert found == [[{"highest": 0}], [{"highest": 1}]]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"number": ibis.literal("1")},
        {"number": ibis.literal(1, "int64")},
        {"number": ibis.literal(1, "int32"), "more": ibis.literal(1)},
    ],
    ids=["text", "wider", "another column"],
)
def test_a_table_that_is_kept_anew_with_other_columns_is_seen_with_those(shops, otherwise):
    shop, _ = shops
    kept(shop, number=ibis.literal(1, "int32"))
    again = kept(shop, **otherwise)
    assert again.schema() == shop.con.table("stg_numbers").schema()
    [row] = shop.fetch(again)
    assert {name: type(value) for name, value in row.items()} == {
        name: str if one.type().is_string() else int for name, one in otherwise.items()
    }


def test_values_that_equal_each_other_in_python_are_not_taken_for_one(shops):
    shop, _ = shops
    table = kept(shop, number=ibis.literal(1, "int32"))
    values = (ibis.literal(1), ibis.literal(True), ibis.literal(1.0), ibis.literal("1"))
    asked = [table.select(value=value) for value in values]
    assert [sql_of(shop.con, rows) for rows in asked] == [shop.con.compile(rows) for rows in asked]
    assert len({sql_of(shop.con, rows) for rows in asked}) == len(values)
