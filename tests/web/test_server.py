"""The server: where it listens, what it says, how it ends."""

import socket
import subprocess
import sys

import pytest

from regulars.core.errors import ProfileError, QuestionError
from regulars.core.settings import load_settings
from regulars.web.roles import Role
from regulars.web.server import clean_base, is_here
from regulars.web.settings import load_dashboard
from support.dashboard_server import (
    SCRIPTS,
    STDERR_FILE,
    WebClient,
    read_until_closed,
    rerun_until,
    run_server,
    run_server_command,
    write_users,
)

ENDLESS = SCRIPTS / "endless.py"
COMMAND = [sys.executable, "-u", "-m", "regulars", "dashboard"]


def regulars(folder, *arguments):
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def in_use(*addresses):
    """Return sockets that listen there."""
    return [socket.create_server(address) for address in addresses]


def test_the_command_serves_our_pages_until_ctrl_c_and_ends_quietly(tmp_path):
    with run_server_command(COMMAND, tmp_path) as one:
        assert one.address.startswith("http://localhost:85")
        assert WebClient(one.address).page().status_code == 200
        assert one.stop() == 0
        assert one.process.stdout.read() == "It ends with Ctrl-C.\n"


def test_it_ends_quietly_although_pages_are_open(tmp_path):
    with run_server(tmp_path) as one, WebClient(one.address).stream() as stream:
        rerun_until(stream, "User ")
        assert one.stop() == 0
    assert (tmp_path / STDERR_FILE).read_text() == ""


def test_it_ends_soon_although_a_question_takes_long(tmp_path):
    with (
        run_server(tmp_path, script=str(ENDLESS)) as one,
        WebClient(one.address).stream() as stream,
    ):
        rerun_until(stream, "Querying.")
        assert one.stop() == 0
    assert (tmp_path / STDERR_FILE).read_text() == ""


LOOKED_IN = """
import sys
import streamlit as st
from pathlib import Path
own = str(Path(__file__).parent)
behind = len(sys.path) - 1 - sys.path.index(own)
st.write(f"Its folder stands there {sys.path.count(own)} time, before {behind} others.")
"""


def test_a_run_of_a_page_leaves_alone_where_others_import_from(tmp_path):
    script = tmp_path / "pages" / "script.py"
    script.parent.mkdir()
    script.write_text(LOOKED_IN)
    with run_server(tmp_path, script=str(script)) as one, WebClient(one.address).stream() as stream:
        rerun_until(stream, "Its folder stands there 1 time, before 0 others.")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])
def test_it_will_not_listen_elsewhere_where_nobody_has_to_log_in(tmp_path, host):
    told = regulars(tmp_path, "--host", host, "--port", "8999")
    assert told.returncode == 2
    assert "will not listen" in told.stderr
    assert "regulars users add" in told.stderr


def test_it_will_not_stand_behind_a_proxy_where_nobody_has_to_log_in(tmp_path):
    told = regulars(tmp_path, "--proxy", "127.0.0.1")
    assert told.returncode == 2
    assert "regulars users add" in told.stderr


def test_it_listens_elsewhere_where_people_log_in(tmp_path):
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path, host="0.0.0.0") as one:
        assert WebClient(one.address).page().status_code == 303


def test_a_file_of_users_that_is_named_has_to_be_there(tmp_path):
    told = regulars(tmp_path, "--users", "nobody.toml")
    assert told.returncode == 2
    assert "nobody.toml" in told.stderr


def test_a_port_that_is_in_use_is_told(tmp_path):
    [busy] = in_use(("127.0.0.1", 0))
    with busy:
        port = busy.getsockname()[1]
        told = regulars(tmp_path, "--port", str(port))
    assert (told.returncode, told.stdout) == (2, "")
    assert f"Port {port} is in use" in told.stderr


def test_who_comes_in_and_whence_wrong_passwords_come_is_written_down_but_no_wrong_name(tmp_path):
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as one:
        WebClient(one.address).log_in("a password in the wrong box", "x")
        WebClient(one.address).logged_in("vera")
    said = (tmp_path / STDERR_FILE).read_text()
    assert "A wrong name or password from 127.0.0.1" in said
    assert "vera logged in from 127.0.0.1" in said
    assert "wrong box" not in said


