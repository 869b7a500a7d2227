"""People in the warehouse: what came in of them, what a load taken back takes along, who is gone.

Each source says of its customers what it says, in rows of its own. So a load adds rows, and one
that is taken back takes its own away; nothing has to be worked out again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from regulars.core import schema
from regulars.core.errors import NoWarehouseError, WarehouseError
from regulars.engines.protocols import Engine, ReaderTables, Store, Workspace
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import StagedSource, people_in
from regulars.sources.profiles.people import PSEUDONYM
from regulars.warehouse.people.policy import CUSTOMERS, PeoplePolicy, people_policy_of

if TYPE_CHECKING:
    pass


def with_people_policy(store: Store, request: BuildRequest) -> BuildRequest:
    """Return an order that knows of the people of a warehouse, and who was forgotten there."""
    return replace(request, people_policy=people_policy_of(store, request.keyring))


def with_forgotten(request: BuildRequest, warehouse: Engine) -> BuildRequest:
    """Return the order of a build that knows who was forgotten where it will stand.

    Who builds anew in the same place does not bring anybody back.

    Raises WarehouseError where somebody was forgotten and the key is missing, or where what is
    there cannot be asked.
    """
    try:
        reader = warehouse.reading(memory_limit=request.settings.memory_limit)
    except NoWarehouseError:
        return replace(request, people_policy=PeoplePolicy(request.keyring))
    except WarehouseError as error:
        raise WarehouseError(
            f"{error}\nSo nobody knows who was forgotten there, and they would come in again. If "
            "somebody is at work in it, let them end; else build in another place."
        ) from None
    with closing(reader):
        if not set(schema.KEPT_APART) <= set(reader.tables()):
            return replace(request, people_policy=PeoplePolicy(request.keyring))
        known = people_policy_of(ReaderTables(reader), request.keyring)
    return replace(request, people_policy=PeoplePolicy(request.keyring, known.forgotten))


def save_people(
    workspace: Workspace, staged_sources: Sequence[StagedSource], request: BuildRequest
) -> Callable[[str], str] | None:
    """Write what sources say of people into a new warehouse, and who stays forgotten.

    Returns what makes the pseudonym of a customer, where customers go by pseudonyms.
    """
    people_policy = request.people_policy or PeoplePolicy(request.keyring)
    told = people_in(workspace, staged_sources)
    if told is None:
        workspace.record("people", schema.LEDGER_COLUMNS["people"], [])
    else:
        workspace.save("people", told)
    gone = [(pseudonym, None) for pseudonym in sorted(people_policy.forgotten)]
    workspace.record("forgotten", schema.LEDGER_COLUMNS["forgotten"], gone)
    facts = people_policy.facts([source.mapping for source in staged_sources])
    workspace.record("people_facts", schema.LEDGER_COLUMNS["people_facts"], facts)
    return people_policy.key.pseudonym if (CUSTOMERS, PSEUDONYM) in facts else None


def add_people(
    store: Store,
    staged_sources: Sequence[StagedSource],
    same: Collection[int],
    request: BuildRequest,
) -> None:
    """Add what sources say of people, but for those in `same`, which say nothing new."""
    people_policy = request.people_policy or PeoplePolicy(request.keyring)
    told = people_in(store.workspace, [one for one in staged_sources if one.source_id not in same])
    if told is not None:
        store.add("people", store.import_rows("stg_people", told))
    facts = people_policy.facts([source.mapping for source in staged_sources])
    if facts:
        store.append("people_facts", schema.LEDGER_COLUMNS["people_facts"], facts)


def take_people_back(store: Store, sources: Collection[int], heirs: Mapping[int, int]) -> None:
    """Remove what sources say of people; what has come again goes to the source it came in."""
    if not sources:
        return
    people = store.table("people")
    theirs = people.filter(people.source_id.isin(sorted(sources)))
    handed_on = theirs.filter(theirs.source_id.isin(sorted(heirs) or [0]))
    if heirs:
        named = handed_on.source_id.cases(*heirs.items(), else_=handed_on.source_id)
        handed_on = handed_on.mutate(source_id=named.cast("int32"))
    kept = store.materialize("stg_people_kept", handed_on)
    keys = store.materialize("stg_people_sources", theirs.select("source_id").distinct())
    store.replace("people", kept, where=keys)
