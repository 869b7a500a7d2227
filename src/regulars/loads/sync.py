"""The story of a sync: what a shop's database says since the last time, loaded as any source is.

A database says each order once, so the latest that it said holds; an order it no longer has is
withdrawn, and its lines are set aside. How far a sync has read is written down with its load, in
one transaction, and goes with it when the load is taken back.
"""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from regulars.core import schema
from regulars.core.errors import SourceError, listed
from regulars.engines.protocols import Engine, Store, Workspace
from regulars.loads.build import build
from regulars.loads.compare import IncomingBatch, SyncBatch
from regulars.loads.load import NothingNewError, take_in
from regulars.loads.people import with_people_policy
from regulars.loads.report import LoadReport
from regulars.loads.request import BuildRequest
from regulars.loads.resolve_orders import as_built, open_ledger
from regulars.loads.stage import stage_tables
from regulars.loads.sync_marks import Mark, covered, marks_of, way_of_last_sync
from regulars.loads.sync_read import ORDERS, Extract, extract_all, extract_changes
from regulars.sources.databases.address import ShopAddress
from regulars.sources.databases.shop_database import Moments, ShopDatabase, opened
from regulars.sources.profiles.profile import Formats, Profile
from regulars.warehouse.ledger import Ledger
from regulars.warehouse.people.policy import PeoplePolicy

if TYPE_CHECKING:
    from ibis.expr.types import Table


def first_sync(request: BuildRequest, address: ShopAddress, warehouse: Engine) -> LoadReport:
    """Build a warehouse from a shop's database, and return what was loaded.

    Raises RegularsError; what was there is then as it was.
    """
    request.progress(f"Opening {address}")
    people_policy = PeoplePolicy(request.keyring)
    with opened(address, request.profile, request.table, people_policy.applied) as database:
        mapped = database.mapping.profile
        request = replace(request, profile=mapped)
        _check_policy(request.conventions.repeated_orders or mapped.repeated_orders)

        def read(shop: Workspace) -> Extract:
            return extract_all(shop, database, request.progress)

        return build(request, warehouse, read)


def sync(
    request: BuildRequest, address: ShopAddress, warehouse: Engine, *, strict: bool = False
) -> LoadReport:
    """Load what has changed in a shop's database since the last sync, and return it.

    An order that tells neither profile nor table goes on with those of the last sync. Where nothing
    has changed, nothing is written, and the load of the report is 0.

    Raises RegularsError; the warehouse is then as it was.
    """
    try:
        with warehouse.changing(memory_limit=request.settings.memory_limit) as store:
            ledger = open_ledger(store, warehouse)
            request = with_people_policy(store, as_built(request, ledger))
            if request.profile is None and request.table is None:
                profile, table = way_of_last_sync(store, str(address), ledger)
                request = replace(request, profile=profile, table=table)
            people_policy = request.people_policy or PeoplePolicy(request.keyring)
            _check_policy(ledger.policy)
            request.progress(f"Opening {address}")
            with opened(address, request.profile, request.table, people_policy.applied) as database:
                request = replace(request, profile=database.mapping.profile)
                return _synced(store, database, ledger, request, warehouse, strict=strict)
    except NothingNewError as nothing:
        return nothing.report


def _synced(
    store: Store,
    database: ShopDatabase,
    ledger: Ledger,
    request: BuildRequest,
    warehouse: Engine,
    *,
    strict: bool,
) -> LoadReport:
    marks = marks_of(store, database.name, ledger)
    since = covered(marks, database.says())
    known = _known_orders(store, [mark.source_id for mark in marks])
    found = extract_changes(store, database, known, since, request.progress)
    told = replace(request, profile=_reading_as_before(store, database, marks))
    lines, staged_sources = stage_tables(store.workspace, [found.lines], told, ledger.next_source)
    [source] = found.fingerprinted(staged_sources, ledger.next_load)
    gone = store.materialize("stg_gone", _withdrawn(found, source.source_id))
    read = store.import_rows("stg_told", found.told_by(source.source_id))
    store.add("synced_orders", read)
    store.add("synced_orders", gone)
    notes = [
        *_other_shops(store, database.name, marks),
        *_read_otherwise(marks, since, database),
        *_changed_columns(marks, database),
        *_many_gone(store, gone, known, request.settings.expectations.gone_at_most),
    ]
    all_told = read.select("order_id").union(gone.select("order_id"))
    said = SyncBatch(all_told, known.select("order_id"))
    batch = IncomingBatch(lines, [source], sync=said, notes=notes)
    report = take_in(store, batch, ledger, request, warehouse, strict=strict)
    mark = found.mark(report.load, source.source_id, since)
    store.append("sync_marks", schema.LEDGER_COLUMNS["sync_marks"], [mark])
    return report


