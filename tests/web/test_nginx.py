"""The dashboard behind a real nginx with TLS, under a path: pages, WebSockets, trusted headers."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from websockets.exceptions import InvalidStatus

from support.dashboard_server import (
    PASSWORDS,
    DashboardProcess,
    WebClient,
    rerun_until,
    run_server,
    write_users,
)
from support.nginx import running_nginx

Connection = tuple[str, ssl.SSLContext]
"""The address of a dashboard and the TLS context of its certificate."""


@contextmanager
def behind_nginx(folder: Path) -> Iterator[Connection]:
    """Run a dashboard under /shop behind nginx; yield its address and TLS context."""
    write_users(folder)
    with run_server(folder, base_path="/shop", proxy="127.0.0.1") as server:
        port = int(server.origin.rpartition(":")[2])
        with running_nginx(folder, port) as address:
            yield address, ssl.create_default_context(cafile=str(folder / "certificate.pem"))


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with behind_nginx(tmp_path_factory.mktemp("behind")) as connection:
        yield connection


@pytest.fixture
def client(nginx: Connection) -> WebClient:
    return WebClient(*nginx)


def test_proxy_passes_pages_and_websockets(client: WebClient) -> None:
    assert client.page().headers["location"] == "/shop/login?next=%2Fshop%2F"
    client.logged_in("vera")
    assert "<title>Streamlit</title>" in client.page().text
    with client.stream() as stream:
        rerun_until(stream, "Base path: [/shop].")


@pytest.fixture
def page(nginx: Connection, browser: Browser) -> Iterator[Page]:
    """A browser page that shows the login."""
    with browser.new_context(ignore_https_errors=True) as context:
        page = context.new_page()
        page.goto(nginx[0])
        yield page


def log_in(page: Page, name: str) -> None:
    page.fill("#name", name)
    page.fill("#password", PASSWORDS[name])
    page.click("button")
    expect(page.get_by_text(f"User {name}, ")).to_be_visible(timeout=30_000)


def test_browser_logs_in_without_console_errors(page: Page) -> None:
    errors = []
    page.on("console", lambda message: errors.append((message.type, message.text)))
    log_in(page, "eric")
    expect(page.get_by_text("Base path: [/shop].")).to_be_visible()
    assert [text for kind, text in errors if kind == "error"] == []


def test_proxy_passes_an_upload_of_ten_megabytes(page: Page) -> None:
    log_in(page, "adam")
    file = FilePayload(name="sales.csv", mimeType="text/csv", buffer=b"x" * 10_000_000)
    page.set_input_files("input[type=file]", files=[file])
    expect(page.get_by_text("Bytes: 10,000,000.")).to_be_visible(timeout=30_000)


def test_websocket_without_session_is_refused(client: WebClient) -> None:
    with pytest.raises(InvalidStatus) as error, client.stream():
        pass
    assert error.value.response.status_code == 403


def test_all_cookies_are_secure_and_hsts_is_set(client: WebClient) -> None:
    login = client.log_in("anna")
    [cookie] = [text for text in login.headers.get_list("set-cookie") if "session" in text]
    assert "Secure" in cookie
    assert "Path=/shop/" in cookie
    client.http.get("_stcore/health")
    assert {cookie.name for cookie in client.http.cookies.jar} == {
        "regulars_session", "regulars_form", "_streamlit_xsrf",
    }  # fmt: skip
    assert all(cookie.secure for cookie in client.http.cookies.jar)
    for response in (login, client.page(), client.page("login")):
        assert response.headers["strict-transport-security"] == "max-age=31536000"


def test_http_page_of_the_same_host_cannot_open_a_websocket(client: WebClient) -> None:
    with (
        pytest.raises(InvalidStatus) as error,
        client.logged_in("vera").stream(Origin=client.origin.replace("https", "http")),
    ):
        pass
    assert error.value.response.status_code == 403


def test_only_paths_below_the_base_path_are_served(client: WebClient) -> None:
    at = client.origin
    assert client.http.get(f"{at}/shop").headers["location"] == f"{at}/shop/"
    assert client.http.get(f"{at}/").status_code == 404
    assert client.http.get(f"{at}/shop/../_stcore/health").status_code == 404


def test_client_cannot_fake_its_address(tmp_path: Path) -> None:
    with behind_nginx(tmp_path) as connection:
        client = WebClient(*connection)
        for number in range(6):
            client.http.headers["X-Forwarded-For"] = f"192.0.2.{number}"
            response = client.log_in(f"guess{number}", "a wrong password")
        assert response.status_code == 429


def test_proxy_headers_are_ignored_without_a_proxy(dashboard: DashboardProcess) -> None:
    client = WebClient(dashboard.address)
    client.http.headers["X-Forwarded-Proto"] = "https"
    assert "strict-transport-security" not in client.page().headers
