"""The context that the server shares with the dashboard script, which runs in the same process."""

from dataclasses import dataclass

from regulars.core.settings import Settings


@dataclass(frozen=True)
class AppContext:
    """What the server serves, and how.

    warehouse       the address of the warehouse, which may not exist yet
    settings        the settings of the shop, from regulars.toml
    base_path       the prefix of every path, such as /shop; empty at the root
    requires_login  whether users log in; without login, everyone on this machine is an admin
    views_file      the file of saved views
    digest_file     the settings of the digest
    """

    warehouse: str
    settings: Settings
    base_path: str = ""
    requires_login: bool = False
    views_file: str = "regulars-views.json"
    digest_file: str = "regulars-digest.toml"


_current: list[AppContext] = []


def set_app_context(context: AppContext) -> None:
    """Set the context for all scripts in this process."""
    _current[:] = [context]


def app_context() -> AppContext:
    """Return the context of this server.

    Raises RuntimeError outside a server.
    """
    if not _current:
        raise RuntimeError("The dashboard is not running. Start it with `regulars dashboard`.")
    return _current[0]
