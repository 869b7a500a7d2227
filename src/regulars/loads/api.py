"""The Python API for everything that changes a warehouse, with the defaults of the command line.

The ledger records the author of each load, by default the operating system's user name.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.loads.build import build as run_build
from regulars.loads.build import inspect
from regulars.loads.forget import Forgotten
from regulars.loads.forget import forget as run_forget
from regulars.loads.load import load as run_load
from regulars.loads.replay import check_replay as run_check
from regulars.loads.replay import replay as run_replay
from regulars.loads.report import LoadReport
from regulars.loads.request import Source, make_request, with_default_profile
from regulars.loads.sync import first_sync
from regulars.loads.sync import sync as run_sync
from regulars.loads.undo import undo as run_undo
from regulars.privacy.export import export_customer as read_customer
from regulars.sources.databases.address import parse_shop_address
from regulars.sources.profiles.profile import Profile


def build(
    *sources: Source,
    warehouse: Source | None = None,
    profile: str | Profile | None = None,
    conventions: str = "standard",
    table: str | None = None,
    as_of: date | str | None = None,
    settings: Settings | None = None,
    author: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Build a warehouse from files and globs, and return what was loaded and quarantined.

    `warehouse` is a file or an address. The default is the one in the settings. `as_of` is the
    business date of the files: see `load`.

    Raises RegularsError, with an existing warehouse unchanged.
    """
    request = with_default_profile(
        make_request(
            sources, profile=profile, conventions=conventions, table=table, as_of=as_of,
            settings=settings, author=author, progress=progress,
        )
    )  # fmt: skip
    return run_build(request, engine_of(warehouse or request.settings.warehouse))


def check(
    *sources: Source,
    profile: str | Profile | None = None,
    conventions: str = "standard",
    table: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Return what a build from these files would load and quarantine, without writing anything."""
    request = make_request(
        sources, profile=profile, conventions=conventions, table=table, settings=settings,
        progress=progress,
    )  # fmt: skip
    return inspect(with_default_profile(request))


def columns_in(
    *sources: Source, profile: Profile | None = None, settings: Settings | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in files and globs, by table name, sales or not.

    Of a profile, only what it says about the file counts, such as the row of the header.

    Raises SourceError for a file without a table.
    """
    from regulars.engines.duckdb.workspace import open_workspace
    from regulars.sources.open import columns_in

    request = with_default_profile(make_request(sources, profile=profile, settings=settings))
    with open_workspace(memory_limit=request.settings.memory_limit) as workspace:
        return columns_in(workspace.con, sources, file=request.file, workdir=workspace.folder)


def load(
    *sources: Source,
    warehouse: Source | None = None,
    profile: str | Profile | None = None,
    table: str | None = None,
    strict: bool = False,
    as_of: date | str | None = None,
    settings: Settings | None = None,
    author: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load files and globs into an existing warehouse, and return what they changed.

    An order that arrives again replaces the version in the warehouse, unless that has a later
    business date. `as_of` is the business date of the files: the day they are from. Without it,
    they count as newer than everything loaded so far. Content that the warehouse
    already has changes nothing. The report warns about unmet expectations; if `strict`, the load
    is refused instead.

    Raises RegularsError, with the warehouse unchanged.
    """
    request = with_default_profile(
        make_request(
            sources, profile=profile, table=table, as_of=as_of, settings=settings, author=author,
            progress=progress,
        )
    )  # fmt: skip
    engine = engine_of(warehouse or request.settings.warehouse)
    return run_load(request, engine, strict=strict)


def sync(
    shop: str,
    *,
    warehouse: Source | None = None,
    profile: str | None = None,
    table: str | None = None,
    strict: bool = False,
    settings: Settings | None = None,
    author: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load what has changed in a shop's live database, and return what that changed.

    `shop` is the address of the database. The first sync builds the warehouse if there is none.
    Without `profile` and `table`, a sync uses those of the last one. If nothing has changed,
    nothing is written, and the report has load 0.

    Raises RegularsError, with the warehouse unchanged.
    """
    request = with_default_profile(
        make_request(
            profile=profile, table=table, settings=settings, author=author, progress=progress
        )
    )
    engine = engine_of(warehouse or request.settings.warehouse)
    address = parse_shop_address(shop)
    if engine.exists():
        return run_sync(request, address, engine, strict=strict)
    return first_sync(request, address, engine)


def undo(
    load: int,
    *,
    warehouse: Source | None = None,
    settings: Settings | None = None,
    author: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Undo a load, by its number in `regulars loads`, and return what that changed.

    Raises RegularsError, with the warehouse unchanged.
    """
    request = make_request(settings=settings, author=author, progress=progress)
    return run_undo(load, request, engine_of(warehouse or request.settings.warehouse))


def replay(
    corrected: Source | Sequence[Mapping[str, Any]] | None = None,
    *,
    warehouse: Source | None = None,
    profile: str | None = None,
    settings: Settings | None = None,
    author: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load the quarantined rows that now pass, and return what that changed.

    `corrected` is a file of quarantined rows with corrected cells, or its rows. Without it, all
    rows are replayed as they are, under `profile` or the one they were read with.

    Raises RegularsError, with the warehouse unchanged.
    """
    request = make_request(profile=profile, settings=settings, author=author, progress=progress)
    rows = Path(corrected) if isinstance(corrected, str | PathLike) else corrected
    return run_replay(request, engine_of(warehouse or request.settings.warehouse), rows)


def check_replay(
    corrected: Sequence[Mapping[str, Any]],
    *,
    warehouse: Source | None = None,
    settings: Settings | None = None,
) -> LoadReport:
    """Return what a replay of corrected rows would change, without changing anything."""
    request = make_request(settings=settings)
    return run_check(request, engine_of(warehouse or request.settings.warehouse), corrected)


def forget(
    customer: str,
    *,
    warehouse: Source | None = None,
    settings: Settings | None = None,
    author: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Forgotten:
    """Erase a customer from a warehouse, check that nothing is left, and return what changed.

    `customer` is their customer_id in the shop. Their sales count as those of a guest from now on,
    including in later loads.

    Raises RegularsError, with the warehouse unchanged.
    """
    request = make_request(settings=settings, author=author, progress=progress)
    return run_forget(customer, request, engine_of(warehouse or request.settings.warehouse))


def export_customer(
    customer: str, *, warehouse: Source | None = None, settings: Settings | None = None
) -> dict[str, Any]:
    """Return everything that a warehouse holds about a customer.

    Keys: customer_id, pseudonym, and lists of rows: people, customer, orders, lines,
    superseded_lines, quarantined, segments, lists.

    Raises RegularsError, for example if the warehouse holds nothing about them.
    """
    location = fspath(warehouse) if warehouse else None
    return read_customer(customer, location, settings or load_settings()).as_dict()
