"""Connections to DuckDB."""

import warnings
from pathlib import Path

from regulars.engines.duckdb.workspace import connect


def test_a_scheduler_that_shows_deprecations_shows_none_of_ibis(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        con = connect(":memory:", "100MB", str(tmp_path))
        con.raw_sql("CREATE TABLE sales AS SELECT 1 AS amount")
        assert con.table("sales").columns == ("amount",)
    assert not [warning for warning in shown if "fetch_arrow_table" in str(warning.message)]
