"""The bare star, for orientation: what DuckDB needs without rules, kinds, names or checks."""

from pathlib import Path

from contenders import sql


def build(csv: Path, folder: Path, memory_limit: str) -> Path:
    """Build the bare star in a new file and return its path. It answers no questions."""
    warehouse = sql.new_file(folder / "bare.duckdb")
    with sql.connected(warehouse, folder, memory_limit) as con:
        sql.run(con, "bare.sql", csv)
    return warehouse
