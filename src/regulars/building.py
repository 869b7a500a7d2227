"""Building from Python in one call, with the defaults that the command line has."""

from collections.abc import Callable, Sequence
from datetime import datetime
from os import PathLike, fspath

from regulars.config import Settings, load_settings
from regulars.conventions import Conventions
from regulars.engines.places import engine_of
from regulars.ledger import LoadReport
from regulars.pipeline import build as run
from regulars.pipeline import inspect
from regulars.profiles import load_profile
from regulars.staged import Order

Source = str | PathLike[str]


def build(
    *sources: Source,
    warehouse: Source | None = None,
    profile: str | None = None,
    conventions: str = "standard",
    table: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Build a warehouse from files and globs; return what was loaded and what was set aside.

    `warehouse` is a file or an address; without one, what the settings name.

    Raises RegularsError, with the warehouse as it was.
    """
    order = make_order(sources, profile, conventions, table, settings, progress)
    return run(order, engine_of(warehouse or order.settings.warehouse))


def check(
    *sources: Source,
    profile: str | None = None,
    conventions: str = "standard",
    table: str | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Return what a build of these files would load and set aside, writing nothing."""
    return inspect(make_order(sources, profile, conventions, table, settings, progress))


def make_order(
    sources: Sequence[Source],
    profile: str | None = None,
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
        profile=load_profile(profile) if profile else None,
        table=table,
        progress=progress,
    )
