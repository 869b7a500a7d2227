"""Tables that somebody else keeps in the file of a warehouse: a new build takes them over."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlglot.expressions as sge

from regulars.core.schema import LEDGER, MARTS, STAR

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

_BEFORE = "before"
_OURS = {*LEDGER, *MARTS, *(table.name for table in STAR)}


def take_over(warehouse: Path, con: "Backend") -> None:
    """Write into the database of a connection the tables of a file that are none of a warehouse.

    Tables with their rows, such as customers who are not to be written to; without their
    constraints, for what those mean may be another table's. Views are not taken over.
    """
    con.attach(warehouse, name=_BEFORE, read_only=True)
    try:
        found = con.con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? "
            "ORDER BY ALL",
            [_BEFORE],
        ).fetchall()
        for schema, table in found:
            if schema != "main" or table not in _OURS:
                con.raw_sql(_schema(schema))
                rows = sge.select("*").from_(sge.table_(table, schema, _BEFORE, quoted=True))
                con.raw_sql(_made(sge.table_(table, schema, quoted=True), rows))
    finally:
        con.raw_sql(f"DETACH {_BEFORE}")


def _schema(name: str) -> str:
    place = sge.Table(db=sge.to_identifier(name, quoted=True))
    return sge.Create(kind="SCHEMA", this=place, exists=True).sql("duckdb")


def _made(place: sge.Table, rows: sge.Select) -> str:
    return sge.Create(kind="TABLE", this=place, expression=rows).sql("duckdb")
