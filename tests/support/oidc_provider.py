"""A small identity provider on this machine that speaks real OpenID Connect."""

import hashlib
import secrets
import socket
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "regulars", "a secret between the two"


@dataclass
class Provider:
    """An identity provider with one signed-in user.

    person   claims about the user
    forged   claims that replace the true ones in the token
    signs    the key it signs with, if not the published one
    """

    issuer: str
    person: dict[str, Any] = field(default_factory=dict)
    forged: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    signs: RSAKey | None = None
    requests: dict[str, dict[str, str]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self.configuration),
            Route("/keys", self.keys),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
        ]

    async def configuration(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
            }
        )

    async def keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.requests[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{back}", 302)

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            query = self.requests.pop(str(form["code"]), None)
            verifier = str(form.get("code_verifier", ""))
        proof = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
        if query is None or proof.rstrip("=") != query["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if request.headers.get("authorization") != _basic():
            return JSONResponse({"error": "invalid_client"}, 401)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(query["nonce"])}
        )

    def signed(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 60,
            "nonce": nonce, **self.person, **self.forged,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs or self.key)


def _basic() -> str:
    return f"Basic {b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider whose user has no claims yet."""
    listener = socket.create_server(("127.0.0.1", 0))
    provider = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}")
    app = Starlette(routes=provider.routes())
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
