"""Behind a real nginx, with TLS, under a path: pages, streams, and who is believed."""

import ssl
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus

from support.dashboard_server import PASSWORDS, WebClient, rerun_until, run_server, write_users
from support.nginx import running_nginx


@contextmanager
def behind_nginx(folder):
    """Run a dashboard under /shop that believes the nginx before it; yield how to come to it."""
    write_users(folder)
    with run_server(folder, base_path="/shop", proxy="127.0.0.1") as one:
        port = int(one.origin.rpartition(":")[2])
        with running_nginx(folder, port) as address:
            yield address, ssl.create_default_context(cafile=str(folder / "certificate.pem"))


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    with behind_nginx(tmp_path_factory.mktemp("behind")) as where:
        yield where


@pytest.fixture
def visitor(nginx):
    return WebClient(*nginx)


def test_pages_and_streams_come_through(visitor):
    assert visitor.page().headers["location"] == "/shop/login?next=%2Fshop%2F"
    visitor.logged_in("vera")
    assert "<title>Streamlit</title>" in visitor.page().text
    with visitor.stream() as stream:
        rerun_until(stream, "Base path: [/shop].")


@pytest.fixture
def page(nginx, browser):
    """A page of somebody's who is at the login."""
    with browser.new_context(ignore_https_errors=True) as context:
        page = context.new_page()
        page.goto(nginx[0])
        yield page


def log_in(page, name):
    page.fill("#name", name)
    page.fill("#password", PASSWORDS[name])
    page.click("button")
    expect(page.get_by_text(f"User {name}, ")).to_be_visible(timeout=30_000)


def test_a_browser_logs_in_through_it_without_complaint(page):
    complaints = []
    page.on("console", lambda told: complaints.append((told.type, told.text)))
    log_in(page, "eric")
    expect(page.get_by_text("Base path: [/shop].")).to_be_visible()
    assert [text for kind, text in complaints if kind == "error"] == []


def test_an_upload_of_ten_megabytes_comes_through(page):
    log_in(page, "adam")
    file = {"name": "sales.csv", "mimeType": "text/csv", "buffer": b"x" * 10_000_000}
    page.set_input_files("input[type=file]", files=[file])
    expect(page.get_by_text("Bytes: 10,000,000.")).to_be_visible(timeout=30_000)


def test_a_stream_without_a_session_does_not_come_through(visitor):
    with pytest.raises(InvalidStatus) as told, visitor.stream():
        pass
    assert told.value.response.status_code == 403


def test_the_session_never_leaves_tls_and_the_browser_is_told_to_stay_there(visitor):
    entered = visitor.log_in("anna")
    [cookie] = [text for text in entered.headers.get_list("set-cookie") if "session" in text]
    assert "Secure" in cookie
    assert "Path=/shop/" in cookie
    visitor.http.get("_stcore/health")
    assert {cookie.name for cookie in visitor.http.cookies.jar} == {
        "regulars_session", "regulars_form", "_streamlit_xsrf",
    }  # fmt: skip
    assert all(cookie.secure for cookie in visitor.http.cookies.jar)
    for answer in (entered, visitor.page(), visitor.page("login")):
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_page_without_tls_of_the_same_name_cannot_open_a_stream(visitor):
    with (
        pytest.raises(InvalidStatus) as told,
        visitor.logged_in("vera").stream(Origin=visitor.origin.replace("https", "http")),
    ):
        pass
    assert told.value.response.status_code == 403


def test_only_the_dashboard_is_under_its_path(visitor):
    at = visitor.origin
    assert visitor.http.get(f"{at}/shop").headers["location"] == f"{at}/shop/"
    assert visitor.http.get(f"{at}/").status_code == 404
    assert visitor.http.get(f"{at}/shop/../_stcore/health").status_code == 404


def test_a_visitor_who_says_they_are_somewhere_else_is_not_believed(tmp_path):
    with behind_nginx(tmp_path) as where:
        visitor = WebClient(*where)
        for number in range(6):
            visitor.http.headers["X-Forwarded-For"] = f"192.0.2.{number}"
            answer = visitor.log_in(f"guess{number}", "a wrong password")
        assert answer.status_code == 429


def test_what_a_proxy_would_say_is_not_believed_of_anybody_where_there_is_none(guarded):
    somebody = WebClient(guarded.address)
    somebody.http.headers["X-Forwarded-Proto"] = "https"
    assert "strict-transport-security" not in somebody.page().headers
