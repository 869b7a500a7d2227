"""What the server tells the script that it runs in the same process."""

from dataclasses import dataclass

from regulars.core.settings import Settings


@dataclass(frozen=True)
class Served:
    """What is being served, and how.

    warehouse     the address of the warehouse, as it was named; there may be none there
    settings      the settings of the shop, from regulars.toml
    base_path     what stands before every path, such as /shop; empty at the root
    is_guarded    whether visitors log in: if not, whoever is at this machine is the admin
    views_file    the file of views that are kept under names
    """

    warehouse: str
    settings: Settings
    base_path: str = ""
    is_guarded: bool = False
    views_file: str = "regulars-views.json"


_now: list[Served] = []


def serve_this(what: Served) -> None:
    """Tell the script what is served from now on."""
    _now[:] = [what]


def served() -> Served:
    """Return what is served.

    Raises RuntimeError outside a server.
    """
    if not _now:
        raise RuntimeError("Nothing is being served: start the dashboard by `regulars dashboard`.")
    return _now[0]
