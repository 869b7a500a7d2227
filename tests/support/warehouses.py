"""Building warehouses for tests: rows in, answers out as plain lists of dictionaries."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

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
TELLS_WHERE_FROM = ("source_id", "source_row")
STAR = ("dim_date", "dim_customer", "dim_product", "dim_order", "fact_sales")

Rows = Sequence[Mapping[str, object]]
Answer = list[dict[str, Any]]


def to_csv(rows: Rows, *, delimiter: str = ",") -> str:
    """Return rows as CSV under the names of the first; None is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def request_for(
    sources: Iterable[str | Path], conventions: str = "standard", **told: Any
) -> BuildRequest:
    told = {"settings": Settings(), "now": NOW, **told}
    if isinstance(told.get("profile"), str):
        told["profile"] = load_profile(told["profile"])
    return BuildRequest(
        sources=[str(source) for source in sources],
        conventions=Conventions.named(conventions),
        **told,
    )


@dataclass(frozen=True)
class BuiltWarehouse:
    """A warehouse that has been built and opened, and the report of its build."""

    report: LoadReport
    warehouse: Warehouse

    def ask(self, name: str, **told: Any) -> Answer:
        """Return an answer of the catalogue, row by row."""
        return self.fetch(self.warehouse.ask(name, **told))

    def one(self, name: str, **told: Any) -> dict[str, Any]:
        [row] = self.ask(name, **told)
        return row

    def columns(self, name: str, *wanted: str, **told: Any) -> list[tuple[Any, ...]]:
        """Return the wanted columns of an answer, row by row."""
        return [tuple(row[column] for column in wanted) for row in self.ask(name, **told)]

    def table(self, name: str) -> Answer:
        """Return a table of the warehouse, row by row."""
        return self.fetch(self.warehouse.table(name))

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Return what plain SQL over the warehouse gives."""
        return self.warehouse.con.con.execute(query).fetchall()

    def fetch(self, rows: Any) -> Answer:
        return self.warehouse.con.to_pyarrow(rows).to_pylist()

    def pandas(self, name: str, **told: Any) -> Any:
        """Return an answer as a data frame, money as float."""
        frame = self.warehouse.ask(name, **told).to_pandas()
        money = [c for c in frame if frame[c].map(lambda value: isinstance(value, Decimal)).any()]
        return frame.astype(dict.fromkeys(money, float))


def build_and_open(
    path: Path, sources: Iterable[str | Path], conventions: str = "standard", **told: Any
) -> BuiltWarehouse:
    """Build a warehouse from files and open it."""
    report = build(request_for(sources, conventions, **told), engine_of(path))
    return BuiltWarehouse(report, open_warehouse(path))


def star_contents(shop: BuiltWarehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Return the star of a shop, each table sorted, without where its lines came from."""
    return {name: _sorted(shop.table(name)) for name in STAR}


def _sorted(rows: Answer) -> list[tuple[Any, ...]]:
    told = [tuple(v for k, v in row.items() if k not in TELLS_WHERE_FROM) for row in rows]
    return sorted(told, key=repr)


def profile_from(folder: Path, toml: str) -> Profile:
    """Return a profile written as a user writes one."""
    path = folder / "mine.toml"
    path.write_text(toml, "utf-8")
    return load_profile(str(path))