def _reading_as_before(store: Store, database: ShopDatabase, marks: list[Mark]) -> Profile:
    """Return the profile with what it leaves open decided as at the first sync that read so.

    A few rows can show less of how dates are written than all of them did.
    """
    profile = database.mapping.profile
    alike = [mark.source_id for mark in marks if mark.says == database.says()]
    if not alike:
        return profile
    sources = store.table("load_sources")
    [row] = store.fetch(sources.filter(sources.source_id == alike[0]).select("reading"))
    return profile.reading(Formats(**json.loads(row["reading"])))


def _known_orders(store: Store, sources: list[int]) -> "Table":
    """Return the orders that the last sync to say so found, in the columns of ORDERS."""
    told = store.table("synced_orders")
    ours = told.filter(told.source_id.isin(sources or [0]))
    last = ours.source_id.max().over(group_by=ours.shop_order)
    latest = ours.mutate(is_last=ours.source_id == last)
    known = latest.filter(latest.is_last, latest.line_count > 0).select(*ORDERS)
    return store.materialize("stg_shop_known", known)


def _withdrawn(found: Extract, source_id: int) -> "Table":
    """Return the orders that are gone as a sync writes them down: with no line."""
    assert found.gone is not None
    nothing = ibis.literal(0, "int64")
    return found.gone.mutate(
        source_id=ibis.literal(source_id, "int32"), sales_month=ibis.literal(0, "int32"),
        line_count=nothing, digest=nothing,
    )  # fmt: skip


def _other_shops(store: Store, shop: str, marks: list[Mark]) -> list[str]:
    """Return a warning where a database is synced for the first time beside another."""
    if marks:
        return []
    names = store.fetch(store.table("sync_marks").select("shop").distinct().order_by("shop"))
    others = [row["shop"] for row in names if row["shop"] != shop]
    return [
        f"{shop} was never synced; {listed(others)} was. If it is the same one under another name, "
        "what was deleted before is not noticed; if it is another, orders of the same number take "
        "each other's place."
    ] if others else []  # fmt: skip


def _read_otherwise(marks: list[Mark], since: Moments | None, database: ShopDatabase) -> list[str]:
    if not marks or since is not None or marks[-1].says == database.says():
        return []
    return ["The profile reads the shop otherwise than before, so every line was read again."]


def _many_gone(store: Store, gone: "Table", known: "Table", expected: float) -> list[str]:
    """Return a warning where the shop has lost more of its orders than is expected."""
    counts = [
        store.fetch(rows.aggregate(orders=rows.count()))[0]["orders"] for rows in (gone, known)
    ]
    lost, of = counts
    if not of or lost / of <= expected:
        return []
    return [
        f"{lost:,} of {of:,} orders are gone from the shop's database; expected is at most "
        f"{expected:.0%}."
    ]


def _changed_columns(marks: list[Mark], database: ShopDatabase) -> list[str]:
    """Return what is to be said of columns that came or went since the last sync."""
    if not marks:
        return []
    before = marks[-1].columns
    notes = []
    for table, columns in database.columns.items():
        was = before.get(table, columns)
        notes += [
            f"{table} has a new column, {name}, which is not read."
            for name in columns
            if name not in was
        ]
        notes += [f"{table} has no column {name} any more." for name in was if name not in columns]
    return notes


def _check_policy(policy: str) -> None:
    if policy in ("union", "keep"):
        raise SourceError(
            f'Orders that come again are kept under "{policy}" here, but a database says each '
            'order once: only a warehouse that goes by repeated = "replace" can be synced.'
        )
