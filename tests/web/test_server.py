"""The server: where it listens, what it logs, how it stops."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.core.errors import InputError, ProfileError
from regulars.core.settings import load_settings
from regulars.web.listen import is_local
from regulars.web.roles import Role
from regulars.web.server import SCRIPT, normalize_base_path
from regulars.web.settings import load_dashboard_settings
from support.dashboard_server import (
    SCRIPTS,
    STDERR_FILE,
    DashboardProcess,
    WebClient,
    read_until_closed,
    rerun_until,
    run_server,
    run_server_command,
    write_users,
)
from support.present import present

ENDLESS_SCRIPT = SCRIPTS / "endless.py"
COMMAND = [sys.executable, "-u", "-m", "regulars", "dashboard"]


def regulars(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def listeners(*addresses: tuple[str, int]) -> list[socket.socket]:
    """Return sockets that listen on these addresses."""
    return [socket.create_server(address) for address in addresses]


def test_command_serves_the_dashboard_until_ctrl_c(tmp_path: Path) -> None:
    with run_server_command(COMMAND, tmp_path) as server:
        assert server.address.startswith("http://localhost:85")
        assert WebClient(server.address).page().status_code == 200
        assert server.stop() == 0
        assert isinstance(server.process, subprocess.Popen)
        assert present(server.process.stdout).read() == "Press Ctrl-C to stop.\n"


def test_server_stops_quietly_with_open_pages(tmp_path: Path) -> None:
    with run_server(tmp_path) as server, WebClient(server.address).stream() as stream:
        rerun_until(stream, "User ")
        assert server.stop() == 0
    assert (tmp_path / STDERR_FILE).read_text() == ""


def test_server_stops_soon_during_a_long_query(tmp_path: Path) -> None:
    with (
        run_server(tmp_path, script=str(ENDLESS_SCRIPT)) as server,
        WebClient(server.address).stream() as stream,
    ):
        rerun_until(stream, "Querying.")
        assert server.stop() == 0
    assert (tmp_path / STDERR_FILE).read_text() == ""


SHOWS_IMPORT_PATH = """
import sys
import streamlit as st
from pathlib import Path
folder = str(Path(__file__).parent)
after = len(sys.path) - 1 - sys.path.index(folder)
st.write(f"The folder is on the path {sys.path.count(folder)} time, before {after} others.")
"""


def test_script_run_does_not_change_the_import_path(tmp_path: Path) -> None:
    script = tmp_path / "pages" / "script.py"
    script.parent.mkdir()
    script.write_text(SHOWS_IMPORT_PATH)
    with (
        run_server(tmp_path, script=str(script)) as server,
        WebClient(server.address).stream() as stream,
    ):
        rerun_until(stream, "The folder is on the path 1 time, before 0 others.")


def test_streamlit_finds_no_pages_next_to_the_script() -> None:
    """Streamlit would run each module in such a folder as a page of its own."""
    assert not (SCRIPT.parent / "pages").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])
def test_server_refuses_other_hosts_without_login(tmp_path: Path, host: str) -> None:
    result = regulars(tmp_path, "--host", host, "--port", "8999")
    assert result.returncode == 2
    assert f"does not listen on {host}" in result.stderr
    assert "regulars users add" in result.stderr


def test_server_refuses_a_proxy_without_login(tmp_path: Path) -> None:
    result = regulars(tmp_path, "--proxy", "127.0.0.1")
    assert result.returncode == 2
    assert "regulars users add" in result.stderr


def test_server_listens_on_other_hosts_with_login(tmp_path: Path) -> None:
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path, host="0.0.0.0") as server:
        assert WebClient(server.address).page().status_code == 303


def test_server_refuses_a_missing_user_file(tmp_path: Path) -> None:
    result = regulars(tmp_path, "--users", "nobody.toml")
    assert result.returncode == 2
    assert "nobody.toml" in result.stderr


def test_server_refuses_a_port_in_use(tmp_path: Path) -> None:
    [busy] = listeners(("127.0.0.1", 0))
    with busy:
        port = busy.getsockname()[1]
        result = regulars(tmp_path, "--port", str(port))
    assert (result.returncode, result.stdout) == (2, "")
    assert f"Port {port} is in use" in result.stderr


def test_log_has_logins_and_failed_attempts_but_no_mistyped_name(tmp_path: Path) -> None:
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as server:
        WebClient(server.address).log_in("a password in the wrong field", "x")
        WebClient(server.address).logged_in("vera")
    log = (tmp_path / STDERR_FILE).read_text()
    assert "Failed login from 127.0.0.1" in log
    assert "vera logged in from 127.0.0.1" in log
    assert "wrong field" not in log


def test_streamlit_config_file_cannot_weaken_security(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        "[server]\nenableXsrfProtection = false\nenableCORS = false\nenableStaticServing = true\n"
        'trustedUserHeaders = \'{"X-Role": "regulars_role"}\'\nbaseUrlPath = "elsewhere"\n'
        '[client]\nshowErrorDetails = "full"\ntoolbarMode = "developer"\n'
        "[client]\ngatherUsageStats = true\n"
    )
    write_users(tmp_path, vera="viewer", adam="admin")
    with run_server(tmp_path) as server:
        client = WebClient(server.address).logged_in("vera")
        with client.stream(**{"X-Role": "admin"}) as stream:
            rerun_until(stream, "User vera, viewer")
        adam = WebClient(server.address).logged_in("adam")
        response = adam.http.put("_stcore/upload_file/none/1", content=b"x")
        assert (response.status_code, "XSRF" in response.text) == (403, True)


def test_two_dashboards_use_two_ports(tmp_path: Path) -> None:
    with run_server(tmp_path) as first, run_server(tmp_path) as second:
        assert first.address != second.address


def test_other_host_names_are_refused_without_login(local_dashboard: DashboardProcess) -> None:
    """DNS rebinding: another site can point its own name to this machine."""
    client = WebClient(local_dashboard.address)
    for host in ("evil.example", "evil.example:8501", "localhost.evil.example", ""):
        assert client.page(Host=host).status_code in (400, 403)
    assert client.page(Host="127.0.0.1:8501").status_code == 200


def test_without_login_the_user_of_this_machine_is_admin(local_dashboard: DashboardProcess) -> None:
    with WebClient(local_dashboard.address).stream() as stream:
        received = rerun_until(stream, "Requires login: False. Base path: [].")
    assert b", admin, of shop.duckdb." in received


def test_base_path_prefixes_every_path(tmp_path: Path) -> None:
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path, base_path="/shop/") as server:
        assert server.address.endswith("/shop/")
        client = WebClient(server.address).logged_in("vera")
        assert client.http.get(server.origin).headers["location"] == "/shop/"
        assert client.http.get(f"{server.origin}/other").status_code == 404
        with client.stream() as stream:
            rerun_until(stream, "Base path: [/shop].")


def test_open_page_closes_when_its_session_expires(tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text("[dashboard]\nidle_minutes = 0.05\n")
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as server:
        client = WebClient(server.address).logged_in("vera")
        with client.stream() as stream:
            rerun_until(stream, "User vera")
            code, _ = read_until_closed(stream)
        assert code == 1008
        assert client.page().status_code == 303


def test_help_imports_no_web_packages() -> None:
    code = (
        "import sys\nfrom regulars.cli.main import cli\n"
        "cli.main(['dashboard', '--help'], standalone_mode=False)\n"
        "print([name for name in ('streamlit', 'starlette', 'argon2') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


def test_only_loopback_addresses_are_local() -> None:
    assert [host for host in ("127.0.0.1", "127.0.0.9", "::1", "localhost", "0.0.0.0", "::",
                              "192.168.1.2", "localhost.example")
            if is_local(host)] == ["127.0.0.1", "127.0.0.9", "::1", "localhost"]  # fmt: skip


def test_base_path_is_normalized() -> None:
    assert [normalize_base_path(path) for path in ("", "/", "shop", "/shop/", "/a/b")] == [
        "", "", "/shop", "/shop", "/a/b",
    ]  # fmt: skip
    for path in ("/a b", "/a?b", "/..", "//evil.example/..", "/ä", "/a%2fb"):
        with pytest.raises(InputError):
            normalize_base_path(path)


SETTINGS = """
currency = "£"
[dashboard]
idle_minutes = 30
[dashboard.oidc]
issuer = "https://login.example"
client_id = "regulars"
[dashboard.roles]
"Ann@shop.example" = "admin"
"@shop.example" = "viewer"
[dashboard.groups]
marketing = "exporter"
"""


def test_dashboard_settings_are_separate_from_the_settings_of_the_warehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_OIDC_CLIENT_SECRET", "top secret")
    file = tmp_path / "regulars.toml"
    file.write_text(SETTINGS)
    settings = load_dashboard_settings(file)
    assert (settings.idle_minutes, settings.oidc.client_secret) == (30, "top secret")
    assert settings.roles == {"ann@shop.example": Role.ADMIN, "@shop.example": Role.VIEWER}
    assert settings.groups == {"marketing": Role.EXPORTER}
    assert load_settings(file).currency == "£"
    assert "login.example" not in repr(load_settings(file))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[dashboard]\nidle = 3", 'unknown setting "idle"'),
        ("[dashboard]\nidle_minutes = 0", "more than 0"),
        ("dashboard = 3", "[dashboard]"),
        ("[dashboard.roles]\nann = 'king'", 'no role "king"'),
        ("[dashboard.oidc]\nissuer = 'https://x.example'", "set client_id"),
        ("[dashboard.oidc]\nissuer = 'http://x.example'\nclient_id = 'x'", "https://"),
    ],
)
def test_invalid_settings_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "regulars.toml"
    file.write_text(text)
    with pytest.raises(ProfileError) as error:
        load_dashboard_settings(file)
    assert message in str(error.value)
