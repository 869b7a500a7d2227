"""Forget a customer: erase their data, and count their sales as those of a guest.

Only the customer is removed from their lines, and the orders are resolved again. The warehouse is
then as if the sources had never named them. Their pseudonym is stored, so that later loads
also treat them as a guest.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core import schema
from regulars.core.errors import ForgottenError, WarehouseError
from regulars.engines.protocols import Engine, Store
from regulars.loads.carry_over_lists import map_filters
from regulars.loads.is_any import is_any
from regulars.loads.merge_customers import refresh_merges, remove_contacts
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import Resolution, resolve_same_corrections
from regulars.loads.update import WarehouseUpdate, open_update
from regulars.loads.write_ledger import record_load
from regulars.privacy.person import Person, count_rows, find_person, tables_with_customers
from regulars.privacy.residue import (
    Identifiers,
    find_residue,
    identifiers_of,
    rows_that_mention,
    searched_columns,
)
from regulars.sources.profiles.match_columns import parse_mapping
from regulars.transform.orders.reconcile import check_entries
from regulars.transform.staging.original_rows import blank_cells, parse_cells, redact_row
from regulars.transform.staging.state_cells import STATE

if TYPE_CHECKING:
    from ibis.expr.types import Table

FREE_TEXT = {"lists": ("name",), "list_exports": ("file",), "calendar_notes": ("text",)}
"""Columns that users write themselves. The filters of a list may also name them."""


@dataclass(frozen=True)
class Forgotten:
    """The result of forgetting a customer.

    report    the load it was recorded as
    changed   how many rows named the customer, by table
    searched  the text columns that were searched for residue, by table
    shared    how many of their values other people have, too; these were not searched for
    """

    report: LoadReport
    changed: Mapping[str, int]
    searched: Mapping[str, Sequence[str]]
    shared: int


def forget(customer: str, request: BuildRequest, warehouse: Engine) -> Forgotten:
    """Erase a customer, check that nothing identifies them, and return what that changed.

    Raises InputError if the warehouse holds nothing about the customer, WarehouseError if
    residue would be left or the warehouse cannot be changed; the warehouse is then unchanged.
    """
    with open_update(request, warehouse, purge=True) as update:
        update = update.with_people()
        try:
            person = _find(update, customer)
        except ForgottenError as error:
            # Leave the block without an error, so that the engine purges deleted data: an earlier
            # run may have been interrupted before it did.
            already_forgotten = error
        else:
            return _erase(update, person)
    raise already_forgotten


def _find(update: WarehouseUpdate, customer: str) -> Person:
    """Return the customer. A missing key is created, but only once the customer is found."""
    policy = update.request.people_policy
    find_person(update.store, customer, policy.key if policy.keyring.check_value else None)
    return find_person(update.store, customer, policy.key)


def _erase(update: WarehouseUpdate, person: Person) -> Forgotten:
    store, progress = update.store, update.request.progress
    identifiers = identifiers_of(store, person)
    orders = store.materialize("stg_their_orders", _orders_of(store, person))
    ids = len(person.other_ids)
    progress("Erasing the customer" + (f" under all their customer IDs ({ids + 1})" if ids else ""))
    changed = {name: count_rows(store, name, person) for name in tables_with_customers(store)}
    changed["quarantine"] = _redact_quarantine(store, person, orders, identifiers)
    resolution = _resolve(update, person, orders)
    _erase_person_data(update, person)
    _remove_from_lists(store, person)
    for name in FREE_TEXT.keys() & set(store.tables()):
        _redact_table(store, name, person, identifiers)
    check_entries(resolution.entries, update.source_names)
    merged = refresh_merges(update)
    report = replace(resolution.report(update, resolution.entries), merged=merged)
    record_load(update, "forget", report)
    progress("Searching for residue")
    _check_nothing_left(find_residue(store, person, identifiers, orders))
    changed = {name: rows for name, rows in changed.items() if rows}
    return Forgotten(report, changed, searched_columns(store), len(identifiers.shared))


def _orders_of(store: Store, person: Person) -> "Table":
    """Return the order_id of every order with a current or superseded line of a person."""
    orders = []
    for name in ("order_lines", "superseded_lines"):
        lines = store.table(name)
        orders.append(lines.filter(lines.customer_id.isin(person.ids)).select("order_id"))
    return ibis.union(*orders, distinct=True)


def _redact_quarantine(
    store: Store, person: Person, orders: "Table", identifiers: Identifiers
) -> int:
    """Remove the person from quarantined rows, and return how many rows may have named them."""
    quarantine = store.table("quarantine")
    named = quarantine.filter(quarantine.customer_id.isin(person.ids))
    their_orders = orders.union(named.filter(named.order_id.notnull()).select("order_id"))
    nameless = quarantine.filter(quarantine.customer_id.isnull())
    mentions = rows_that_mention(quarantine, "original", identifiers)
    rows = store.materialize(
        "stg_their_rows",
        named.union(nameless.semi_join(their_orders, "order_id")).union(mentions).distinct(),
    )
    old = store.fetch(rows)
    sources = store.fetch(store.table("load_sources"))
    columns = {
        source["source_id"]: parse_mapping(source["columns"]) | _states(source["formats_json"])
        for source in sources
    }
    keys = store.materialize("stg_their_row_keys", rows.select("source_id", "source_row"))
    store.replace("quarantine", quarantine.limit(0), where=keys)
    types = {name: str(type_) for name, type_ in quarantine.schema().items()}
    new = [_redacted_row(row, person, identifiers, columns[row["source_id"]]) for row in old]
    store.insert_rows("quarantine", types, [tuple(row[name] for name in types) for row in new])
    return len(old)


def _states(formats: str) -> dict[str, str]:
    """Return the state columns of a source, by their names beside the lines."""
    return {STATE + name: name for name in json.loads(formats).get("states") or ()}


def _redacted_row(
    row: Mapping[str, Any], person: Person, identifiers: Identifiers, columns: Mapping[str, str]
) -> dict[str, Any]:
    """Return a quarantined row without cells that may name the person.

    A row of another customer loses only the cells that mention the person.
    """
    customer, original = row["customer_id"], row["original"]
    if customer is not None and customer not in person.ids:
        cells = [name for name, cell in parse_cells(original).items() if identifiers.is_in(cell)]
        return {**row, "original": blank_cells(original, cells)}
    return {**row, "customer_id": None, "original": redact_row(original, columns)}


def _resolve(update: WarehouseUpdate, person: Person, orders: "Table") -> Resolution:
    if not is_any(update.store, orders):
        return Resolution.empty()

    def revise(lines: "Table") -> "Table":
        is_theirs = lines.customer_id.isin(person.ids)
        customer = ibis.ifelse(is_theirs, ibis.null("string"), lines.customer_id)
        return lines.mutate(customer_id=customer)

    # Without its customer, an order matches no credit; the sales of the shop must not change.
    return resolve_same_corrections(update, orders, revise)


def _erase_person_data(update: WarehouseUpdate, person: Person) -> None:
    """Remove a person's data, and record their pseudonyms as forgotten."""
    store, policy = update.store, update.request.people_policy
    people = store.table("people")
    keys = people.filter(people.pseudonym.isin(person.pseudonyms)).select("pseudonym").distinct()
    store.replace("people", people.limit(0), where=store.materialize("stg_their_pseudonym", keys))
    remove_contacts(update, person.ids)
    forgotten = [(pseudonym, update.ledger.next_load) for pseudonym in person.pseudonyms]
    store.insert_rows("forgotten", schema.LEDGER_COLUMNS["forgotten"], forgotten)
    if policy.keyring.check_value is None:
        store.insert_rows("people_facts", schema.LEDGER_COLUMNS["people_facts"], policy.key_facts)


