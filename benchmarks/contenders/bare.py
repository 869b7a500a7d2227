"""The bare star schema, for reference: what DuckDB takes without rules, kinds, names or checks."""

from pathlib import Path

from contenders import sql


def build(csv: Path, folder: Path, memory_limit: str) -> Path:
    """Build the bare star schema in a new file and return its path. It is not queried."""
    warehouse = sql.new_file(folder / "bare.duckdb")
    with sql.connect(warehouse, folder, memory_limit) as con:
        sql.run(con, "bare.sql", csv)
    return warehouse
