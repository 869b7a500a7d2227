"""Building from Python in one call, with the defaults that the command line has."""

from collections.abc import Callable
from os import fspath
from pathlib import Path
from typing import Any

from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.loads.build import build as run_build
from regulars.loads.build import inspect
from regulars.loads.forget import Forgotten
from regulars.loads.forget import forget as run_forget
from regulars.loads.load import load as run_load
from regulars.loads.replay import replay as run_replay
from regulars.loads.report import LoadReport
from regulars.loads.request import Source, make_request, with_default_profile
from regulars.loads.sync import first_sync
from regulars.loads.sync import sync as run_sync
from regulars.loads.undo import undo as run_undo
from regulars.privacy.export import export_customer as read_customer
from regulars.sources.databases.address import shop_address
from regulars.sources.profiles.profile import Profile


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
    request = with_default_profile(
        make_request(sources, profile, conventions, table, settings, progress)
    )
    return run_build(request, engine_of(warehouse or request.settings.warehouse))


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
        with_default_profile(make_request(sources, profile, conventions, table, settings, progress))
    )


def columns_in(*sources: Source, settings: Settings | None = None) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in files and globs, by its name: of sales or not.

    Raises SourceError for what holds no table.
    """
    from regulars.engines.duckdb.workspace import open_workspace
    from regulars.sources.open import columns_in

    with open_workspace(memory_limit=(settings or load_settings()).memory_limit) as shop:
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
    request = with_default_profile(
        make_request(sources, profile, table=table, settings=settings, progress=progress)
    )
    place = engine_of(warehouse or request.settings.warehouse)
    return run_load(request, place, strict=strict)


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
    request = with_default_profile(
        make_request((), profile, table=table, settings=settings, progress=progress)
    )
    place = engine_of(warehouse or request.settings.warehouse)
    address = shop_address(shop)
    if place.is_there():
        return run_sync(request, address, place, strict=strict)
    return first_sync(request, address, place)


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
    request = make_request((), settings=settings, progress=progress)
    return run_undo(load, request, engine_of(warehouse or request.settings.warehouse))


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
    request = make_request((), profile, settings=settings, progress=progress)
    rows = None if mended is None else Path(mended)
    return run_replay(request, engine_of(warehouse or request.settings.warehouse), rows)


def forget(
    customer: str,
    *,
    warehouse: Source | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Forgotten:
    """Erase a customer from a warehouse, and prove it; return what that changed.

    `customer` is the number by which the shop knows them. Their sales stay as those of a guest;
    later loads do not bring them back.

    Raises RegularsError, with the warehouse as it was.
    """
    request = make_request((), settings=settings, progress=progress)
    place = engine_of(warehouse or request.settings.warehouse)
    return run_forget(customer, request, place)


def export_customer(
    customer: str, *, warehouse: Source | None = None, settings: Settings | None = None
) -> dict[str, Any]:
    """Return all that a warehouse holds of a customer.

    Keys: customer_id, pseudonym, and lists of rows: people, customer, orders, lines,
    superseded_lines, quarantined, segments, lists.

    Raises RegularsError, such as where nothing is held of them.
    """
    place = fspath(warehouse) if warehouse else None
    found = read_customer(customer, place, settings or load_settings())
    return found.as_dict()
