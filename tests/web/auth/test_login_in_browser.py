"""The gate in a real Chromium: people log in, work, and are out again."""

import pytest
from playwright.sync_api import expect

from regulars.web.auth.users import UserFile
from support.dashboard_server import PASSWORDS, ROLES, run_server, write_users

OF_OURS = ("blob:", "data:")


def log_in(page, name):
    """Fill the form in as somebody without a mouse does."""
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORDS[name])
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"User {name}, ")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("name", ROLES)
def test_each_role_logs_in_and_nothing_is_fetched_from_outside_or_refused(guarded, open_page, name):
    opened = open_page(guarded.address)
    log_in(opened.page, name)
    expect(opened.page.get_by_text(f"User {name}, {ROLES[name]}, of")).to_be_visible()
    expect(opened.page.locator("[data-testid=stVegaLiteChart] svg").first).to_be_visible()
    expect(opened.page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    assert opened.page.get_by_role("button", name="Download as CSV").count() == 0
    ours = (guarded.origin, guarded.origin.replace("http", "ws"), *OF_OURS)
    assert [url for url in opened.requests if not url.startswith(ours)] == []
    assert any(url.endswith("/_stcore/stream") for url in opened.requests)
    assert [told for told in opened.problems if told.startswith("error")] == []


def test_a_file_goes_in_and_a_list_comes_out(guarded, open_page):
    opened = open_page(guarded.address)
    log_in(opened.page, "adam")
    file = {"name": "sales.csv", "mimeType": "text/csv", "buffer": b"what was sold"}
    opened.page.set_input_files("input[type=file]", files=[file])
    expect(opened.page.get_by_text("Uploaded: what was sold.")).to_be_visible()
    with opened.page.expect_download() as taken:
        opened.page.get_by_text("Take").click()
    assert taken.value.path().read_text() == "a list"
    assert [told for told in opened.problems if told.startswith("error")] == []


def test_the_login_works_without_scripts_and_fits_a_phone(guarded, open_page):
    phone = {"width": 360, "height": 640}
    opened = open_page(f"{guarded.address}sales?a=1", java_script_enabled=False, viewport=phone)
    page = opened.page
    for place in ("#name", "#password", "button"):
        box = page.locator(place).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 40
    page.fill("#name", "vera")
    page.fill("#password", "a wrong password")
    page.click("button")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.fill("#password", PASSWORDS["vera"])
    page.click("button")
    assert page.url == f"{guarded.address}sales?a=1"


def test_the_login_has_its_own_looks_in_light_and_dark(guarded, open_page):
    def colours(scheme):
        page = open_page(guarded.address, color_scheme=scheme).page
        return page.evaluate(
            "['body', 'main', 'button'].map(e => getComputedStyle(document.querySelector(e))"
            ".backgroundColor)"
        )

    assert len(set(colours("light") + colours("dark"))) == 6


def test_who_is_removed_finds_themselves_at_the_login_and_back_at_their_page(tmp_path, open_page):
    file = write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as one:
        page = open_page(f"{one.address}?place=Kent").page
        log_in(page, "vera")
        UserFile(file).remove("vera")
        expect(page.get_by_label("Password")).to_be_visible(timeout=20_000)
        write_users(tmp_path, vera="analyst")
        page.locator("#name").focus()
        log_in(page, "vera")
        expect(page.get_by_text("User vera, analyst")).to_be_visible()
        assert page.url == f"{one.address}?place=Kent"


def test_a_page_that_slept_through_the_end_of_its_session_wakes_up_at_the_login(
    tmp_path, open_page
):
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as one:
        page = open_page(one.address).page
        log_in(page, "vera")
        port = int(one.origin.rpartition(":")[2])
        one.stop()
    with run_server(tmp_path, port=port):  # it knows nothing of the sessions before
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.get_by_label("Password")).to_be_visible(timeout=20_000)


def test_one_logs_out_on_a_page_of_its_own_and_other_pages_follow(guarded, open_page):
    first = open_page(guarded.address).page
    log_in(first, "anna")
    second = first.context.new_page()
    second.goto(f"{guarded.address}logout")
    expect(second.get_by_text("You are logged in as anna.")).to_be_visible()
    second.get_by_role("button", name="Log out").click()
    expect(second.get_by_label("Password")).to_be_visible()
    expect(first.get_by_label("Password")).to_be_visible(timeout=20_000)


def test_two_at_once_are_two(guarded, open_page):
    pages = {name: open_page(guarded.address).page for name in ("vera", "adam")}
    for name, page in pages.items():
        log_in(page, name)
    for name, page in pages.items():
        page.reload()
        expect(page.get_by_text(f"User {name}, {ROLES[name]}")).to_be_visible(timeout=20_000)
