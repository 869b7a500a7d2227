"""The login form: what it accepts, what it refuses, and its messages."""

import time
from collections.abc import Iterator

import pytest

from regulars.web.auth.passwords import hash_password, verify_password
from support.dashboard_server import PASSWORDS, DashboardProcess, WebClient, run_server, write_users

WRONG_PASSWORD = "Wrong name or password."


@pytest.fixture(scope="module")
def throttled_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard for tests with wrong passwords, which then blocks all logins for a while."""
    folder = tmp_path_factory.mktemp("throttled_dashboard")
    write_users(folder, anna="analyst", adam="admin")
    with run_server(folder) as server:
        yield server


def test_form_works_without_scripts_and_with_password_managers(client: WebClient) -> None:
    form = client.page("login").text
    assert "<script" not in form
    assert 'autocomplete="username"' in form
    assert 'autocomplete="current-password"' in form
    assert '<label for="name">' in form
    assert '<label for="password">' in form


def test_session_cookie_is_closed_to_scripts_and_other_sites(client: WebClient) -> None:
    response = client.log_in("vera")
    [cookie] = [text for text in response.headers.get_list("set-cookie") if "session" in text]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie  # the tests use http


def test_each_login_starts_a_new_session(client: WebClient) -> None:
    cookies = {"Cookie": f"regulars_session={'A' * 43}; regulars_form=x"}
    sent = {"name": "vera", "password": PASSWORDS["vera"], "token": "x"}
    tokens = {
        client.http.post("login", data=sent, headers=cookies).cookies["regulars_session"]
        for _ in range(2)
    }
    assert len(tokens | {"A" * 43}) == 3


@pytest.mark.parametrize("token", ["", "guessed"])
def test_form_without_its_token_is_refused(client: WebClient, token: str) -> None:
    response = client.log_in("vera", token=token)
    assert response.status_code == 403
    assert "This page has expired. Try again." in response.text
    assert "regulars_session" not in client.http.cookies


def test_form_from_another_site_is_refused(dashboard: DashboardProcess) -> None:
    sent = {"name": "vera", "password": PASSWORDS["vera"]}
    client = WebClient(dashboard.address)
    sent["token"] = client.token()
    response = client.http.post("login", data=sent, headers={"Origin": "http://evil.example"})
    assert response.status_code == 403
    assert "regulars_session" not in client.http.cookies


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example", "/\\evil.example", "/../x"]
)
def test_login_redirects_only_within_the_dashboard(client: WebClient, target: str) -> None:
    response = client.log_in("vera", next=target)
    assert response.headers["location"] == "/"
    assert client.page("login?next=" + target).headers["location"] == "/"


def test_name_is_escaped_in_the_form(client: WebClient) -> None:
    response = client.log_in('"><script>alert(1)</script>', "x", token="")
    assert "<script" not in response.text
    assert "&quot;&gt;&lt;script&gt;" in response.text


@pytest.mark.parametrize("body", [b"x" * 100_000, b"&" * 5000, b"\xff\xfe=%ff", b"name=a&name=b"])
def test_malformed_form_is_refused(client: WebClient, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.http.post("login", content=body, headers=headers).status_code in (400, 403)


def test_wrong_passwords_get_the_same_message_and_soon_have_to_wait(
    throttled_dashboard: DashboardProcess,
) -> None:
    client = WebClient(throttled_dashboard.address)
    unknown = client.log_in("nobody", "a wrong password")
    known = client.log_in("anna", "a wrong password")
    assert (unknown.status_code, known.status_code) == (403, 403)
    assert WRONG_PASSWORD in unknown.text
    assert unknown.text.replace("nobody", "anna") == known.text
    for _ in range(4):
        last = client.log_in("anna", "a wrong password")
    assert last.status_code in (403, 429)
    blocked = client.log_in("anna")
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) >= 1
    assert "Too many failed attempts. Try again in" in blocked.text
    assert client.log_in("adam").status_code == 429


def test_unknown_name_takes_as_long_as_a_known_one() -> None:
    password_hash = hash_password("a few tokens make a good one")
    verify_password("warm up", None)

    def seconds(password_hash: str | None) -> float:
        start = time.perf_counter()
        verify_password("a wrong password", password_hash)
        return time.perf_counter() - start

    known, unknown = (min(seconds(each) for _ in range(5)) for each in (password_hash, None))
    assert 0.5 < unknown / known < 2
