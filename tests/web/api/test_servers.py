"""The API as a server of its own, and beside the dashboard."""

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from regulars.cli.main import cli
from regulars.core.errors import InputError
from regulars.web.api.tokens import TokenFile
from regulars.web.roles import Role
from support.dashboard_server import run_server, run_server_command
from support.small_shop import built_small_shop

COMMAND = [sys.executable, "-m", "regulars", "api", "-w", "shop.duckdb"]


def get(address: str, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(address, headers=headers, trust_env=False, timeout=60)


def test_the_command_serves_the_api_with_the_tokens_it_made_until_ctrl_c(tmp_path: Path) -> None:
    shutil.copy(built_small_shop() / "shop.duckdb", tmp_path)
    made = subprocess.run(
        [*COMMAND[:3], "tokens", "add", "sheet", "--role", "viewer"],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    with run_server_command(COMMAND, tmp_path) as server:
        assert get(f"{server.address}v1/warehouse").status_code == 401
        state = get(f"{server.address}v1/warehouse", made.stdout.strip())
        assert state.json()["last_day"] == "2024-04-10"
        assert server.stop() == 0


def test_the_dashboard_serves_the_api_once_there_are_tokens(tmp_path: Path) -> None:
    shutil.copy(built_small_shop() / "shop.duckdb", tmp_path)
    secret = TokenFile(tmp_path / "regulars-tokens.toml").add("sheet", Role.VIEWER)
    with run_server(tmp_path, base_path="/shop") as server:
        assert get(f"{server.address}api/v1/segments").status_code == 401
        answer = get(f"{server.address}api/v1/metrics/orders", secret)
        assert answer.json()["name"] == "orders"
        assert get(f"{server.address}api/v1/openapi.json").status_code == 200
        page = get(server.address)
        assert "text/html" in page.headers["content-type"]
        assert "content-security-policy" in page.headers


def test_without_tokens_the_api_is_not_served_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for options in (["--host", "0.0.0.0"], ["--proxy", "127.0.0.1"]):
        refused = CliRunner().invoke(cli, ["api", *options])
        assert isinstance(refused.exception, InputError)
        assert "regulars tokens add" in str(refused.exception)


def test_tokens_are_listed_and_removed_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    run(cli, ["tokens", "add", "sheet", "--role", "viewer"])
    run(cli, ["tokens", "add", "erp", "--role", "exporter"])
    assert run(cli, ["tokens", "list"]).output == "erp  exporter\nsheet  viewer\n"
    assert run(cli, ["tokens", "remove", "sheet"]).output == "Removed sheet.\n"
    assert str(run(cli, ["tokens", "remove", "shet"]).exception).startswith(
        'There is no token "shet"'
    )
    assert run(cli, ["tokens", "list"]).output == "erp  exporter\n"
