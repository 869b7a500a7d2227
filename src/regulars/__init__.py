"""Regulars: turn a retailer's raw sales into the customers it keeps.

import regulars as rg

with rg.open_warehouse("regulars.duckdb") as shop:
    champions = shop.ask("rfm").filter(lambda t: t.segment == "Champions").to_pandas()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regulars.building import build, check, load, replay, sync, undo
    from regulars.catalog import ANALYSES, METRICS
    from regulars.conventions import Conventions
    from regulars.errors import RegularsError
    from regulars.privacy import export_customer, forget
    from regulars.warehouse import Warehouse, open_warehouse

__all__ = [
    "ANALYSES",
    "METRICS",
    "Conventions",
    "RegularsError",
    "Warehouse",
    "build",
    "check",
    "export_customer",
    "forget",
    "load",
    "open_warehouse",
    "replay",
    "sync",
    "undo",
]

_HOMES = {
    "ANALYSES": "catalog",
    "METRICS": "catalog",
    "Conventions": "conventions",
    "RegularsError": "errors",
    "Warehouse": "warehouse",
    "build": "building",
    "check": "building",
    "export_customer": "privacy",
    "forget": "privacy",
    "load": "building",
    "open_warehouse": "warehouse",
    "replay": "building",
    "sync": "building",
    "undo": "building",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: importing Regulars itself stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'regulars' has no attribute '{name}'")
    return getattr(import_module(f"regulars.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
