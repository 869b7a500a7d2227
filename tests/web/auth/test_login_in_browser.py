"""Login in a real Chromium: users log in, work and log out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from regulars.web.auth.users import UserFile
from support.browser import PageLog, box_of
from support.dashboard_server import PASSWORDS, ROLES, DashboardProcess, run_server, write_users

LOCAL_SCHEMES = ("blob:", "data:")


def log_in(page: Page, name: str) -> None:
    """Fill in the form with the keyboard only."""
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORDS[name])
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"User {name}, ")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(
    "name",
    [
        "vera",
        pytest.param("anna", marks=pytest.mark.thorough),
        pytest.param("eric", marks=pytest.mark.thorough),
        "adam",
    ],
)
def test_each_role_logs_in_without_external_requests_or_errors(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog], name: str
) -> None:
    opened = open_page(dashboard.address)
    log_in(opened.page, name)
    expect(opened.page.get_by_text(f"User {name}, {ROLES[name]}, of")).to_be_visible()
    expect(opened.page.locator("[data-testid=stVegaLiteChart] svg").first).to_be_visible()
    expect(opened.page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    assert opened.page.get_by_role("button", name="Download as CSV").count() == 0
    ours = (dashboard.origin, dashboard.origin.replace("http", "ws"), *LOCAL_SCHEMES)
    assert [url for url in opened.requests if not url.startswith(ours)] == []
    assert any(url.endswith("/_stcore/stream") for url in opened.requests)
    assert [problem for problem in opened.problems if problem.startswith("error")] == []


def test_upload_and_download_work(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    opened = open_page(dashboard.address)
    log_in(opened.page, "adam")
    file = FilePayload(name="sales.csv", mimeType="text/csv", buffer=b"what was sold")
    opened.page.set_input_files("input[type=file]", files=[file])
    expect(opened.page.get_by_text("Uploaded: what was sold.")).to_be_visible()
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Download", exact=True).click()
    assert download.value.path().read_text() == "a list"
    assert [problem for problem in opened.problems if problem.startswith("error")] == []


def test_login_works_without_scripts_and_on_a_phone(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    phone = {"width": 360, "height": 640}
    opened = open_page(f"{dashboard.address}sales?a=1", java_script_enabled=False, viewport=phone)
    page = opened.page
    for selector in ("#name", "#password", "button"):
        box = box_of(page.locator(selector))
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 40
    page.fill("#name", "vera")
    page.fill("#password", "a wrong password")
    page.click("button")
    expect(page.get_by_role("alert")).to_contain_text("Wrong name or password.")
    page.fill("#password", PASSWORDS["vera"])
    page.click("button")
    assert page.url == f"{dashboard.address}sales?a=1"


def test_login_has_a_light_and_a_dark_theme(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    def colours(scheme: str) -> list[str]:
        page = open_page(dashboard.address, color_scheme=scheme).page
        found: list[str] = page.evaluate(
            "['body', 'main', 'button'].map(e => getComputedStyle(document.querySelector(e))"
            ".backgroundColor)"
        )
        return found

    assert len(set(colours("light") + colours("dark"))) == 6


def test_removed_user_goes_to_the_login_and_back_to_their_page(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    file = write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as server:
        page = open_page(f"{server.address}?place=Kent").page
        log_in(page, "vera")
        UserFile(file).remove("vera")
        expect(page.get_by_label("Password")).to_be_visible(timeout=20_000)
        write_users(tmp_path, vera="analyst")
        page.locator("#name").focus()
        log_in(page, "vera")
        expect(page.get_by_text("User vera, analyst")).to_be_visible()
        assert page.url == f"{server.address}?place=Kent"


def test_page_that_was_offline_when_its_session_ended_goes_to_the_login(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as server:
        page = open_page(server.address).page
        log_in(page, "vera")
        port = int(server.origin.rpartition(":")[2])
        server.stop()
    with run_server(tmp_path, port=port):  # a new process without the sessions
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.get_by_label("Password")).to_be_visible(timeout=20_000)


def test_logout_closes_all_pages_of_the_session(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    first = open_page(dashboard.address).page
    log_in(first, "anna")
    second = first.context.new_page()
    second.goto(f"{dashboard.address}logout")
    expect(second.get_by_text("You are logged in as anna.")).to_be_visible()
    second.get_by_role("button", name="Log out").click()
    expect(second.get_by_label("Password")).to_be_visible()
    expect(first.get_by_label("Password")).to_be_visible(timeout=20_000)


def test_two_users_at_once_stay_separate(
    dashboard: DashboardProcess, open_page: Callable[..., PageLog]
) -> None:
    pages = {name: open_page(dashboard.address).page for name in ("vera", "adam")}
    for name, page in pages.items():
        log_in(page, name)
    for name, page in pages.items():
        page.reload()
        expect(page.get_by_text(f"User {name}, {ROLES[name]}")).to_be_visible(timeout=20_000)
