"""Merge the customer ids of one person, where a profile asks for it with `same_person_by`.

The lines of a warehouse keep the ids of their sources. Which ids are one person is a function of
the contacts of all current sources, computed again after every change, and only the star counts by
person. So the order of loads does not matter, and undoing a load undoes its merges.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from regulars.core import schema
from regulars.core.errors import SourceError, WarehouseError
from regulars.engines.protocols import Store, Workspace
from regulars.loads.is_any import is_any
from regulars.loads.people import withdraw_rows
from regulars.loads.refresh_star import ChangedOrders, refresh_star
from regulars.loads.report import MergedCustomers
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import StagedSource, contacts_in
from regulars.loads.update import WarehouseUpdate
from regulars.transform.star.merges import (
    MANY_IDS,
    changed_customers,
    changed_labels,
    disputed,
    first_people,
    ids_of_people,
    links,
    merges,
    own_labels,
    shared_by_too_many,
    shared_labels,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_STEPS = 25
"""Each step doubles the distance that a label travels: enough for chains of 30 million ids."""

MOST_EXAMPLES = 5
_NAMING_CUSTOMERS = (
    ("customer_contacts", "customer_id"),
    ("kept_apart", "customer_id"),
    ("kept_apart", "other_id"),
)
"""The columns that name a customer, besides those of the merges themselves."""


@dataclass(frozen=True)
class Merges:
    """Which ids are one person: the rows of customer_merges, and a summary of them."""

    table: "Table"
    summary: MergedCustomers


def build_merges(
    workspace: Workspace, sources: Sequence[StagedSource], request: BuildRequest, lines: "Table"
) -> Merges | None:
    """Return who is one person in the lines of a new warehouse, and save it there.

    Returns None if no profile asks for it.
    """
    contacts = contacts_in(workspace, sources)
    if contacts is None:
        return None
    contacts = workspace.save("customer_contacts", contacts)
    pairs = _kept_apart(sources, request)
    workspace.save_rows("kept_apart", schema.LEDGER_COLUMNS["kept_apart"], pairs)
    found = resolve_merges(workspace, contacts, workspace.table("kept_apart"), lines)
    workspace.save("customer_merges", found.table)
    return found


def add_contacts(
    update: WarehouseUpdate, sources: Sequence[StagedSource], duplicates: Collection[int] = ()
) -> None:
    """Add the contacts of sources to a warehouse, except for `duplicates` (source_id).

    Raises SourceError if their profile recognises people and the warehouse does not.
    """
    new = [source for source in sources if source.source_id not in duplicates]
    contacts = contacts_in(update.store.workspace, new)
    if contacts is None:
        return
    if update.merges is None:
        profile = next(one.mapping.profile for one in new if one.recognises_people)
        raise SourceError(
            f"The profile {profile.name} has same_person_by, but this warehouse was built without "
            "it. Build the warehouse again."
        )
    store, name = update.store, "customer_contacts"
    added = store.import_rows("stg_contacts", contacts)
    # A replay reads the same customers of a source again.
    store.insert(name, added.anti_join(store.table(name), added.columns))
    known = {tuple(row.values()) for row in store.fetch(store.table("kept_apart"))}
    pairs = [pair for pair in _kept_apart(new, update.request) if pair not in known]
    store.insert_rows("kept_apart", schema.LEDGER_COLUMNS["kept_apart"], pairs)


def withdraw_contacts(
    update: WarehouseUpdate, sources: Collection[int], successors: Mapping[int, int]
) -> None:
    """Remove the contacts of sources, or hand them to the source that succeeds them."""
    if update.merges is not None:
        for name in ("customer_contacts", "kept_apart"):
            withdraw_rows(update.store, name, sources, successors)


def remove_contacts(update: WarehouseUpdate, ids: Sequence[str]) -> None:
    """Remove the contacts of customers, and the pairs that name them."""
    if update.merges is None:
        return
    store = update.store
    for name, column in _NAMING_CUSTOMERS:
        table = store.table(name)
        theirs = table.filter(table[column].isin(list(ids))).select(column).distinct()
        store.replace(name, table.limit(0), where=store.materialize("stg_their_contacts", theirs))


def refresh_merges(update: WarehouseUpdate) -> MergedCustomers | None:
    """Resolve again who is one person, refresh the star, and return a summary.

    Returns None, without any work, if the warehouse has one person per id.
    """
    if update.merges is None:
        return None
    store, lines = update.store, update.store.table("order_lines")
    contacts, apart = store.table("customer_contacts"), store.table("kept_apart")
    found = resolve_merges(store, contacts, apart, lines)
    changed = store.materialize("stg_merged", changed_customers(found.table, update.merges))
    theirs = lines.semi_join(changed, "customer_id").select("order_id").distinct()
    orders = store.materialize("stg_merged_orders", theirs)
    if is_any(store, orders):
        current = store.materialize("stg_merged_lines", lines.semi_join(orders, "order_id"))
        change = ChangedOrders(
            orders, current, current, update.corrections, update.merges, found.table
        )
        refresh_star(store, change, update.request.settings)
    store.replace("customer_merges", found.table, where=None)
    return found.summary


def _kept_apart(
    sources: Sequence[StagedSource], request: BuildRequest
) -> list[tuple[int, str, str]]:
    """Return the rows of kept_apart: every pair in both directions."""
    rows = []
    for source in sources:
        people = source.mapping.people
        for pair in people.keep_apart if people else ():
            one, other = (request.people_policy.stored_id(id_, source.mapping) for id_ in pair)
            rows += [(source.source_id, one, other), (source.source_id, other, one)]
    return rows


def resolve_merges(
    workspace: Workspace | Store, contacts: "Table", apart: "Table", lines: "Table"
) -> Merges:
    """Return who is one person by their contacts, except for the pairs that are kept apart.

    Raises WarehouseError if that does not settle.
    """
    linked = workspace.materialize("stg_links", links(contacts, apart))
    labels = _labels(workspace, linked)
    split = workspace.materialize("stg_disputed", disputed(labels, apart))
    found = workspace.materialize("stg_merges", merges(linked, labels, split, lines))
    people = workspace.fetch(ids_of_people(found))
    examples = workspace.fetch(first_people(found, MOST_EXAMPLES))
    too_many = workspace.fetch(shared_by_too_many(contacts))
    undecided = labels.semi_join(split, "label").order_by("customer_id")
    unknown = apart.anti_join(contacts, "customer_id").select("customer_id").distinct()
    return Merges(found, MergedCustomers(
        ids=sum(row["ids"] for row in people),
        people=len(people),
        examples=[
            [row["customer_id"] for row in rows]
            for _, rows in groupby(examples, key=itemgetter("merged_into"))
        ],
        many=[(row["merged_into"], row["ids"]) for row in people if row["ids"] > MANY_IDS],
        too_many=[(row["kind"], row["customers"], row["example"]) for row in too_many],
        disputed=[row["customer_id"] for row in workspace.fetch(undecided)],
        unknown=sorted(row["customer_id"] for row in workspace.fetch(unknown)),
    ))  # fmt: skip


def _labels(workspace: Workspace | Store, linked: "Table") -> "Table":
    """Return linked customers with a label that all ids of a person share: customer_id, label.

    Raises WarehouseError if the labels do not settle.
    """
    labels = workspace.materialize("stg_labels_0", own_labels(linked))
    for step in range(1, MOST_STEPS + 1):
        before = labels
        labels = workspace.materialize(f"stg_labels_{step}", shared_labels(linked, before))
        [row] = workspace.fetch(changed_labels(labels, before))
        if not row["changed"]:
            return labels
    raise WarehouseError(
        f"Customers could not be merged in {MOST_STEPS} steps. Nothing was changed. Remove "
        "same_person_by from the profile, and report this as a bug."
    )
