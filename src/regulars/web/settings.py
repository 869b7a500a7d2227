"""Settings of the dashboard: the section [dashboard] of `regulars.toml`.

They are separate from the settings of the shop, which a warehouse stores, because they may contain
a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError
from regulars.core.secret import read_secret
from regulars.core.settings import check_settings, read_settings, section
from regulars.web.roles import Role, parse_role

SECRET = "REGULARS_OIDC_CLIENT_SECRET"
_SAFE_ISSUERS = ("https://", "http://localhost:", "http://127.0.0.1:")


@dataclass(frozen=True)
class OidcProvider:
    """An OpenID Connect provider, [dashboard.oidc].

    issuer         the base URL of the provider, without /.well-known/openid-configuration
    client_id      the ID of this dashboard at the provider
    client_secret  the secret of this dashboard; better in REGULARS_OIDC_CLIENT_SECRET
    label          the text of the button after "Log in with"
    groups_claim   the claim that lists a user's groups, for [dashboard.groups]
    trust_email    accept email addresses that the provider has not marked as verified
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    label: str = "your account"
    groups_claim: str = "groups"
    trust_email: bool = False

    @property
    def is_set(self) -> bool:
        """Whether a provider is configured."""
        return bool(self.issuer)


@dataclass(frozen=True)
class DashboardSettings:
    """The settings of the dashboard.

    users_file        the file that `regulars users` manages
    views_file        the file of saved views
    digest_file       the file with the recipients, the day and the thresholds of the digest
    idle_minutes      a session ends after this time without a click
    session_hours     a session ends after this time in any case
    upload_megabytes  the largest file that can be uploaded
    warm_up           compute the first views when the server starts and after each load
    oidc              the OpenID Connect provider; [dashboard.oidc]
    roles             the role by email address, or by @ and a domain; [dashboard.roles]
    groups            the role by group of the provider; [dashboard.groups]
    """

    users_file: str = "regulars-users.toml"
    views_file: str = "regulars-views.json"
    digest_file: str = "regulars-digest.toml"
    idle_minutes: float = 60.0
    session_hours: float = 12.0
    upload_megabytes: int = 200
    warm_up: bool = True
    oidc: OidcProvider = OidcProvider()
    roles: Mapping[str, Role] = field(default_factory=dict)
    groups: Mapping[str, Role] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("idle_minutes", "session_hours", "upload_megabytes"):
            if getattr(self, name) <= 0:
                raise ProfileError(f"[dashboard] {name} must be more than 0.")


def load_dashboard_settings(path: Path = Path("regulars.toml")) -> DashboardSettings:
    """Return the dashboard settings in a file, or the defaults if it has none.

    Raises ProfileError with the file and the setting to fix.
    """
    where = f"{path}, [dashboard"
    values = section(read_settings(path), "dashboard", str(path))
    oidc = _provider(section(values, "oidc", f"{where}]"), f"{where}.oidc]")
    by_name = {
        name: _roles(section(values, name, f"{where}]"), f"{where}.{name}]")
        for name in ("roles", "groups")
    }
    check_settings(values, DashboardSettings, f"{where}]")
    return DashboardSettings(**values, oidc=oidc, **by_name)  # type: ignore[arg-type]


def _provider(values: dict[str, Any], where: str) -> OidcProvider:
    check_settings(values, OidcProvider, where)
    secret = read_secret(SECRET)
    provider = OidcProvider(**values | ({"client_secret": secret} if secret and values else {}))
    missing = [name for name in ("issuer", "client_id") if values and not getattr(provider, name)]
    if missing:
        raise ProfileError(f"{where}: set {' and '.join(missing)}.")
    if provider.is_set and not provider.issuer.startswith(_SAFE_ISSUERS):
        raise ProfileError(f"{where}: issuer must begin with https://.")
    return provider


def _roles(values: Mapping[str, Any], where: str) -> dict[str, Role]:
    return {
        name.casefold(): parse_role(str(value), f"{where} {name}") for name, value in values.items()
    }
