"""Build warehouses from rows, and return results as lists of dictionaries."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from ibis.expr.types import Table

from regulars.core.conventions import Conventions
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.loads.build import build
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.sources.profiles.profile import Profile, load_profile
from regulars.warehouse.warehouse import Warehouse, open_warehouse

NOW = datetime(2026, 1, 1, 12)
SAMPLE_FILES = [
    str(files("regulars.demo") / "data" / "online_retail_II" / f"year_{years}.parquet")
    for years in ("2009_2010", "2010_2011")
]
PROVENANCE = ("source_id", "source_row")
STAR = ("dim_date", "dim_customer", "dim_product", "dim_order", "fact_sales")

Rows = Sequence[Mapping[str, object]]
ResultRows = list[dict[str, Any]]


def to_csv(rows: Rows, *, delimiter: str = ",") -> str:
    """Return rows as CSV under the names of the first; None is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def request_for(
    sources: Iterable[str | Path], conventions: str = "standard", **options: Any
) -> BuildRequest:
    options = {"settings": Settings(), "now": NOW, **options}
    if isinstance(options.get("profile"), str):
        options["profile"] = load_profile(options["profile"])
    return BuildRequest(
        sources=[str(source) for source in sources],
        conventions=Conventions.named(conventions),
        **options,
    )


@dataclass(frozen=True)
class BuiltWarehouse:
    """An open warehouse and the report of its build."""

    report: LoadReport
    warehouse: Warehouse

    def ask(self, name: str, **options: Any) -> ResultRows:
        """Return the rows of an analysis."""
        return self.warehouse.answers(name, **options)

    def one(self, name: str, **options: Any) -> dict[str, Any]:
        [row] = self.ask(name, **options)
        return row

    def columns(self, name: str, *wanted: str, **options: Any) -> list[tuple[Any, ...]]:
        """Return some columns of an analysis, row by row."""
        return [tuple(row[column] for column in wanted) for row in self.ask(name, **options)]

    def table(self, name: str) -> ResultRows:
        """Return the rows of a warehouse table."""
        return self.fetch(self.warehouse.table(name))

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a SQL query."""
        rows: list[tuple[Any, ...]] = self.warehouse.con.con.execute(query).fetchall()
        return rows

    def fetch(self, rows: Table) -> ResultRows:
        fetched: ResultRows = self.warehouse.con.to_pyarrow(rows).to_pylist()
        return fetched

    def pandas(self, name: str, **options: Any) -> Any:
        """Return an analysis as a data frame, with money as floats."""
        frame = self.warehouse.ask(name, **options).to_pandas()
        money = [c for c in frame if frame[c].map(lambda value: isinstance(value, Decimal)).any()]
        return frame.astype(dict.fromkeys(money, float))


def build_and_open(
    path: str | Path, sources: Iterable[str | Path], conventions: str = "standard", **options: Any
) -> BuiltWarehouse:
    """Build a warehouse from files and open it."""
    report = build(request_for(sources, conventions, **options), engine_of(path))
    return BuiltWarehouse(report, open_warehouse(path))


def star_contents(shop: BuiltWarehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Return the star schema of a warehouse: each table sorted, without source files and rows."""
    return {name: _sorted(shop.table(name)) for name in STAR}


def _sorted(rows: ResultRows) -> list[tuple[Any, ...]]:
    cells = [tuple(v for k, v in row.items() if k not in PROVENANCE) for row in rows]
    return sorted(cells, key=repr)


def profile_from(folder: Path, toml: str) -> Profile:
    """Return a profile from TOML, written to a file as a user would."""
    path = folder / "mine.toml"
    path.write_text(toml, "utf-8")
    return load_profile(str(path))
