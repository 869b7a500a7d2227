"""The digest is set up on the dashboard with three clicks, and sent by the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser import PageLog, clicks_on, log_in, violations
from support.dashboard_server import run_dashboard, write_users
from support.mail_server import running_mail_server
from support.terminal import regulars
from support.warehouses import BuiltWarehouse


def test_admin_sets_up_the_digest_with_three_clicks(
    weekly: BuiltWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    open_page: Callable[..., PageLog],
) -> None:  # fmt: skip
    warehouse = str(weekly.warehouse.engine)
    (tmp_path / "mail").mkdir()
    write_users(tmp_path)
    with running_mail_server(tmp_path / "mail") as mail_server:
        for name, value in mail_server.environment.items():
            monkeypatch.setenv(name, value)
        with run_dashboard(tmp_path, warehouse=warehouse) as dashboard:
            page = open_page(f"{dashboard.address}upload").page
            log_in(page, "adam")
            page.get_by_role("link", name="Digest").click(timeout=60_000)
            page.get_by_label("Email address", exact=True).click(timeout=60_000)
            page.keyboard.type("ann@example.com")
            page.get_by_role("button", name="Add recipient").click()
            expect(page.get_by_label("Send a test to")).to_have_value(
                "ann@example.com", timeout=60_000
            )
            assert clicks_on(page) == 3
            page.get_by_role("button", name="Send a test").click()
            expect(page.get_by_text("Test sent to ann@example.com, as viewer.")).to_be_visible(
                timeout=60_000
            )
            assert violations(page) == []
        assert regulars("digest", "--send", "-w", warehouse, cwd=tmp_path).returncode == 0
    test, mail = mail_server.mails
    assert test["Subject"] == "Test: The week of 5 to 11 February 2024: net sales 586.00, up 62.8%"
    assert f"Test: {mail['Subject']}" == test["Subject"]
    assert mail["To"] == "ann@example.com"
