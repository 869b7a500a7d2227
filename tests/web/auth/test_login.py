"""The form to log in with: what it takes, what it refuses, and how it says so."""

import time

import pytest

from regulars.web.auth.passwords import hashed, is_password
from support.dashboard_server import PASSWORDS, WebClient, run_server, write_users

WRONG = "That name and password do not belong together."


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A dashboard at which wrong passwords are tried, which then lets nobody in for a while."""
    folder = tmp_path_factory.mktemp("fresh")
    write_users(folder, anna="analyst", adam="admin")
    with run_server(folder) as one:
        yield one


def test_it_needs_no_script_and_can_be_filled_in_by_a_password_manager(somebody):
    form = somebody.page("login").text
    assert "<script" not in form
    assert 'autocomplete="username"' in form
    assert 'autocomplete="current-password"' in form
    assert '<label for="name">' in form
    assert '<label for="password">' in form


def test_the_session_is_in_a_cookie_that_no_script_and_no_other_site_can_use(somebody):
    entered = somebody.log_in("vera")
    [cookie] = [text for text in entered.headers.get_list("set-cookie") if "session" in text]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie  # the tests speak http


def test_each_login_begins_another_session_whatever_the_browser_brought(somebody):
    brought = {"Cookie": f"regulars_session={'A' * 43}; regulars_form=x"}
    sent = {"name": "vera", "password": PASSWORDS["vera"], "token": "x"}
    words = {
        somebody.http.post("login", data=sent, headers=brought).cookies["regulars_session"]
        for _ in range(2)
    }
    assert len(words | {"A" * 43}) == 3


@pytest.mark.parametrize("token", ["", "guessed"])
def test_a_form_that_is_not_ours_lets_nobody_in(somebody, token):
    answer = somebody.log_in("vera", token=token)
    assert answer.status_code == 403
    assert "Please try again" in answer.text
    assert "regulars_session" not in somebody.http.cookies


def test_a_form_sent_by_another_site_lets_nobody_in(guarded):
    sent = {"name": "vera", "password": PASSWORDS["vera"]}
    browser = WebClient(guarded.address)
    sent["token"] = browser.token()
    answer = browser.http.post("login", data=sent, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "regulars_session" not in browser.http.cookies


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example", "/\\evil.example", "/../x"]
)
def test_nobody_is_sent_elsewhere(somebody, target):
    entered = somebody.log_in("vera", next=target)
    assert entered.headers["location"] == "/"
    assert somebody.page("login?next=" + target).headers["location"] == "/"


def test_what_was_typed_comes_back_as_text(somebody):
    answer = somebody.log_in('"><script>alert(1)</script>', "x", token="")
    assert "<script" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text


@pytest.mark.parametrize("body", [b"x" * 100_000, b"&" * 5000, b"\xff\xfe=%ff", b"name=a&name=b"])
def test_what_is_no_form_is_refused_in_peace(somebody, body):
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert somebody.http.post("login", content=body, headers=kind).status_code in (400, 403)


def test_wrong_passwords_are_told_apart_from_nothing_and_soon_have_to_wait(fresh):
    browser = WebClient(fresh.address)
    unknown = browser.log_in("nobody", "a wrong password")
    known = browser.log_in("anna", "a wrong password")
    assert (unknown.status_code, known.status_code) == (403, 403)
    assert WRONG in unknown.text
    assert unknown.text.replace("nobody", "anna") == known.text
    for _ in range(4):
        last = browser.log_in("anna", "a wrong password")
    assert last.status_code in (403, 429)
    blocked = browser.log_in("anna")
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) >= 1
    assert "Too many wrong passwords. Wait" in blocked.text
    assert browser.log_in("adam").status_code == 429


def test_a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has():
    kept = hashed("a few words make a good one")
    is_password("warm up", None)

    def taken(of):
        began = time.perf_counter()
        is_password("a wrong password", of)
        return time.perf_counter() - began

    known, unknown = (min(taken(of) for _ in range(5)) for of in (kept, None))
    assert 0.5 < unknown / known < 2
