"""Signing in at a real provider of identities (OpenID Connect): what of its word is believed."""

import time

import pytest
from joserfc.jwk import RSAKey
from websockets.exceptions import InvalidStatus

from support.dashboard_server import WebClient, rerun_until, run_server, write_users
from support.oidc_provider import SECRET, running_provider

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
def provider():
    with running_provider() as one:
        yield one


@pytest.fixture(scope="module")
def signing_in(provider, tmp_path_factory):
    """A dashboard with the provider, and users of its own beside it."""
    folder = tmp_path_factory.mktemp("oidc")
    (folder / "regulars.toml").write_text(SETTINGS.format(issuer=provider.issuer))
    write_users(folder, vera="viewer")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REGULARS_OIDC_CLIENT_SECRET", SECRET)
        with run_server(folder) as one:
            yield one


@pytest.fixture
def visitor(signing_in, provider):
    provider.person, provider.forged, provider.signs = {}, {}, None
    return WebClient(signing_in.address)


def sign_in(visitor, path="oidc/login?next=/sales"):
    """Follow the way to the provider and back; return the answer at its end."""
    to_provider = visitor.http.get(path)
    assert to_provider.status_code == 302
    back = visitor.http.get(to_provider.headers["location"])
    return visitor.http.get(back.headers["location"])


def refused(visitor, words):
    answer = sign_in(visitor)
    assert (answer.status_code, words in answer.text) == (403, True), answer.text
    assert "regulars_session" not in visitor.http.cookies
    with pytest.raises(InvalidStatus), visitor.stream():
        pass


def test_the_page_to_log_in_offers_both_ways(visitor):
    form = visitor.page("login?next=/sales").text
    assert "Sign in with the shop&#x27;s account" in form
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
        # An address that nobody has verified is no name, or anybody could be called the boss.
        (
            {"teams": ["marketing"], "preferred_username": "boss@shop.example", "sub": "7c1"},
            "7c1",
            "exporter",
        ),
    ],
)
def test_whom_the_provider_names_has_the_highest_role_that_is_theirs(
    visitor, provider, person, name, role
):
    provider.person = person
    entered = sign_in(visitor)
    assert (entered.status_code, entered.headers["location"]) == (303, "/sales")
    with visitor.stream() as stream:
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
def test_who_has_no_role_is_not_let_in(visitor, provider, person):
    provider.person = person
    refused(visitor, "nobody has given you a role")


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "of another"},
        {"aud": "another dashboard"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 600},
    ],
    ids=lambda lies: next(iter(lies)),
)
def test_a_token_that_was_not_made_for_this_is_not_believed(visitor, provider, lies):
    provider.person, provider.forged = ANN, lies
    refused(visitor, "did not work")


def test_a_token_that_somebody_else_signed_is_not_believed(visitor, provider):
    provider.person, provider.signs = ANN, RSAKey.generate_key(2048, {"kid": "1"})
    refused(visitor, "did not work")


@pytest.mark.parametrize("answer", ["", "?code=x&state=y", "?error=access_denied&state=y"])
def test_who_comes_back_without_having_left_is_not_let_in(visitor, answer):
    """Nor is whom somebody else sends: their own answer of the provider is not ours."""
    told = visitor.http.get(f"oidc/callback{answer}")
    assert (told.status_code, "did not work" in told.text) == (403, True)


def test_an_answer_of_the_provider_is_good_once_and_in_one_browser(visitor, provider, signing_in):
    provider.person = ANN
    to_provider = visitor.http.get("oidc/login")
    back = visitor.http.get(to_provider.headers["location"]).headers["location"]
    other = WebClient(signing_in.address)
    assert other.http.get(back).status_code == 403
    assert visitor.http.get(back).status_code == 303
    assert visitor.http.get(back).status_code == 403


def test_nobody_is_sent_elsewhere_after_signing_in(visitor, provider):
    provider.person = ANN
    entered = sign_in(visitor, "oidc/login?next=//evil.example")
    assert entered.headers["location"] == "/"


def test_the_cookie_that_remembers_the_way_opens_nothing(visitor):
    visitor.http.get("oidc/login")
    assert "regulars_oidc" in visitor.http.cookies
    assert visitor.page().status_code == 303


def test_users_of_the_file_log_in_beside_them(visitor):
    assert visitor.log_in("vera").status_code == 303


def test_a_provider_that_cannot_be_reached_is_told(tmp_path):
    (tmp_path / "regulars.toml").write_text(SETTINGS.format(issuer="http://127.0.0.1:9"))
    with run_server(tmp_path) as one:
        visitor = WebClient(one.address)
        assert 'name="password"' not in visitor.page("login").text
        told = visitor.http.get("oidc/login")
        assert (told.status_code, "cannot be reached" in told.text) == (502, True)
