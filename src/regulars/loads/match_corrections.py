"""Match credits with the orders that they undo, in a build and after every change.

The lines of a warehouse keep the kinds of their sources. Which orders are cancelled is a function
of the lines of a customer, so a change matches only the customers of its orders again, and only the
star counts by the matches.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from regulars.core import schema
from regulars.core.errors import SourceError
from regulars.engines.protocols import Store, Workspace
from regulars.loads.is_any import is_any
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import StagedSource
from regulars.loads.update import WarehouseUpdate
from regulars.transform.orders.corrections import (
    CorrectionRules,
    candidate_goods,
    candidates,
    corrections_by_amount,
    corrections_by_lines,
    credited_lines,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table

DEFAULT_WITHIN = 3
"""Days within which a credit cancels an order, unless the profile has another number."""

_PAIR = ["order_id", "credit_id", "matched_by"]


@dataclass(frozen=True)
class CorrectionChanges:
    """What changed in the corrections of a warehouse.

    before  the corrections of all affected orders, as they were; None if there were none
    after   all corrections as they are now; None if there are none
    orders  order_id of each order whose lines changed their kind; None if none did
    number  how many more corrections there are
    """

    before: "Table | None" = None
    after: "Table | None" = None
    orders: "Table | None" = None
    number: int = 0


def rules_of_build(
    request: BuildRequest, sources: Sequence[StagedSource]
) -> CorrectionRules | None:
    """Return the rules for a new warehouse; None if no credit can cancel an order."""
    within = within_days(request, sources)
    if not within or all(map(_has_states, sources)):
        return None
    return CorrectionRules(within, _rejected(sources), _explicit(sources))


def within_days(request: BuildRequest, sources: Sequence[StagedSource]) -> int:
    """Return within how many days a credit cancels an order in a new warehouse.

    The conventions decide, then the profile of the last source. 0 means never.
    """
    given = (
        request.conventions.corrections_within, sources[-1].mapping.profile.corrections.within
    )  # fmt: skip
    return next((days for days in given if days is not None), DEFAULT_WITHIN)


def rules_of_update(
    update: WarehouseUpdate, current_sources: Collection[int], incoming: Sequence[StagedSource]
) -> CorrectionRules | None:
    """Return the rules for a warehouse that changes; None if no credit can cancel an order."""
    within = update.ledger.corrections_within
    if not within:
        return None
    known = [one for one in update.ledger.sources if one.source_id in current_sources]
    rejected = {order for one in known for order in json.loads(one.not_corrections)}
    explicit = {one.source_id for one in known if one.has_states}
    return CorrectionRules(
        within,
        tuple(sorted(rejected.union(_rejected(incoming)))),
        tuple(sorted(explicit.union(_explicit(incoming)))),
    )


def check_within(update: WarehouseUpdate, sources: Iterable[StagedSource]) -> None:
    """Raise SourceError if a profile wants another number of days than the warehouse has."""
    if update.request.conventions.corrections_within is not None:
        return
    ours = update.ledger.corrections_within
    for profile in (source.mapping.profile for source in sources):
        if profile.corrections.within not in (None, ours):
            raise SourceError(
                f"The profile {profile.name} has corrections_within = "
                f"{profile.corrections.within}, but the warehouse was built with {ours}. Build the "
                f"warehouse again, or write in the profile:\n  [orders]\n"
                f"  corrections_within = {ours}"
            )


def build_corrections(
    workspace: Workspace, lines: "Table", rules: CorrectionRules | None
) -> "Table | None":
    """Return the corrections of a new warehouse and save them; None if there are none."""
    found = find_corrections(workspace, lines, rules)
    if found is None:
        workspace.save_rows("corrections", schema.LEDGER_COLUMNS["corrections"], [])
        return None
    return workspace.save("corrections", found)


def find_corrections(
    workspace: Workspace, lines: "Table", rules: CorrectionRules | None
) -> "Table | None":
    """Return the corrections among lines; None if no credit can undo an order."""
    if rules is None or not is_any(workspace, credited_lines(lines, rules)):
        return None
    found = workspace.materialize("stg_credit_candidates", candidates(lines, rules))
    return _match(workspace, found, lines, rules) if is_any(workspace, found) else None


def _match(
    workspace: Workspace | Store, found: "Table", lines: "Table", rules: CorrectionRules
) -> "Table":
    """Return the corrections among candidates."""
    goods = workspace.materialize("stg_candidate_goods", candidate_goods(lines, found))
    by_lines = workspace.materialize(
        "stg_corrections_by_lines", corrections_by_lines(found, goods, rules.within)
    )
    return by_lines.union(corrections_by_amount(found, by_lines, rules.within))


def refresh_corrections(
    update: WarehouseUpdate, orders: "Table", lines: "Table", rules: CorrectionRules | None
) -> CorrectionChanges:
    """Match the customers of changed orders again, save that, and return what changed.

    orders  order_id of each order whose lines changed
    lines   their lines before and after the change
    """
    if rules is None:
        return CorrectionChanges()
    store, saved = update.store, update.store.table("corrections")
    excluded = _excluded(update, orders, rules)
    theirs = _lines_of_customers(store, lines, excluded)
    found = store.materialize("stg_credit_candidates", candidates(theirs, rules))
    if not is_any(store, found, saved):
        return CorrectionChanges()
    touched = ibis.union(orders, excluded, found.select("order_id"), distinct=True)
    touched = store.materialize("stg_matched_orders", touched)
    old = store.materialize("stg_corrections_before", _of_orders(saved, touched))
    matched = _match(store, found, store.table("order_lines"), rules)
    after = store.materialize("stg_corrections", matched)
    keys = store.materialize(
        "stg_corrected_orders", old.select("order_id").union(after.select("order_id")).distinct()
    )
    store.replace("corrections", after, where=keys)
    changed = store.materialize("stg_changed_kinds", _changed_orders(old, after))
    [counts] = store.fetch(_counts(old, after))
    return CorrectionChanges(
        old, store.table("corrections"), changed, counts["after"] - counts["before"]
    )


def _excluded(update: WarehouseUpdate, orders: "Table", rules: CorrectionRules) -> "Table":
    """Return the orders that are never matched, or were not before this change: order_id."""
    before = [json.loads(one.not_corrections) for one in update.ledger.sources]
    ids = sorted({*rules.rejected, *(order for orders in before for order in orders)})
    if not ids:
        return orders.limit(0)
    rows = update.store.workspace.rows_as_table(
        "not_corrections", {"order_id": "string"}, [(order,) for order in ids]
    )
    return update.store.import_rows("stg_excluded_orders", rows)


def _lines_of_customers(store: Store, lines: "Table", excluded: "Table") -> "Table":
    """Return all current lines of the orders of customers that lines or excluded orders name."""
    current = store.table("order_lines")
    named = lines.select("customer_id").union(
        current.semi_join(excluded, "order_id").select("customer_id")
    )
    customers = named.filter(named.customer_id.notnull()).distinct()
    theirs = current.semi_join(customers, "customer_id").select("order_id").distinct()
    return current.semi_join(store.materialize("stg_orders_to_match", theirs), "order_id")


def _of_orders(corrections: "Table", orders: "Table") -> "Table":
    """Return the corrections of orders, and those of credits that are among them."""
    credited = corrections.semi_join(orders.rename(credit_id="order_id"), "credit_id")
    return corrections.semi_join(orders, "order_id").union(credited).distinct()


def _changed_orders(before: "Table", after: "Table") -> "Table":
    """Return orders and credits that are matched differently: order_id."""
    pairs = after.anti_join(before, _PAIR).union(before.anti_join(after, _PAIR))
    return pairs.select("order_id").union(pairs.select(order_id="credit_id")).distinct()


def _counts(before: "Table", after: "Table") -> "Table":
    one = ibis.literal(1).as_table()
    return one.select(before=before.count().as_scalar(), after=after.count().as_scalar())


def _has_states(source: StagedSource) -> bool:
    return bool(source.source_formats.states.columns)


def _explicit(sources: Iterable[StagedSource]) -> tuple[int, ...]:
    return tuple(source.source_id for source in sources if _has_states(source))


def _rejected(sources: Iterable[StagedSource]) -> tuple[str, ...]:
    return tuple(
        order for source in sources for order in source.mapping.profile.corrections.rejected
    )
