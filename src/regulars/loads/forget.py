"""Forgetting a customer: nothing of them is left, and their sales are those of a guest.

Their lines stay as they are but for the customer, and what hangs on them is settled again: the
warehouse is what the sources would have made of it, had they named nobody there. Who was forgotten
stays so: only the pseudonym is kept, and what comes later of them comes as a guest's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core import schema
from regulars.core.errors import ForgottenError, WarehouseError
from regulars.engines.protocols import Engine, Store
from regulars.loads.carry_over_lists import _refiltered
from regulars.loads.people import with_people_policy
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import (
    Outcome,
    as_built,
    open_ledger,
    resolve_order_versions,
    write_down,
)
from regulars.privacy.person import Person, find_person, naming, rows_of
from regulars.privacy.residue import Sought, matching, searched, sought, traces
from regulars.sources.profiles.match_columns import described
from regulars.transform.orders.reconcile import check_entries
from regulars.transform.staging.original_rows import bare, cells_of, without_cells
from regulars.warehouse.ledger import Ledger
from regulars.warehouse.people.policy import KEY, PeoplePolicy

if TYPE_CHECKING:
    from ibis.expr.types import Table

WRITTEN = {"lists": ("name",), "list_exports": ("file",)}
"""Columns in which somebody may have written who a customer is; filters name some, too."""


@dataclass(frozen=True)
class Forgotten:
    """What forgetting a customer changed, and where it was looked for what might be left.

    report    the load that it was
    changed   how many rows of each table named them
    searched  the columns of text of each table, in which nothing is left
    shared    how many of their values are held of others, too, and so were not looked for
    """

    report: LoadReport
    changed: Mapping[str, int]
    searched: Mapping[str, Sequence[str]]
    shared: int


def forget(customer: str, request: BuildRequest, warehouse: Engine) -> Forgotten:
    """Erase a customer, prove that nothing is left, and return what that changed.

    Who was forgotten before is looked for in vain, but what the engine stored is freed again: the
    first time may have been cut off just before that.

    Raises QuestionError where nothing is held of such a customer, WarehouseError where something
    would be left or the warehouse cannot be changed; the warehouse is then as it was.
    """
    with warehouse.changing(
        memory_limit=request.settings.memory_limit, leaving_nothing=True
    ) as store:
        ledger = open_ledger(store, warehouse)
        request = with_people_policy(store, as_built(request, ledger))
        try:
            person, people_policy = _person(store, customer, request)
        except ForgottenError as error:
            forgotten_before = error
        else:
            return _erased(store, person, people_policy, ledger, request, warehouse)
    raise forgotten_before


def _erased(
    store: Store,
    person: Person,
    people_policy: PeoplePolicy,
    ledger: Ledger,
    request: BuildRequest,
    warehouse: Engine,
) -> Forgotten:
    what = sought(store, person)
    orders = store.materialize("stg_their_orders", _orders(store, person))
    request.progress("Erasing what tells who they are")
    changed = {name: rows_of(store, name, person) for name in naming(store)}
    changed["quarantine"] = _clean_quarantine(store, person, orders, what)
    outcome = _settled(store, person, orders, ledger, request)
    _remember(store, person, people_policy, ledger)
    take_out(store, person, what)
    check_entries(outcome.entries, {one.source_id: one.name for one in ledger.sources})
    report = LoadReport(
        warehouse=str(warehouse),
        conventions=request.conventions.name,
        tallies=list(outcome.entries),
        policy=ledger.policy,
        load=ledger.next_load,
        orders=outcome.orders,
        identical=outcome.identical,
    )
    write_down(store, "forget", report, ledger, request, warehouse)
    request.progress("Looking for what might be left")
    _prove(traces(store, person, what, orders))
    changed = {name: rows for name, rows in changed.items() if rows}
    return Forgotten(report, changed, searched(store), len(what.shared))


def _person(store: Store, customer: str, request: BuildRequest) -> tuple[Person, PeoplePolicy]:
    """Return who is meant, and the border with a key: one is made once there is somebody."""
    people_policy = request.people_policy or PeoplePolicy(request.keyring)
    find_person(store, customer, people_policy.key if people_policy.keyring.check else None)
    return find_person(store, customer, people_policy.key), people_policy


def _orders(store: Store, person: Person) -> "Table":
    """Return every order of which a line names a person, standing or replaced: order_id."""
    named = []
    for name in ("order_lines", "superseded_lines"):
        lines = store.table(name)
        named.append(lines.filter(lines.customer_id.isin(person.ids)).select("order_id"))
    return ibis.union(*named, distinct=True)


def _clean_quarantine(store: Store, person: Person, orders: "Table", what: Sought) -> int:
    """Take what may name a person out of the rows that were set aside; return how many."""
    rows = store.table("quarantine")
    named = rows.filter(rows.customer_id.isin(person.ids))
    theirs = orders.union(named.filter(named.order_id.notnull()).select("order_id"))
    nameless = rows.filter(rows.customer_id.isnull()).semi_join(theirs, "order_id")
    saying = matching(rows, "original", what)
    whole = store.materialize("stg_their_rows", named.union(nameless).union(saying).distinct())
    found = store.fetch(whole)
    columns = {
        source["source_id"]: described(source["columns"])
        for source in store.fetch(store.table("load_sources"))
    }
    keys = store.materialize("stg_their_row_keys", whole.select("source_id", "source_row"))
    store.replace("quarantine", rows.limit(0), where=keys)
    types = {name: str(type_) for name, type_ in rows.schema().items()}
    told = [_clean_quarantined_row(row, person, what, columns[row["source_id"]]) for row in found]
    store.append("quarantine", types, [tuple(row[name] for name in types) for row in told])
    return len(found)


def _clean_quarantined_row(
    row: Mapping[str, Any], person: Person, what: Sought, columns: Mapping[str, str]
) -> dict[str, Any]:
    """Return a row without what may name a person; one of another customer loses but that."""
    customer, original = row["customer_id"], row["original"]
    if customer is not None and customer not in person.ids:
        saying = [name for name, cell in cells_of(original).items() if what.is_in(cell)]
        return {**row, "original": without_cells(original, saying)}
    return {**row, "customer_id": None, "original": bare(original, columns)}


def _settled(
    store: Store, person: Person, orders: "Table", ledger: Ledger, request: BuildRequest
) -> Outcome:
    if not store.fetch(orders.limit(1)):
        return Outcome.nothing()

    def revise(lines: "Table") -> "Table":
        is_theirs = lines.customer_id.isin(person.ids)
        nobody = ibis.ifelse(is_theirs, ibis.null("string"), lines.customer_id)
        return lines.mutate(customer_id=nobody)

    standing = [source.source_id for source in ledger.standing]
    return resolve_order_versions(store, orders, revise, standing, ledger.policy, request)


def _remember(store: Store, person: Person, people_policy: PeoplePolicy, ledger: Ledger) -> None:
    """Remove what is said of a person, and keep that their pseudonym is to stay away."""
    people = store.table("people")
    keys = people.filter(people.pseudonym == person.pseudonym).select("pseudonym").distinct()
    store.replace("people", people.limit(0), where=store.materialize("stg_their_pseudonym", keys))
    gone = [(person.pseudonym, ledger.next_load)]
    store.append("forgotten", schema.LEDGER_COLUMNS["forgotten"], gone)
    if people_policy.keyring.check is None:
        facts = [(KEY, people_policy.key.check)]
        store.append("people_facts", schema.LEDGER_COLUMNS["people_facts"], facts)


def _prove(left: Mapping[str, int]) -> None:
    """Raise WarehouseError where something is left of a person."""
    if left:
        places = "\n".join(f"  {place} ({rows:,})" for place, rows in left.items())
        raise WarehouseError(
            "Nothing was changed, for something that tells who they are would be left in\n"
            f"{places}\nWhere that is a name of a source, or a product or place that names a "
            "person: undo the load that brought it and load it again without, or build anew. A "
            "table of somebody else's is for them to mend."
        )


def take_out(store: Store, person: Person, what: Sought) -> None:
    """Remove a person from lists, and from what was written about lists the words that tell them.

    Who was on a list stays counted there.
    """
    if not set(schema.LISTS) <= set(store.tables()):
        return
    members = store.table("list_members")
    theirs = members.filter(members.customer_id.isin(person.ids)).select("customer_id").distinct()
    keys = store.materialize("stg_their_lists", theirs)
    store.replace("list_members", members.limit(0), where=keys)
    for name, columns in WRITTEN.items():
        _clean_table(store, name, columns, person, what)


def _clean_table(
    store: Store, name: str, columns: Sequence[str], person: Person, what: Sought
) -> None:
    types = schema.LEDGER_COLUMNS[name]
    rows = store.fetch(store.table(name))
    told = [_clean_row(row, columns, person, what) for row in rows]
    if told == rows:
        return
    store.replace(name, store.table(name).limit(0), where=None)
    store.append(name, types, [tuple(row[column] for column in types) for row in told])
    for row, was in zip(told, rows, strict=True):
        if name == "lists" and row["filters"] != was["filters"] and row["segments"] == "[]":
            _reword(store, row["list_id"])


def _clean_row(
    row: Mapping[str, Any], columns: Sequence[str], person: Person, what: Sought
) -> dict[str, Any]:
    told = dict(row)
    for column in columns:
        told[column] = _clean_text(row[column], what)
    if "name" in row and told["name"] != row["name"]:
        told["name"] += f" ({row['list_id']})"  # two lists have no name in common
    if "filters" in row:
        told["filters"] = _refiltered(row["filters"], lambda column, value: (
            None if column == "customer_id" and value in person.ids else what.taken_from(value)
        ))  # fmt: skip
    return told


def _clean_text(text: str, what: Sought) -> str:
    return "…" if text in what.numbers else what.taken_from(text)


def _reword(store: Store, list_id: int) -> None:
    """Have the members of a list that was chosen by filters alone say no more than that."""
    members = store.table("list_members")
    theirs = members.filter(members.list_id == list_id)
    said = ibis.literal("Chosen by filters")
    kept = store.materialize("stg_reworded", theirs.mutate(reason=said))
    keys: Table = store.materialize("stg_reworded_list", theirs.select("list_id").distinct())
    store.replace("list_members", kept, where=keys)
