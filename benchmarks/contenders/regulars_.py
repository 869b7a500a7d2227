"""Regulars, through the doors that everybody has."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa

from regulars.core.conventions import Conventions
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.loads.build import build as build_warehouse
from regulars.loads.request import BuildRequest
from regulars.warehouse.warehouse import Warehouse, open_warehouse


def build(csv: Path, folder: Path, memory_limit: str) -> Path:
    """Build a warehouse of the file and return its path."""
    warehouse = folder / "regulars.duckdb"
    settings = Settings(memory_limit=memory_limit)
    request = BuildRequest([str(csv)], Conventions.named("standard"), settings, datetime.now())
    build_warehouse(request, engine_of(warehouse))
    return warehouse


def opened(warehouse: Path) -> Warehouse:
    """Open what was built for questions."""
    return open_warehouse(warehouse)


def ask(warehouse: Warehouse, question: str) -> pa.Table:
    """Return the answer to a question, such as "kpis" or "sales_by product"."""
    name, *by = question.split()
    return warehouse.ask(name, **({"by": by[0]} if by else {})).to_pyarrow()
