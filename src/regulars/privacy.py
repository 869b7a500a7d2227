"""Forgetting a customer, and handing over what is held, from Python in one call each."""

from collections.abc import Callable
from os import fspath
from typing import Any

from regulars import customer_export, forgetting
from regulars.building import Source, make_order
from regulars.config import Settings, load_settings
from regulars.engines.places import engine_of


def forget(
    customer: str,
    *,
    warehouse: Source | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> forgetting.Forgotten:
    """Erase a customer from a warehouse, and prove it; return what that changed.

    `customer` is the number by which the shop knows them. Their sales stay as those of a guest;
    later loads do not bring them back.

    Raises RegularsError, with the warehouse as it was.
    """
    order = make_order((), settings=settings, progress=progress)
    place = engine_of(warehouse or order.settings.warehouse)
    return forgetting.forget(customer, order, place)


def export_customer(
    customer: str, *, warehouse: Source | None = None, settings: Settings | None = None
) -> dict[str, Any]:
    """Return all that a warehouse holds of a customer.

    Keys: customer_id, pseudonym, and lists of rows: people, customer, orders, lines,
    replaced_lines, quarantined, segments, lists.

    Raises RegularsError, such as where nothing is held of them.
    """
    place = fspath(warehouse) if warehouse else None
    found = customer_export.export_customer(customer, place, settings or load_settings())
    return found.as_dict()
