"""Compiled SQL is shared between connections, and never between expressions that differ."""

from collections.abc import Iterator
from contextlib import ExitStack

import ibis
import pytest
from ibis.expr.types import Table, Value

from regulars.engines.duckdb.workspace import DuckDBWorkspace, open_workspace
from regulars.engines.sql_cache import sql_of


@pytest.fixture
def workspaces() -> Iterator[list[DuckDBWorkspace]]:
    with ExitStack() as stack:
        yield [stack.enter_context(open_workspace()) for _ in range(2)]


def materialize(workspace: DuckDBWorkspace, **columns: Value) -> Table:
    return workspace.materialize("stg_numbers", ibis.literal(1).as_table().select(**columns))


def test_two_files_share_the_sql_of_an_expression_but_not_its_result(
    workspaces: list[DuckDBWorkspace],
) -> None:
    tables = [
        materialize(workspace, number=ibis.literal(n, "int32"))
        for n, workspace in enumerate(workspaces)
    ]
    pairs = [
        (workspace, table.aggregate(highest=table.number.max()))
        for workspace, table in zip(workspaces, tables, strict=True)
    ]
    one, other = (sql_of(workspace.con, rows) for workspace, rows in pairs)
    assert one is other
    results = [workspace.fetch(rows) for workspace, rows in pairs]
    assert results == [[{"highest": 0}], [{"highest": 1}]]


@pytest.mark.parametrize(
    "columns",
    [
        {"number": ibis.literal("1")},
        {"number": ibis.literal(1, "int64")},
        {"number": ibis.literal(1, "int32"), "more": ibis.literal(1)},
    ],
    ids=["text", "wider", "another column"],
)
def test_a_scratch_table_replaced_with_other_columns_has_the_new_columns(
    workspaces: list[DuckDBWorkspace], columns: dict[str, Value]
) -> None:
    workspace, _ = workspaces
    materialize(workspace, number=ibis.literal(1, "int32"))
    again = materialize(workspace, **columns)
    assert again.schema() == workspace.con.table("stg_numbers").schema()
    [row] = workspace.fetch(again)
    assert {name: type(value) for name, value in row.items()} == {
        name: str if one.type().is_string() else int for name, one in columns.items()
    }


def test_values_that_are_equal_in_python_have_different_sql(
    workspaces: list[DuckDBWorkspace],
) -> None:
    workspace, _ = workspaces
    table = materialize(workspace, number=ibis.literal(1, "int32"))
    values = (ibis.literal(1), ibis.literal(True), ibis.literal(1.0), ibis.literal("1"))
    queries = [table.select(value=value) for value in values]
    cached = [sql_of(workspace.con, rows) for rows in queries]
    assert cached == [workspace.con.compile(rows) for rows in queries]
    assert len(set(cached)) == len(values)
