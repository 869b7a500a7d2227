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
    from regulars.lists import (
        Control,
        Exclusions,
        Selection,
        create_list,
        export_list,
        preview_list,
    )
    from regulars.privacy import export_customer, forget
    from regulars.warehouse import Warehouse, open_warehouse

__all__ = [
    "ANALYSES",
    "METRICS",
    "Control",
    "Conventions",
    "Exclusions",
    "RegularsError",
    "Selection",
    "Warehouse",
    "build",
    "check",
    "create_list",
    "export_customer",
    "export_list",
    "forget",
    "load",
    "open_warehouse",
    "preview_list",
    "replay",
    "sync",
    "undo",
]

_HOMES = {
    "ANALYSES": "catalog",
    "METRICS": "catalog",
    "Control": "lists",
    "Conventions": "conventions",
    "Exclusions": "lists",
    "RegularsError": "errors",
    "Selection": "lists",
    "Warehouse": "warehouse",
    "build": "building",
    "check": "building",
    "create_list": "lists",
    "export_customer": "privacy",
    "export_list": "lists",
    "forget": "privacy",
    "load": "building",
    "open_warehouse": "warehouse",
    "preview_list": "lists",
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
