"""Settings of the dashboard: the section [dashboard] of `regulars.toml`.

They are apart from those of the shop, which a warehouse keeps: a secret may be among them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError
from regulars.core.settings import check_settings, read_settings, section
from regulars.web.roles import Role, role

SECRET = "REGULARS_OIDC_CLIENT_SECRET"


@dataclass(frozen=True)
class Provider:
    """A provider of identities (OpenID Connect), [dashboard.oidc].

    issuer         its address, under which /.well-known/openid-configuration is found
    client_id      what it calls this dashboard
    client_secret  what it knows this dashboard by; better in REGULARS_OIDC_CLIENT_SECRET
    label          what the button says after "Sign in with"
    groups_claim   the claim that lists the groups of [dashboard.groups]
    trust_email    believe an address that the provider does not say it has verified
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    label: str = "your account"
    groups_claim: str = "groups"
    trust_email: bool = False

    @property
    def is_set(self) -> bool:
        """Whether there is a provider at all."""
        return bool(self.issuer)


@dataclass(frozen=True)
class Dashboard:
    """What can be set of the dashboard.

    users_file        the file of `regulars users`
    views_file        the file of views that are kept under names
    idle_minutes      a session ends when nothing was clicked for so long
    session_hours     a session ends after so long, whatever was clicked
    upload_megabytes  no file that is dropped on a page may be larger
    warm_up           work out what pages show first when the server starts, and after each load
    oidc              the provider of identities, under [dashboard.oidc]
    roles             who has which role: an address, or @ and a domain; [dashboard.roles]
    groups            which group of the provider has which role; [dashboard.groups]
    """

    users_file: str = "regulars-users.toml"
    views_file: str = "regulars-views.json"
    idle_minutes: float = 60.0
    session_hours: float = 12.0
    upload_megabytes: int = 200
    warm_up: bool = True
    oidc: Provider = Provider()
    roles: Mapping[str, Role] = field(default_factory=dict)
    groups: Mapping[str, Role] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("idle_minutes", "session_hours", "upload_megabytes"):
            if getattr(self, name) <= 0:
                raise ProfileError(f"[dashboard] {name} must be more than 0.")


def load_dashboard(path: Path = Path("regulars.toml")) -> Dashboard:
    """Return the settings of the dashboard in that file, or the defaults where it has none.

    Raises ProfileError that names the file and the line to mend.
    """
    where = f"{path}, [dashboard"
    told = section(read_settings(path), "dashboard", str(path))
    provider = _provider(section(told, "oidc", f"{where}]"), f"{where}.oidc]")
    by = {
        name: _roles(section(told, name, f"{where}]"), f"{where}.{name}]")
        for name in ("roles", "groups")
    }
    check_settings(told, Dashboard, f"{where}]")
    return Dashboard(**told, oidc=provider, **by)  # type: ignore[arg-type]


def _provider(told: dict[str, Any], where: str) -> Provider:
    check_settings(told, Provider, where)
    secret = os.environ.get(SECRET)
    provider = Provider(**told | ({"client_secret": secret} if secret and told else {}))
    missing = [name for name in ("issuer", "client_id") if told and not getattr(provider, name)]
    if missing:
        raise ProfileError(f"{where}: {' and '.join(missing)} must be given.")
    if provider.is_set and not _is_safe(provider.issuer):
        raise ProfileError(f"{where}: issuer must begin with https://.")
    return provider


def _is_safe(issuer: str) -> bool:
    """Whether what it says cannot be changed on the way."""
    return issuer.startswith(("https://", "http://localhost:", "http://127.0.0.1:"))


def _roles(told: Mapping[str, Any], where: str) -> dict[str, Role]:
    return {name.casefold(): role(str(value), f"{where} {name}") for name, value in told.items()}