def _remove_from_lists(store: Store, person: Person) -> None:
    """Remove a person from customer lists. The numbers of members of a list do not change."""
    if not set(schema.LIST_TABLES) <= set(store.tables()):
        return
    members = store.table("list_members")
    theirs = members.filter(members.customer_id.isin(person.ids)).select("customer_id").distinct()
    keys = store.materialize("stg_their_lists", theirs)
    store.replace("list_members", members.limit(0), where=keys)


def _redact_table(store: Store, name: str, person: Person, identifiers: Identifiers) -> None:
    types = schema.LEDGER_COLUMNS[name]
    old = store.fetch(store.table(name))
    new = [_redacted_row_of_users(row, FREE_TEXT[name], person, identifiers) for row in old]
    if new == old:
        return
    store.replace(name, store.table(name).limit(0), where=None)
    store.insert_rows(name, types, [tuple(row[column] for column in types) for row in new])
    for row, before in zip(new, old, strict=True):
        if name == "lists" and row["filters"] != before["filters"] and row["segments"] == "[]":
            _shorten_reasons(store, row["list_id"])


def _redacted_row_of_users(
    row: Mapping[str, Any], columns: Sequence[str], person: Person, identifiers: Identifiers
) -> dict[str, Any]:
    redacted = dict(row)
    for column in columns:
        redacted[column] = identifiers.redact(row[column])
    if "name" in row and redacted["name"] != row["name"]:
        redacted["name"] += f" ({row['list_id']})"  # names of lists are unique
    if "filters" in row:
        redacted["filters"] = map_filters(row["filters"], lambda column, value: (
            None if column == "customer_id" and value in person.ids
            else identifiers.redact_words(value)
        ))  # fmt: skip
    return redacted


def _shorten_reasons(store: Store, list_id: int) -> None:
    """Remove the filter values from the reasons of members that only filters selected."""
    members = store.table("list_members")
    theirs = members.filter(members.list_id == list_id)
    reason = ibis.literal("selected by filters")
    rows = store.materialize("stg_shortened_reasons", theirs.mutate(reason=reason))
    keys: Table = store.materialize("stg_shortened_list", theirs.select("list_id").distinct())
    store.replace("list_members", rows, where=keys)


def _check_nothing_left(residue: Mapping[str, int]) -> None:
    """Raise WarehouseError if something still identifies the person."""
    if residue:
        locations = "\n".join(f"  {location} ({rows:,})" for location, rows in residue.items())
        raise WarehouseError(
            "Nothing was changed, because text that identifies the customer would be left in\n"
            f"{locations}\n"
            "If that is the name of a source, a product or a location, undo its load and load a "
            "corrected file, or build the warehouse again. Tables that Regulars did not create "
            "must be corrected by hand."
        )
