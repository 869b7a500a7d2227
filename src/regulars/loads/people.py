"""Personal data in the warehouse: saved by builds, added by loads, withdrawn by undos.

Each source has its own rows, so a load only adds rows and an undo only removes them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from regulars.core import schema
from regulars.core.errors import NoWarehouseError, WarehouseError
from regulars.engines.protocols import Engine, ReaderTables, Store, Workspace
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import StagedSource, people_in
from regulars.sources.profiles.people import PSEUDONYM
from regulars.warehouse.people.policy import CUSTOMERS, PeoplePolicy, read_people_policy

_TABLES_OF_FORGOTTEN = ("people", "forgotten", "people_facts")
"""The tables from which a new build reads who is forgotten."""


def with_forgotten(request: BuildRequest, warehouse: Engine) -> BuildRequest:
    """Return a build request that carries over the forgotten customers of the warehouse.

    Raises WarehouseError if the warehouse cannot be read, or has forgotten customers and the key
    is missing.
    """
    new = PeoplePolicy(request.keyring)
    try:
        reader = warehouse.open_reader(memory_limit=request.settings.memory_limit)
    except NoWarehouseError:
        return replace(request, people=new)
    except WarehouseError as error:
        raise WarehouseError(
            f"{error}\nIts forgotten customers cannot be read, and a new build could bring them "
            "back. If the warehouse is in use, try again later. Otherwise build in another "
            "location."
        ) from None
    with closing(reader):
        if not set(_TABLES_OF_FORGOTTEN) <= set(reader.tables()):
            return replace(request, people=new)
        policy = read_people_policy(ReaderTables(reader), request.keyring)
    if not policy.forgotten:
        return replace(request, people=new)
    keyring = replace(policy.keyring, check_value=None)  # the new warehouse has no key yet
    return replace(request, people=PeoplePolicy(keyring, policy.forgotten))


def save_people(
    workspace: Workspace, sources: Sequence[StagedSource], request: BuildRequest
) -> Callable[[str], str] | None:
    """Write the personal data of sources, and who is forgotten, to a new warehouse.

    Returns the function from customer_id to pseudonym, or None if the warehouse has plain ids.
    """
    policy = request.people_policy
    people = people_in(workspace, sources)
    if people is None:
        workspace.save_rows("people", schema.LEDGER_COLUMNS["people"], [])
    else:
        workspace.save("people", people)
    forgotten = [(pseudonym, None) for pseudonym in sorted(policy.forgotten)]
    workspace.save_rows("forgotten", schema.LEDGER_COLUMNS["forgotten"], forgotten)
    facts = policy.new_facts([source.mapping for source in sources])
    workspace.save_rows("people_facts", schema.LEDGER_COLUMNS["people_facts"], facts)
    return policy.key.pseudonym if (CUSTOMERS, PSEUDONYM) in facts else None


def add_people(
    store: Store,
    sources: Sequence[StagedSource],
    duplicates: Collection[int],
    request: BuildRequest,
) -> None:
    """Add the personal data of sources to a warehouse, except for `duplicates` (source_id)."""
    new_sources = [source for source in sources if source.source_id not in duplicates]
    people = people_in(store.workspace, new_sources)
    if people is not None:
        store.insert("people", store.import_rows("stg_people", people))
    facts = request.people_policy.new_facts([source.mapping for source in sources])
    if facts:
        store.insert_rows("people_facts", schema.LEDGER_COLUMNS["people_facts"], facts)


def withdraw_people(store: Store, sources: Collection[int], successors: Mapping[int, int]) -> None:
    """Remove the personal data of sources, or hand it to the source that succeeds them."""
    withdraw_rows(store, "people", sources, successors)


def withdraw_rows(
    store: Store, name: str, sources: Collection[int], successors: Mapping[int, int]
) -> None:
    """Remove the rows of sources from a table, or hand them to the source that succeeds them."""
    if not sources:
        return
    table = store.table(name)
    withdrawn = table.filter(table.source_id.isin(sorted(sources)))
    inherited = withdrawn.filter(withdrawn.source_id.isin(sorted(successors) or [0]))
    if successors:
        successor = inherited.source_id.cases(*successors.items(), else_=inherited.source_id)
        inherited = inherited.mutate(source_id=successor.cast("int32"))
    rows = store.materialize(f"stg_{name}_inherited", inherited)
    keys = store.materialize(f"stg_{name}_sources", withdrawn.select("source_id").distinct())
    store.replace(name, rows, where=keys)
