"""Regulars, through its public functions."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from queries import analysis_call
from regulars.core.conventions import Conventions
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.loads.build import build as build_warehouse
from regulars.loads.request import BuildRequest
from regulars.warehouse.warehouse import Warehouse, open_warehouse


def build(csv: Path, folder: Path, memory_limit: str) -> Path:
    """Build a warehouse from the file and return its path."""
    warehouse = folder / "regulars.duckdb"
    settings = Settings(memory_limit=memory_limit)
    # The others look for no orders that a credit undoes.
    conventions = replace(Conventions.named("standard"), corrections_within=0)
    request = BuildRequest([str(csv)], conventions, settings, datetime.now())
    build_warehouse(request, engine_of(warehouse))
    return warehouse


def open_built(warehouse: Path) -> Warehouse:
    """Open the warehouse for queries."""
    return open_warehouse(warehouse)


def query(warehouse: Warehouse, name: str) -> pa.Table:
    """Return the result of a query such as "kpis" or "sales_by product"."""
    analysis, options = analysis_call(name)
    return warehouse.ask(analysis, **options).to_pyarrow()
