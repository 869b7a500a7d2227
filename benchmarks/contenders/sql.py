"""Hand-written SQL for this one file (reference/*.sql), run by DuckDB."""

import re
from pathlib import Path

import duckdb
import pyarrow as pa

REFERENCE = Path(__file__).parents[1] / "reference"
BUILD = "build.sql"


def build(csv: Path, folder: Path, memory_limit: str) -> Path:
    """Build the star in a new file and return its path. Fails where a check does not hold."""
    warehouse = new_file(folder / "sql.duckdb")
    with connected(warehouse, folder, memory_limit) as con:
        run(con, BUILD, csv)
        checks = con.sql("FROM checks").to_arrow_table().to_pylist()[0]
        broken = {name: count for name, count in checks.items() if count}
        if broken:
            raise AssertionError(f"The hand-written star does not hold: {broken}")
        con.execute("CHECKPOINT")
    return warehouse


def opened(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Open what was built for questions."""
    return duckdb.connect(str(warehouse), read_only=True)


def ask(con: duckdb.DuckDBPyConnection, question: str) -> pa.Table:
    """Return the answer to a question."""
    return con.execute(QUESTIONS[question]).to_arrow_table()


def new_file(path: Path) -> Path:
    """Return the path, with nothing there."""
    path.unlink(missing_ok=True)
    return path


def connected(warehouse: Path, folder: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Connect as Regulars does: so much memory, beyond it a scratch folder."""
    config = {"memory_limit": memory_limit, "temp_directory": str(folder / "scratch")}
    return duckdb.connect(str(warehouse), config=config)


def run(con: duckdb.DuckDBPyConnection, script: str, csv: Path) -> None:
    """Run the statements of a script over a file."""
    statements = (REFERENCE / script).read_text("utf-8")
    for statement in duckdb.extract_statements(statements.replace("$csv", f"'{csv}'")):
        con.execute(statement)


def _questions() -> dict[str, str]:
    script = (REFERENCE / "questions.sql").read_text("utf-8")
    parts = re.split(r"^-- question: (.+)\n", script, flags=re.MULTILINE)[1:]
    asked = {name: sql.strip().rstrip(";") for name, sql in zip(*[iter(parts)] * 2, strict=True)}
    asked["segments"] = asked["segments"].replace("$rfm", asked["rfm"])
    return asked


QUESTIONS = _questions()
