"""Signing in at a provider of identities: OpenID Connect's code flow, with PKCE, by Authlib.

Its end is a session of ours, so that one gate holds for everybody.
"""

import logging
from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.starlette_client import OAuth
from httpx import HTTPError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regulars.web.auth.access import GuardedDoor
from regulars.web.auth.login import Login
from regulars.web.request import Asked, within
from regulars.web.settings import Provider

_log = logging.getLogger(__name__)

FAILED = "Signing in did not work. Please try again."
UNREACHABLE = "The provider cannot be reached at the moment. Please try again later."
NO_ROLE = "You are known there, but nobody has given you a role here. Ask who runs this dashboard."


class Provided:
    """Those whom a provider vouches for."""

    def __init__(self, door: GuardedDoor, login: Login, base: str) -> None:
        """Let them in by this door; the provider is asked when the first one comes."""
        self._door, self._login, self._base = door, login, base
        self._client = _client(door.provider)

    def routes(self) -> list[Route]:
        """Return where people are sent to the provider, and where it sends them back to."""
        return [
            Route(f"{self._base}/oidc/login", self.leave, methods=["GET"]),
            Route(f"{self._base}/oidc/callback", self.come_back, methods=["GET"]),
        ]

    async def leave(self, request: Request) -> Response:
        """Send somebody to the provider."""
        after = within(request.query_params.get("next", ""), self._base)
        request.session.clear()
        request.session["next"] = after
        back = f"{Asked(request.scope).origin}{self._base}/oidc/callback"
        try:
            answer: Response = await self._client.authorize_redirect(request, back)
        except (HTTPError, OAuthError, RuntimeError, ValueError) as error:
            _log.warning("The provider cannot be asked: %s", error)
            return self._login.page(request, after, wrong=UNREACHABLE, status=502)
        return answer

    async def come_back(self, request: Request) -> Response:
        """Let in whom the provider names, if they have a role."""
        after = within(str(request.session.pop("next", "")), self._base)
        try:
            told = await self._client.authorize_access_token(request)
        except (HTTPError, OAuthError, JoseError, RuntimeError, ValueError, KeyError) as error:
            _log.warning("Somebody could not sign in: %s", error)
            return self._login.page(request, after, wrong=FAILED, status=403)
        claims = told.get("userinfo") or {}
        role = self._door.role_of(
            email(claims, self._door.provider), groups(claims, self._door.provider)
        )
        if role is None:
            return self._login.page(request, after, wrong=NO_ROLE, status=403)
        called = name(claims, self._door.provider)
        word, asked = self._door.admit(called, role), Asked(request.scope)
        _log.info("%r signed in from %s as %s", called, asked.address, role.value)
        return self._login.enter(asked, word, after)


def email(claims: Mapping[str, Any], provider: Provider) -> str | None:
    """Return the address that the provider has verified, if it names one."""
    address = claims.get("email")
    is_known = claims.get("email_verified") is True or provider.trust_email
    return address if isinstance(address, str) and "@" in address and is_known else None


def groups(claims: Mapping[str, Any], provider: Provider) -> list[str]:
    """Return the groups that the provider names."""
    told = claims.get(provider.groups_claim)
    told = [told] if isinstance(told, str) else told
    return [group for group in told if isinstance(group, str)] if isinstance(told, list) else []


def name(claims: Mapping[str, Any], provider: Provider) -> str:
    """Return what somebody is called here: their verified address, or what the provider says."""
    told = claims.get("preferred_username")
    if isinstance(told, str) and "@" in told:  # that would be an address nobody has verified
        told = None
    return str(email(claims, provider) or told or claims["sub"])


def _client(provider: Provider) -> Any:
    found = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    return OAuth().register(
        "provider",
        server_metadata_url=found,
        client_id=provider.client_id,
        client_secret=provider.client_secret or None,
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )
