"""Login at an OpenID Connect provider: Authlib's code flow with PKCE.

It ends in a session of our own, so that one login middleware covers all users.
"""

import logging
from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.starlette_client import OAuth
from httpx2 import HTTPError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regulars.web.auth.access import LoginAccess
from regulars.web.auth.login import LoginPages
from regulars.web.http_request import client_address, own_origin, safe_redirect
from regulars.web.settings import OidcProvider

_log = logging.getLogger(__name__)

FAILED = "Login failed. Try again."
UNREACHABLE = "The identity provider cannot be reached. Try again later."
NO_ROLE = "Your account has no role in this dashboard. Ask an admin for access."


class OidcLogin:
    """Login at the provider."""

    def __init__(self, access: LoginAccess, login: LoginPages, base: str) -> None:
        """Register the provider, without contacting it yet."""
        self._access, self._login, self._base = access, login, base
        self._client = _client(access.provider)

    def routes(self) -> list[Route]:
        """Return the routes that lead to the provider and back."""
        return [
            Route(f"{self._base}/oidc/login", self.redirect, methods=["GET"]),
            Route(f"{self._base}/oidc/callback", self.callback, methods=["GET"]),
        ]

    async def redirect(self, request: Request) -> Response:
        """Redirect to the provider."""
        target = safe_redirect(request.query_params.get("next", ""), self._base)
        request.session.clear()
        request.session["next"] = target
        callback = f"{own_origin(request)}{self._base}/oidc/callback"
        try:
            response: Response = await self._client.authorize_redirect(request, callback)
        except (HTTPError, OAuthError, RuntimeError, ValueError) as error:
            _log.warning("The identity provider cannot be reached: %s", error)
            return self._login.page(request, target, error=UNREACHABLE, status=502)
        return response

    async def callback(self, request: Request) -> Response:
        """Start a session if the provider confirms the user and they have a role."""
        target = safe_redirect(str(request.session.pop("next", "")), self._base)
        try:
            token = await self._client.authorize_access_token(request)
        except (HTTPError, OAuthError, JoseError, RuntimeError, ValueError, KeyError) as error:
            _log.warning("Login at the identity provider failed: %s", error)
            return self._login.page(request, target, error=FAILED, status=403)
        claims, provider = token.get("userinfo") or {}, self._access.provider
        role = self._access.role_of(email(claims, provider), groups(claims, provider))
        if role is None:
            return self._login.page(request, target, error=NO_ROLE, status=403)
        user = name(claims, provider)
        _log.info("%r logged in from %s as %s", user, client_address(request), role.value)
        return self._login.start_session(
            request, self._access.log_in_from_provider(user, role), target
        )


def email(claims: Mapping[str, Any], provider: OidcProvider) -> str | None:
    """Return the email address that the provider has verified, if any."""
    address = claims.get("email")
    is_verified = claims.get("email_verified") is True or provider.trust_email
    return address if isinstance(address, str) and "@" in address and is_verified else None


def groups(claims: Mapping[str, Any], provider: OidcProvider) -> list[str]:
    """Return the groups that the provider lists."""
    listed = claims.get(provider.groups_claim)
    listed = [listed] if isinstance(listed, str) else listed
    if not isinstance(listed, list):
        return []
    return [group for group in listed if isinstance(group, str)]


def name(claims: Mapping[str, Any], provider: OidcProvider) -> str:
    """Return the name of the user: their verified email address, else their user name or ID."""
    user_name = claims.get("preferred_username")
    if isinstance(user_name, str) and "@" in user_name:  # an unverified email address
        user_name = None
    return str(email(claims, provider) or user_name or claims["sub"])


def _client(provider: OidcProvider) -> Any:
    url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    return OAuth().register(
        "provider",
        server_metadata_url=url,
        client_id=provider.client_id,
        client_secret=provider.client_secret or None,
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )
