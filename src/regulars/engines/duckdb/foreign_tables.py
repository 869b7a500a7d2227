"""Carry over the tables that other programs saved in a warehouse file to its next build."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlglot.expressions as sge

from regulars.core.schema import FORMER_TABLES, LEDGER, MARTS, STAR

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

_BEFORE = "before"
_OURS = {*LEDGER, *FORMER_TABLES, *MARTS, *(table.name for table in STAR)}


def carry_over(warehouse: Path, con: "Backend") -> None:
    """Copy all tables of a file that are not part of a warehouse to the database of a connection.

    Such a table may hold, for example, suppressed customers. Constraints and views are not copied,
    because they may depend on other tables.
    """
    con.attach(warehouse, name=_BEFORE, read_only=True)
    try:
        # A parameter would make DuckDB import pandas.
        tables = con.raw_sql(
            "SELECT database_name, schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
        ).fetchall()
        for database, schema, table in tables:
            if database == _BEFORE and (schema != "main" or table not in _OURS):
                con.raw_sql(_create_schema(schema))
                rows = sge.select("*").from_(sge.table_(table, schema, _BEFORE, quoted=True))
                con.raw_sql(_create_table(sge.table_(table, schema, quoted=True), rows))
    finally:
        con.raw_sql(f"DETACH {_BEFORE}")


def _create_schema(name: str) -> str:
    schema = sge.Table(db=sge.to_identifier(name, quoted=True))
    return sge.Create(kind="SCHEMA", this=schema, exists=True).sql("duckdb")


def _create_table(table: sge.Table, rows: sge.Select) -> str:
    return sge.Create(kind="TABLE", this=table, expression=rows).sql("duckdb")
