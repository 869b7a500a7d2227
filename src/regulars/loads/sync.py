"""Sync a shop database: load what has changed in it since the last sync.

A database has one version of each order, so the latest sync counts. Orders that were deleted in
the shop are withdrawn, and their lines are superseded. A sync mark records how far a sync has
read. It belongs to the load of the sync, so undoing the load removes it.
"""

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import ibis

from regulars.core import schema
from regulars.core.errors import SourceError, listed
from regulars.engines.protocols import Engine, Store, Workspace
from regulars.loads.build import build
from regulars.loads.compare import IncomingBatch, SyncBatch
from regulars.loads.load import NothingNewError, apply_batch
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.stage import stage_tables
from regulars.loads.sync_marks import SyncMark, covered_until, last_synced, read_marks
from regulars.loads.sync_read import ORDERS, Extract, extract_all, extract_changes
from regulars.loads.update import WarehouseUpdate, open_update
from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.shop_database import ShopDatabase, Watermarks, open_shop_database
from regulars.sources.profiles.formats import formats_from
from regulars.sources.profiles.profile import Profile
from regulars.warehouse.people.policy import PeoplePolicy

if TYPE_CHECKING:
    from ibis.expr.types import Table


def first_sync(request: BuildRequest, address: ShopAddress, warehouse: Engine) -> LoadReport:
    """Build a warehouse from a shop database, and return what was loaded.

    Raises RegularsError, with an existing warehouse unchanged.
    """
    request.progress(f"Opening {address}")
    policy = PeoplePolicy(request.keyring)
    with open_shop_database(address, request.profile, request.table, policy.apply) as database:
        profile = database.mapping.profile
        request = replace(request, profile=profile, as_of=request.now.date())
        _check_policy(request.conventions.repeated_orders or profile.repeated_orders)

        def read(workspace: Workspace) -> Extract:
            return extract_all(workspace, database, request.progress)

        return build(request, warehouse, read)


def sync(
    request: BuildRequest, address: ShopAddress, warehouse: Engine, *, strict: bool = False
) -> LoadReport:
    """Load what has changed in a shop database since the last sync, and return what that changed.

    Without a profile and a table, the request uses those of the last sync. If nothing has changed,
    nothing is written, and the report has load 0.

    Raises RegularsError, with the warehouse unchanged.
    """
    try:
        with open_update(request, warehouse) as update:
            update = update.with_people()
            # A clock that was set back must not make what the shop has now older than before.
            today = max(update.request.now.date(), update.ledger.latest_date or date.min)
            request = replace(update.request, as_of=today)
            if request.profile is None and request.table is None:
                profile, table = last_synced(update.store, str(address), update.ledger)
                request = replace(request, profile=profile, table=table)
            _check_policy(update.ledger.repeats_policy)
            request.progress(f"Opening {address}")
            with open_shop_database(
                address, request.profile, request.table, request.people_policy.apply
            ) as database:
                request = replace(request, profile=database.mapping.profile)
                return _sync(replace(update, request=request), database, strict=strict)
    except NothingNewError as nothing:
        return nothing.report


def _sync(update: WarehouseUpdate, database: ShopDatabase, *, strict: bool) -> LoadReport:
    store, request, ledger = update.store, update.request, update.ledger
    marks = read_marks(store, database.name, ledger)
    since = covered_until(marks, database.fingerprint())
    known = _known_orders(store, [mark.source_id for mark in marks])
    extract = extract_changes(store, database, known, since, request.progress)
    profile = _profile_as_before(store, database, marks)
    lines, sources = stage_tables(
        store.workspace, [extract.lines], replace(request, profile=profile), ledger.next_source
    )
    [source] = extract.fingerprinted(sources, ledger.next_load)
    read = store.import_rows("stg_synced", extract.synced_orders(source.source_id))
    deleted = store.materialize("stg_deleted", _deleted_orders(extract, source.source_id))
    store.insert("synced_orders", read)
    store.insert("synced_orders", deleted)
    notes = [
        *_other_shops(store, database.name, marks),
        *_changed_mapping(marks, since, database),
        *_changed_columns(marks, database),
        *_many_deleted(store, deleted, known, request.settings.expectations.gone_at_most),
    ]
    reported = read.select("order_id").union(deleted.select("order_id"))
    batch = IncomingBatch(
        lines, [source], sync=SyncBatch(reported, known.select("order_id")), notes=notes
    )
    report = apply_batch(update, batch, strict=strict)
    mark = extract.mark(report.load, source.source_id, since)
    store.insert_rows("sync_marks", schema.LEDGER_COLUMNS["sync_marks"], [mark])
    return report


