"""SQL statements that Ibis cannot express, or compiles slowly."""

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from operator import and_
from typing import TYPE_CHECKING

import sqlglot.expressions as sge

if TYPE_CHECKING:
    import ibis


@lru_cache(maxsize=200)
def creation(table: str, columns: "ibis.Schema", *, temporary: bool) -> str:
    """Return DuckDB's CREATE TABLE; a temporary table replaces one of the same name."""
    schema = sge.Schema(
        this=sge.table_(table, quoted=True), expressions=columns.to_sqlglot_column_defs("duckdb")
    )
    properties = sge.Properties(expressions=[sge.TemporaryProperty()] if temporary else [])
    return sge.Create(kind="TABLE", this=schema, replace=temporary, properties=properties).sql(
        "duckdb"
    )


@lru_cache(maxsize=200)
def insertion(table: str, columns: tuple[str, ...]) -> str:
    """Return the start of DuckDB's INSERT, for the text of a query to follow.

    Ibis's own insert copies the query twice before compiling it, a large part of a small load.
    """
    names = [sge.to_identifier(column, quoted=True) for column in columns]
    target = sge.Schema(this=sge.table_(table, quoted=True), expressions=names)
    return sge.Insert(this=target).sql("duckdb")


def view_creation(name: str) -> str:
    """Return the start of DuckDB's CREATE VIEW, for the text of a query to follow."""
    target = sge.table_(name, quoted=True).sql("duckdb")
    return f"CREATE OR REPLACE TEMPORARY VIEW {target} AS"


def with_constants(values: Iterable[int]) -> str:
    """Return the start of a SELECT of values and all columns, for a query in brackets to follow."""
    columns = [*(sge.Literal.number(value) for value in values), sge.Star()]
    return f"{sge.Select(expressions=columns).sql('duckdb')} FROM"


def copying(table: str, columns: tuple[str, ...], file: str) -> str:
    """Return DuckDB's COPY of a CSV file without a header; only unquoted empty cells are NULL."""
    names = [sge.to_identifier(column, quoted=True) for column in columns]
    return sge.Copy(
        this=sge.Schema(this=sge.table_(table, quoted=True), expressions=names),
        kind=True,
        files=[sge.Literal.string(file)],
        params=[
            sge.CopyParameter(this=sge.var(name), expression=value)
            for name, value in (
                ("HEADER", sge.false()),
                ("QUOTE", sge.Literal.string('"')),
                ("ESCAPE", sge.Literal.string('"')),
                ("ALLOW_QUOTED_NULLS", sge.false()),
                ("AUTO_DETECT", sge.false()),
            )
        ],
    ).sql("duckdb")


def deletion(
    table: str, keys: str | None, columns: Sequence[str] = (), schema: str | None = None
) -> sge.Delete:
    """Return a DELETE of the rows that match a key, or of all rows.

    table, schema  the table to delete from
    keys           a table of keys; None deletes all rows
    columns        the columns that both tables are matched on
    """
    target = sge.table_(table, db=schema, quoted=True)
    if keys is None:
        return sge.Delete(this=target)
    matches = (
        sge.column(column, table=table, quoted=True).eq(sge.column(column, table=keys, quoted=True))
        for column in columns
    )
    return sge.Delete(
        this=target,
        using=[sge.table_(keys, quoted=True)],
        where=sge.Where(this=reduce(and_, matches)),
    )
