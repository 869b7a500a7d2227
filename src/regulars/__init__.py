"""Regulars turns a shop's raw sales into figures you can trust and customers you can reach.

import regulars as rg

with rg.open_warehouse("regulars.duckdb") as shop:
    champions = shop.ask("rfm").filter(lambda t: t.segment == "Champions")
    frame = shop.to_pandas(champions)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regulars.analyses.catalog import ANALYSES, METRICS
    from regulars.core.conventions import Conventions
    from regulars.core.errors import RegularsError
    from regulars.insights.target_progress import target_progress
    from regulars.lists.api import (
        Control,
        Exclusions,
        Selection,
        create_list,
        export_list,
        list_results,
        preview_list,
    )
    from regulars.loads.api import build, check, export_customer, forget, load, replay, sync, undo
    from regulars.loads.notes import add_note, change_note, remove_note
    from regulars.loads.targets import remove_target, set_target
    from regulars.warehouse.warehouse import Warehouse, open_warehouse

__all__ = [
    "ANALYSES",
    "METRICS",
    "Control",
    "Conventions",
    "Exclusions",
    "RegularsError",
    "Selection",
    "Warehouse",
    "add_note",
    "build",
    "change_note",
    "check",
    "create_list",
    "export_customer",
    "export_list",
    "forget",
    "list_results",
    "load",
    "open_warehouse",
    "preview_list",
    "remove_note",
    "remove_target",
    "replay",
    "set_target",
    "sync",
    "target_progress",
    "undo",
]

_MODULES = {
    "ANALYSES": "analyses.catalog",
    "METRICS": "analyses.catalog",
    "Control": "lists.api",
    "Conventions": "core.conventions",
    "Exclusions": "lists.api",
    "RegularsError": "core.errors",
    "Selection": "lists.api",
    "Warehouse": "warehouse.warehouse",
    "add_note": "loads.notes",
    "build": "loads.api",
    "change_note": "loads.notes",
    "check": "loads.api",
    "create_list": "lists.api",
    "export_customer": "loads.api",
    "export_list": "lists.api",
    "forget": "loads.api",
    "list_results": "lists.api",
    "load": "loads.api",
    "open_warehouse": "warehouse.warehouse",
    "preview_list": "lists.api",
    "remove_note": "loads.notes",
    "remove_target": "loads.targets",
    "replay": "loads.api",
    "set_target": "loads.targets",
    "sync": "loads.api",
    "target_progress": "insights.target_progress",
    "undo": "loads.api",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that importing Regulars stays fast."""
    if name not in _MODULES:
        raise AttributeError(f"module 'regulars' has no attribute '{name}'")
    return getattr(import_module(f"regulars.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