def _known_orders(store: Store, sources: list[int]) -> "Table":
    """Return the orders the shop had when a sync last reported them, in the columns of ORDERS."""
    synced = store.table("synced_orders")
    ours = synced.filter(synced.source_id.isin(sources or [0]))
    last = ours.source_id.max().over(group_by=ours.shop_order)
    latest = ours.mutate(is_last=ours.source_id == last)
    known = latest.filter(latest.is_last, latest.line_count > 0).select(*ORDERS)
    return store.materialize("stg_shop_known", known)


def _profile_as_before(store: Store, database: ShopDatabase, marks: list[SyncMark]) -> Profile:
    """Return the profile, with the formats of the first sync that had the same fingerprint.

    A few changed rows may not be enough to recognise the formats.
    """
    profile = database.mapping.profile
    fingerprint = database.fingerprint()
    earlier = [mark.source_id for mark in marks if mark.fingerprint == fingerprint]
    if not earlier:
        return profile
    sources = store.table("load_sources")
    [row] = store.fetch(sources.filter(sources.source_id == earlier[0]).select("formats_json"))
    formats = formats_from(json.loads(row["formats_json"]))
    return replace(profile, formats=profile.formats.or_else(formats))


def _deleted_orders(extract: Extract, source_id: int) -> "Table":
    """Return the deleted orders as rows of the table synced_orders, without lines."""
    assert extract.deleted is not None
    nothing = ibis.literal(0, "int64")
    return extract.deleted.mutate(
        source_id=ibis.literal(source_id, "int32"), sales_month=ibis.literal(0, "int32"),
        line_count=nothing, digest=nothing,
    )  # fmt: skip


def _other_shops(store: Store, shop: str, marks: list[SyncMark]) -> list[str]:
    """Return a warning if this is the first sync of a shop, and another shop was synced before."""
    if marks:
        return []
    names = store.fetch(store.table("sync_marks").select("shop").distinct().order_by("shop"))
    others = [row["shop"] for row in names if row["shop"] != shop]
    if not others:
        return []
    return [
        f"This is the first sync of {shop}; earlier syncs read {listed(others)}. If it is the same "
        "shop under another address, orders deleted before this sync stay in the warehouse. If it "
        "is another shop, orders with the same number replace each other."
    ]


def _changed_mapping(
    marks: list[SyncMark], since: Watermarks | None, database: ShopDatabase
) -> list[str]:
    if not marks or since is not None or marks[-1].fingerprint == database.fingerprint():
        return []
    return ["The profile or its columns have changed, so all lines were read again."]


def _changed_columns(marks: list[SyncMark], database: ShopDatabase) -> list[str]:
    """Return a warning for each column that was added or removed since the last sync."""
    if not marks:
        return []
    notes = []
    for table, columns in database.columns.items():
        before = marks[-1].columns.get(table, columns)
        notes += [
            f"{table} has a new column, {name}, which is not read."
            for name in columns
            if name not in before
        ]
        notes += [f"{table} no longer has the column {name}." for name in before
                  if name not in columns]  # fmt: skip
    return notes


def _many_deleted(store: Store, deleted: "Table", known: "Table", expected: float) -> list[str]:
    """Return a warning if the shop has deleted more of its orders than expected."""
    lost, total = (
        store.fetch(rows.aggregate(orders=rows.count()))[0]["orders"] for rows in (deleted, known)
    )
    if not total or lost / total <= expected:
        return []
    return [
        f"{lost:,} of {total:,} orders were deleted from the shop database; expected at most "
        f"{expected:.0%}."
    ]


def _check_policy(policy: str) -> None:
    if policy in ("union", "keep"):
        raise SourceError(
            f'This warehouse has repeated = "{policy}", but a database has only one version of '
            'each order. A sync needs a warehouse with repeated = "replace".'
        )
