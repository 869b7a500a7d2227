"""The saved lists that a customer is on."""

from typing import Any

import ibis

from regulars.engines.protocols import ReaderTables
from regulars.warehouse.people.merges import ids_of_people
from regulars.warehouse.warehouse import Warehouse


def lists_of(warehouse: Warehouse, customer_id: str) -> list[dict[str, Any]]:
    """Return the saved lists that a customer is on, under any of their IDs, the latest first.

    Columns: name, created_at, role, segment at that time, and exported_at, the first export of the
    customer's group; None before it.
    """
    if not warehouse.engine.supports_lists:
        return []
    tables = ReaderTables(warehouse.reader)
    ids = {customer_id, *ids_of_people(tables, [customer_id]).get(customer_id, [])}
    lists = tables.table("lists").select("list_id", "name", "created_at")
    members = tables.table("list_members").select("list_id", "role", "segment", "customer_id")
    theirs = members.filter(members.customer_id.isin(sorted(ids)))
    exports = tables.table("list_exports")
    first = exports.group_by("list_id", "role").aggregate(exported_at=exports.exported_at.min())
    rows = lists.inner_join(theirs, "list_id").left_join(first, ["list_id", "role"])
    columns = ("name", "created_at", "role", "segment", "exported_at")
    return tables.fetch(rows.order_by(ibis.desc("list_id"), "role").select(*columns))
