"""Ibis on DuckDB, with faster lookups of tables."""

from functools import lru_cache
from typing import TYPE_CHECKING

import duckdb
import ibis
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType
from ibis.common.exceptions import TableNotFound

if TYPE_CHECKING:
    from ibis.expr.datatypes import DataType
    from ibis.expr.schema import Schema


class CachedTypes(Backend):  # type: ignore[misc]
    """DuckDB, but the type of a column is parsed once: a load looks up a hundred tables."""

    def get_schema(
        self, table_name: str, *, catalog: str | None = None, database: str | None = None
    ) -> "Schema":
        """Return the columns of a table. Raises TableNotFound."""
        table = sge.table_(table_name, database, catalog, quoted=True).sql(self.dialect)
        try:
            rows = self.con.sql(f"DESCRIBE {table}").fetchall()
        except duckdb.CatalogException:
            raise TableNotFound(table_name) from None
        return ibis.schema({name: _type_of(text, null) for name, text, null, *_ in rows})


@lru_cache(maxsize=500)
def _type_of(text: str, null: str) -> "DataType":
    return DuckDBType.from_string(text, nullable=null == "YES")
