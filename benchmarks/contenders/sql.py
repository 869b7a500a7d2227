"""Hand-written SQL for this one file (reference/*.sql), run by DuckDB."""

import re
from pathlib import Path

import duckdb
import pyarrow as pa

REFERENCE = Path(__file__).parents[1] / "reference"
BUILD = "build.sql"


def build(csv: Path, folder: Path, memory_limit: str) -> Path:
    """Build the star schema in a new file and return its path, if all checks pass."""
    warehouse = new_file(folder / "sql.duckdb")
    with connect(warehouse, folder, memory_limit) as con:
        run(con, BUILD, csv)
        checks = con.sql("FROM checks").to_arrow_table().to_pylist()[0]
        broken = {name: count for name, count in checks.items() if count}
        if broken:
            raise AssertionError(f"The hand-written star schema fails its checks: {broken}")
        con.execute("CHECKPOINT")
    return warehouse


def open_built(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Open the built file for queries."""
    return duckdb.connect(str(warehouse), read_only=True)


def query(con: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    """Return the result of a query."""
    return con.execute(QUERIES[name]).to_arrow_table()


def new_file(path: Path) -> Path:
    """Delete the file, if any, and return its path."""
    path.unlink(missing_ok=True)
    return path


def connect(warehouse: Path, folder: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Connect as Regulars does: with a memory limit and a scratch folder."""
    scratch = str(folder / "scratch")
    return duckdb.connect(
        str(warehouse), config={"memory_limit": memory_limit, "temp_directory": scratch}
    )


def run(con: duckdb.DuckDBPyConnection, script: str, csv: Path) -> None:
    """Run the statements of a script over a file."""
    statements = (REFERENCE / script).read_text("utf-8")
    for statement in duckdb.extract_statements(statements.replace("$csv", f"'{csv}'")):
        con.execute(statement)


def _queries() -> dict[str, str]:
    script = (REFERENCE / "queries.sql").read_text("utf-8")
    parts = re.split(r"^-- query: (.+)\n", script, flags=re.MULTILINE)[1:]
    queries = {name: sql.strip().rstrip(";") for name, sql in zip(*[iter(parts)] * 2, strict=True)}
    queries["segments"] = queries["segments"].replace("$rfm", queries["rfm"])
    return queries


QUERIES = _queries()