def test_a_configuration_of_streamlits_own_opens_nothing(tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        "[server]\nenableXsrfProtection = false\nenableCORS = false\nenableStaticServing = true\n"
        'trustedUserHeaders = \'{"X-Role": "regulars_role"}\'\nbaseUrlPath = "elsewhere"\n'
        '[client]\nshowErrorDetails = "full"\ntoolbarMode = "developer"\n'
        "[browser]\ngatherUsageStats = true\n"
    )
    write_users(tmp_path, vera="viewer", adam="admin")
    with run_server(tmp_path) as one:
        browser = WebClient(one.address).logged_in("vera")
        with browser.stream(**{"X-Role": "admin"}) as stream:
            rerun_until(stream, "User vera, viewer")
        adam = WebClient(one.address).logged_in("adam")
        answer = adam.http.put("_stcore/upload_file/none/1", content=b"x")
        assert (answer.status_code, "XSRF" in answer.text) == (403, True)


def test_two_dashboards_take_two_ports(tmp_path):
    with run_server(tmp_path) as first, run_server(tmp_path) as second:
        assert first.address != second.address


def test_a_page_of_another_site_that_calls_itself_us_is_refused(unguarded):
    """A name that a stranger makes point to this machine (DNS rebinding) is not this machine's."""
    browser = WebClient(unguarded.address)
    for host in ("evil.example", "evil.example:8501", "localhost.evil.example", ""):
        assert browser.page(Host=host).status_code in (400, 403)
    assert browser.page(Host="127.0.0.1:8501").status_code == 200


def test_who_sits_at_the_machine_is_its_admin_without_logging_in(unguarded):
    with WebClient(unguarded.address).stream() as stream:
        sent = rerun_until(stream, "Guarded: False. Base path: [].")
    assert b", admin, of shop.duckdb." in sent


def test_under_a_path_everything_is_under_it(tmp_path):
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path, base_path="/shop/") as one:
        assert one.address.endswith("/shop/")
        browser = WebClient(one.address).logged_in("vera")
        assert browser.http.get(one.origin).headers["location"] == "/shop/"
        assert browser.http.get(f"{one.origin}/other").status_code == 404
        with browser.stream() as stream:
            rerun_until(stream, "Base path: [/shop].")


def test_an_open_page_ends_with_its_session(tmp_path):
    (tmp_path / "regulars.toml").write_text("[dashboard]\nidle_minutes = 0.05\n")
    write_users(tmp_path, vera="viewer")
    with run_server(tmp_path) as one:
        browser = WebClient(one.address).logged_in("vera")
        with browser.stream() as stream:
            rerun_until(stream, "User vera")
            code, _ = read_until_closed(stream)
        assert code == 1008
        assert browser.page().status_code == 303


def test_help_needs_no_streamlit():
    code = (
        "import sys\nfrom regulars.cli.main import cli\n"
        "cli.main(['dashboard', '--help'], standalone_mode=False)\n"
        "print([name for name in ('streamlit', 'starlette', 'argon2') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"


def test_only_this_machine_is_here():
    assert [host for host in ("127.0.0.1", "127.0.0.9", "::1", "localhost", "0.0.0.0", "::",
                              "192.168.1.2", "localhost.example")
            if is_here(host)] == ["127.0.0.1", "127.0.0.9", "::1", "localhost"]  # fmt: skip


def test_a_base_path_is_a_path():
    assert [clean_base(path) for path in ("", "/", "shop", "/shop/", "/a/b")] == [
        "", "", "/shop", "/shop", "/a/b",
    ]  # fmt: skip
    for path in ("/a b", "/a?b", "/..", "//evil.example/..", "/ä", "/a%2fb"):
        with pytest.raises(QuestionError):
            clean_base(path)


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


def test_its_settings_are_apart_from_those_that_a_warehouse_keeps(tmp_path, monkeypatch):
    monkeypatch.setenv("REGULARS_OIDC_CLIENT_SECRET", "not to be kept")
    file = tmp_path / "regulars.toml"
    file.write_text(SETTINGS)
    told = load_dashboard(file)
    assert (told.idle_minutes, told.oidc.client_secret) == (30, "not to be kept")
    assert told.roles == {"ann@shop.example": Role.ADMIN, "@shop.example": Role.VIEWER}
    assert told.groups == {"marketing": Role.EXPORTER}
    assert load_settings(file).currency == "£"
    assert "login.example" not in repr(load_settings(file))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("[dashboard]\nidle = 3", 'unknown "idle"'),
        ("[dashboard]\nidle_minutes = 0", "more than 0"),
        ("dashboard = 3", "[dashboard]"),
        ("[dashboard.roles]\nann = 'king'", 'no role "king"'),
        ("[dashboard.oidc]\nissuer = 'https://x.example'", "client_id must be given"),
        ("[dashboard.oidc]\nissuer = 'http://x.example'\nclient_id = 'x'", "https://"),
    ],
)
def test_a_setting_that_will_not_do_is_told(tmp_path, wrong, words):
    file = tmp_path / "regulars.toml"
    file.write_text(wrong)
    with pytest.raises(ProfileError) as told:
        load_dashboard(file)
    assert words in str(told.value)
