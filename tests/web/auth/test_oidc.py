"""Login at a real OpenID Connect provider: which of its claims are accepted."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from joserfc.jwk import RSAKey
from websockets.exceptions import InvalidStatus

from support.dashboard_server import (
    DashboardProcess,
    WebClient,
    rerun_until,
    run_server,
    write_users,
)
from support.oidc_provider import SECRET, Provider, running_provider

SETTINGS = """
[dashboard.oidc]
issuer = "{issuer}"
client_id = "regulars"
label = "the shop's account"
groups_claim = "teams"
[dashboard.roles]
"ann@shop.example" = "admin"
"@shop.example" = "viewer"
[dashboard.groups]
marketing = "exporter"
"""
ANN = {"email": "Ann@shop.example", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as server:
        yield server


@pytest.fixture(scope="module")
def oidc_dashboard(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardProcess]:
    """A dashboard with a provider and a users file."""
    folder = tmp_path_factory.mktemp("oidc")
    (folder / "regulars.toml").write_text(SETTINGS.format(issuer=provider.issuer))
    write_users(folder, vera="viewer")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REGULARS_OIDC_CLIENT_SECRET", SECRET)
        with run_server(folder) as server:
            yield server


@pytest.fixture
def client(oidc_dashboard: DashboardProcess, provider: Provider) -> WebClient:
    provider.person, provider.forged, provider.signs = {}, {}, None
    return WebClient(oidc_dashboard.address)


def log_in_at_provider(client: WebClient, path: str = "oidc/login?next=/sales") -> Response:
    """Follow the redirects to the provider and back; return the last response."""
    to_provider = client.http.get(path)
    assert to_provider.status_code == 302
    back = client.http.get(to_provider.headers["location"])
    return client.http.get(back.headers["location"])


def refused(client: WebClient, message: str) -> None:
    response = log_in_at_provider(client)
    assert (response.status_code, message in response.text) == (403, True), response.text
    assert "regulars_session" not in client.http.cookies
    with pytest.raises(InvalidStatus), client.stream():
        pass


def test_login_page_has_the_form_and_the_provider_button(client: WebClient) -> None:
    form = client.page("login?next=/sales").text
    assert "Log in with the shop&#x27;s account" in form
    assert 'href="/oidc/login?next=%2Fsales"' in form
    assert 'name="password"' in form


@pytest.mark.parametrize(
    ("person", "name", "role"),
    [
        (ANN, "Ann@shop.example", "admin"),
        ({"email": "bo@shop.example", "email_verified": True}, "bo@shop.example", "viewer"),
        ({"preferred_username": "cy", "teams": ["it", "marketing"]}, "cy", "exporter"),
        ({**ANN, "email": "bo@shop.example", "teams": "Marketing"}, "bo@shop.example", "exporter"),
        ({"teams": ["marketing"], "preferred_username": "Zoë <b>"}, "Zoë <b>", "exporter"),
        # An unverified email address is not a name: anyone could claim to be the boss.
        (
            {"teams": ["marketing"], "preferred_username": "boss@shop.example", "sub": "7c1"},
            "7c1",
            "exporter",
        ),
    ],
)
def test_user_gets_the_highest_role_of_their_claims(
    client: WebClient, provider: Provider, person: dict[str, Any], name: str, role: str
) -> None:
    provider.person = person
    response = log_in_at_provider(client)
    assert (response.status_code, response.headers["location"]) == (303, "/sales")
    with client.stream() as stream:
        assert f", {role}, of".encode() in rerun_until(stream, f"User {name}")


@pytest.mark.parametrize(
    "person",
    [
        {},
        {"email": "eve@evil.example", "email_verified": True},
        {"email": "eve@shop.example.evil.example", "email_verified": True},
        {"email": "ann@shop.example", "email_verified": False},
        {"email": "ann@shop.example", "email_verified": "true"},
        {"email": "ann@shop.example"},
        {"teams": ["admin", "ann@shop.example"]},
        {"teams": [["marketing"], None, 3]},
        {"email": ["ann@shop.example"], "email_verified": True},
    ],
)
def test_user_without_a_role_is_refused(
    client: WebClient, provider: Provider, person: dict[str, Any]
) -> None:
    provider.person = person
    refused(client, "Your account has no role")


@pytest.mark.parametrize(
    "forged",
    [
        {"nonce": "another"},
        {"aud": "another dashboard"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 600},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_token_for_another_purpose_is_refused(
    client: WebClient, provider: Provider, forged: dict[str, Any]
) -> None:
    provider.person, provider.forged = ANN, forged
    refused(client, "Login failed")


def test_token_with_another_signature_is_refused(client: WebClient, provider: Provider) -> None:
    provider.person, provider.signs = ANN, RSAKey.generate_key(2048, {"kid": "1"})
    refused(client, "Login failed")


@pytest.mark.parametrize("query", ["", "?code=x&state=y", "?error=access_denied&state=y"])
def test_callback_without_a_request_is_refused(client: WebClient, query: str) -> None:
    """An attacker cannot make another browser use their own login."""
    response = client.http.get(f"oidc/callback{query}")
    assert (response.status_code, "Login failed" in response.text) == (403, True)


def test_callback_works_once_and_in_one_browser(
    client: WebClient, provider: Provider, oidc_dashboard: DashboardProcess
) -> None:
    provider.person = ANN
    to_provider = client.http.get("oidc/login")
    back = client.http.get(to_provider.headers["location"]).headers["location"]
    other = WebClient(oidc_dashboard.address)
    assert other.http.get(back).status_code == 403
    assert client.http.get(back).status_code == 303
    assert client.http.get(back).status_code == 403


def test_login_redirects_only_within_the_dashboard(client: WebClient, provider: Provider) -> None:
    provider.person = ANN
    response = log_in_at_provider(client, "oidc/login?next=//evil.example")
    assert response.headers["location"] == "/"


def test_login_cookie_gives_no_access(client: WebClient) -> None:
    client.http.get("oidc/login")
    assert "regulars_oidc" in client.http.cookies
    assert client.page().status_code == 303


def test_users_of_the_file_can_log_in_as_well(client: WebClient) -> None:
    assert client.log_in("vera").status_code == 303


def test_unreachable_provider_is_reported(tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text(SETTINGS.format(issuer="http://127.0.0.1:9"))
    with run_server(tmp_path) as server:
        client = WebClient(server.address)
        assert 'name="password"' not in client.page("login").text
        response = client.http.get("oidc/login")
        assert (response.status_code, "cannot be reached" in response.text) == (502, True)
