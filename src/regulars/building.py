"""Building from Python in one call, with the defaults that the command line has."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from os import PathLike, fspath
from pathlib import Path

from regulars import loads, replaying, syncing, undoing
from regulars.config import Settings, load_settings
from regulars.conventions import Conventions
from regulars.engines.places import engine_of
from regulars.load_report import LoadReport
from regulars.pipeline import build as run
from regulars.pipeline import inspect
from regulars.profiles import Profile, load_profile
from regulars.sources.database.address import shop_address
from regulars.staged import Order

Source = str | PathLike[str]


def build(
    *sources: Source,
    warehouse: Source | None = None,
    profile: str | Profile | None = None,
    conventions: str = "standard",
    table: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Build a warehouse from files and globs; return what was loaded and what was set aside.

    `warehouse` is a file or an address; without one, what the settings name.

    Raises RegularsError, with the warehouse as it was.
    """
    order = _read_as_set(make_order(sources, profile, conventions, table, settings, progress))
    return run(order, engine_of(warehouse or order.settings.warehouse))


def check(
    *sources: Source,
    profile: str | Profile | None = None,
    conventions: str = "standard",
    table: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Return what a build of these files would load and set aside, writing nothing."""
    return inspect(
        _read_as_set(make_order(sources, profile, conventions, table, settings, progress))
    )


def columns_in(*sources: Source, settings: Settings | None = None) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in files and globs, by its name: of sales or not.

    Raises SourceError for what holds no table.
    """
    from regulars.engines.duckdb_workshop import workshop
    from regulars.sources import columns_in

    with workshop(memory_limit=(settings or load_settings()).memory_limit) as shop:
        return columns_in(shop.con, sources, workdir=shop.folder)


def load(
    *sources: Source,
    warehouse: Source | None = None,
    profile: str | Profile | None = None,
    table: str | None = None,
    strict: bool = False,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load files and globs into a warehouse that is there; return what they changed.

    An order that comes again replaces what was there of it; what is there already changes nothing.
    A load that is not as expected has warnings; if `strict`, it is refused.

    Raises RegularsError, with the warehouse as it was.
    """
    order = _read_as_set(
        make_order(sources, profile, table=table, settings=settings, progress=progress)
    )
    place = engine_of(warehouse or order.settings.warehouse)
    return loads.load(order, place, strict=strict)


def sync(
    shop: str,
    *,
    warehouse: Source | None = None,
    profile: str | None = None,
    table: str | None = None,
    strict: bool = False,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load what has changed in a shop's live database; return what that changed.

    `shop` is its address. The first sync builds the warehouse, if there is none. Where neither
    profile nor table is told, it goes on with those of the last sync. Where nothing has changed,
    nothing is written, and the load of the report is 0.

    Raises RegularsError, with the warehouse as it was.
    """
    order = _read_as_set(make_order((), profile, table=table, settings=settings, progress=progress))
    place = engine_of(warehouse or order.settings.warehouse)
    address = shop_address(shop)
    if place.is_there():
        return syncing.sync(order, address, place, strict=strict)
    return syncing.first_sync(order, address, place)


def undo(
    load: int,
    *,
    warehouse: Source | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Take a load back, by its number in `regulars loads`; return what that changed.

    Raises RegularsError, with the warehouse as it was.
    """
    order = make_order((), settings=settings, progress=progress)
    return undoing.undo(load, order, engine_of(warehouse or order.settings.warehouse))


def replay(
    mended: Source | None = None,
    *,
    warehouse: Source | None = None,
    profile: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Take in the quarantined rows that pass by now; return what that changed.

    `mended` is a file of rows from the quarantine with their cells put right. Without it all rows
    are tried as they stood, under `profile` or the one they were read by.

    Raises RegularsError, with the warehouse as it was.
    """
    order = make_order((), profile, settings=settings, progress=progress)
    rows = None if mended is None else Path(mended)
    return replaying.replay(order, engine_of(warehouse or order.settings.warehouse), rows)


def _read_as_set(order: Order) -> Order:
    """Return an order that reads by the profile of the settings where none is told."""
    if order.profile is not None or not order.settings.profile:
        return order
    return replace(order, profile=load_profile(order.settings.profile))


def make_order(
    sources: Sequence[Source],
    profile: str | Profile | None = None,
    conventions: str = "standard",
    table: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Order:
    """Return the order for a build, its names looked up and its settings read."""
    return Order(
        sources=[fspath(source) for source in sources],
        conventions=Conventions.named(conventions),
        settings=settings or load_settings(),
        now=datetime.now(),
        profile=load_profile(profile) if isinstance(profile, str) else profile,
        table=table,
        progress=progress,
    )
