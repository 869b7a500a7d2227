"""The login middleware: without a session, nothing of Streamlit is reachable."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus

from regulars.web.auth.users import UserFile
from regulars.web.roles import Role
from support.dashboard_server import (
    ROLES,
    DashboardProcess,
    WebClient,
    read_until_closed,
    request_rerun,
    rerun_until,
    write_users,
)

STREAMLIT_PATHS = (
    "", "sales", "static/js/index.js", "media/0123.csv", "_stcore/health", "_stcore/host-config",
    "_stcore/upload_file/1/2", "_stcore/metrics", "_stcore/agent/openapi.json", "_stcore/stream",
    "component/x/y.js", "app/static/x", "login/", "login/x", "healthy", "%2e%2e/", "//",
    "auth/login",
)  # fmt: skip


def refused(client: WebClient, **headers: str) -> int:
    with pytest.raises(InvalidStatus) as error, client.stream(**headers):
        pass
    return error.value.response.status_code


@pytest.mark.parametrize("path", STREAMLIT_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_streamlit_is_not_reachable_without_a_session(
    client: WebClient, path: str, method: str
) -> None:
    response = client.http.request(method, path)
    assert response.status_code in (401, 404)
    assert response.text in ("Log in first.", "Not found.", "")


def test_page_redirects_to_the_login_and_back(client: WebClient) -> None:
    redirect = client.page("sales?place=Kent&since=2011-01-01")
    assert redirect.status_code == 303
    form = client.page(redirect.headers["location"])
    assert 'value="/sales?place=Kent&amp;since=2011-01-01"' in form.text
    response = client.log_in("vera", next="/sales?place=Kent&since=2011-01-01")
    assert response.headers["location"] == "/sales?place=Kent&since=2011-01-01"
    assert client.page("sales").status_code == 200


def test_page_can_check_its_session(client: WebClient) -> None:
    assert client.http.get("session").status_code == 401
    assert "session" in client.http.get("session.js").text
    client.logged_in("vera")
    assert client.http.get("session").status_code == 204
    assert '<script type="module" src="/session.js"></script></head>' in client.page("sales").text


def test_health_is_public_and_only_says_ok(client: WebClient) -> None:
    assert client.http.get("health").text == "ok"


@pytest.mark.parametrize("name", ROLES)
def test_script_receives_the_name_and_role_of_the_user(
    dashboard: DashboardProcess, name: str
) -> None:
    with WebClient(dashboard.address).logged_in(name).stream() as stream:
        rerun_until(stream, f"User {name}, {ROLES[name]}, of shop.duckdb.")


def test_websocket_without_session_is_refused(client: WebClient) -> None:
    assert refused(client) == 403


@pytest.mark.parametrize("forged", ["x", "A" * 43, "null", "../../etc/passwd", "é", '"', ";"])
def test_websocket_with_forged_session_is_refused(client: WebClient, forged: str) -> None:
    assert refused(client, Cookie=f"regulars_session={forged}") == 403


def test_websocket_with_altered_session_is_refused(client: WebClient) -> None:
    token = client.logged_in("vera").session
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert refused(client, Cookie=f"regulars_session={changed}") == 403


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://evil.example", "https://localhost", "http://localhost", "file://"],
)
def test_websocket_from_another_site_is_refused(client: WebClient, origin: str) -> None:
    assert refused(client.logged_in("vera"), Origin=origin) == 403


def test_user_headers_from_the_client_are_ignored(client: WebClient) -> None:
    forged_headers = {
        "X-Regulars-Name": "adam", "X-Regulars-Role": "admin", "x_regulars_role": "admin",
        "X-REGULARS-NAME": "adam",
    }  # fmt: skip
    assert refused(client, **forged_headers) == 403
    with client.logged_in("vera").stream(**forged_headers) as stream:
        received = rerun_until(stream, "User vera, viewer")
    assert b"adam" not in received


def test_streamlit_session_id_does_not_give_access_to_its_page(dashboard: DashboardProcess) -> None:
    adam, vera = (WebClient(dashboard.address).logged_in(name) for name in ("adam", "vera"))
    with adam.stream() as his:
        request_rerun(his)
        first = ForwardMsg.FromString(his.recv(timeout=30))
        session_id = first.new_session.initialize.session_id
        assert len(session_id) == 36
        with vera.stream("xsrf", session_id) as hers:
            assert b"adam" not in rerun_until(hers, "User vera, viewer")
        rerun_until(his, "User adam, admin")


def test_streamlit_user_cookie_is_ignored(client: WebClient) -> None:
    cookie = "_streamlit_user=eyJlbWFpbCI6ImFkYW0ifQ; _streamlit_user__1=x"
    assert refused(client, Cookie=cookie) == 403


def test_logout_ends_the_session_on_all_pages_and_websockets(dashboard: DashboardProcess) -> None:
    client = WebClient(dashboard.address).logged_in("anna")
    other = WebClient(dashboard.address)
    other.http.cookies.set("regulars_session", client.session)
    with other.stream() as stream:
        rerun_until(stream, "User anna")
        client.http.post("logout", data={"token": client.token("logout")})
        assert read_until_closed(stream)[0] == 1008
    assert other.page().status_code == 303
    assert refused(other) == 403


def test_logout_needs_the_form_token(dashboard: DashboardProcess) -> None:
    client = WebClient(dashboard.address).logged_in("anna")
    assert client.page("logout").status_code == 200
    assert client.http.post("logout", data={"token": "guessed"}).status_code == 200
    assert client.page().status_code == 200


def test_removing_a_user_closes_their_open_pages(editable_dashboard: DashboardProcess) -> None:
    file = write_users(editable_dashboard.folder, vera="viewer")
    client = WebClient(editable_dashboard.address).logged_in("vera")
    with client.stream() as stream:
        rerun_until(stream, "User vera, viewer")
        UserFile(file).remove("vera")
        assert read_until_closed(stream)[0] == 1008
    assert client.http.get("static/js/index.js").status_code == 401
    assert refused(client) == 403
    write_users(editable_dashboard.folder, vera="viewer")
    assert refused(client) == 403


def test_new_role_applies_at_once(editable_dashboard: DashboardProcess) -> None:
    file = UserFile(write_users(editable_dashboard.folder, eric="exporter"))
    client = WebClient(editable_dashboard.address).logged_in("eric")
    with client.stream() as stream:
        rerun_until(stream, "User eric, exporter")
        file.set_role("eric", Role.VIEWER)
        request_rerun(stream)
        code, received = read_until_closed(stream)
        assert code == 1008
        assert b"exporter" not in received
    with client.stream() as stream:
        rerun_until(stream, "User eric, viewer")


def test_new_password_ends_earlier_sessions(editable_dashboard: DashboardProcess) -> None:
    write_users(editable_dashboard.folder, anna="analyst")
    client = WebClient(editable_dashboard.address).logged_in("anna")
    write_users(editable_dashboard.folder, anna="analyst")
    assert client.page().status_code == 303


def test_invalid_user_file_blocks_all_users(editable_dashboard: DashboardProcess) -> None:
    file = write_users(editable_dashboard.folder, anna="analyst")
    text = file.read_text()
    client = WebClient(editable_dashboard.address).logged_in("anna")
    file.write_text("invalid")
    assert client.page().status_code == 303
    assert WebClient(editable_dashboard.address).log_in("anna").status_code == 403
    file.write_text(text)
    assert client.page().status_code == 200


def upload(client: WebClient, **headers: str) -> int:
    """Upload a file to an unknown page. Streamlit itself responds with 400."""
    client.http.get("_stcore/health")
    headers["X-Xsrftoken"] = client.http.cookies["_streamlit_xsrf"]
    path = "_stcore/upload_file/none/1"
    return client.http.put(path, files={"file": b"a,b"}, headers=headers).status_code


@pytest.mark.parametrize(
    ("name", "status"), [("vera", 403), ("anna", 403), ("eric", 400), ("adam", 400)]
)
def test_only_exporters_and_admins_can_upload(
    dashboard: DashboardProcess, name: str, status: int
) -> None:
    assert upload(WebClient(dashboard.address).logged_in(name)) == status


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost"])
def test_another_site_cannot_upload_with_a_users_session(
    dashboard: DashboardProcess, origin: str
) -> None:
    assert upload(WebClient(dashboard.address).logged_in("adam"), Origin=origin) == 403


def test_every_response_has_security_headers(dashboard: DashboardProcess) -> None:
    client = WebClient(dashboard.address)
    logged_in = WebClient(dashboard.address).logged_in("vera")
    responses = [client.page(), client.page("login"), client.http.get("x"),
               client.http.get("health"), logged_in.page(), logged_in.http.get("_stcore/health"),
               logged_in.http.get("static/none.js")]  # fmt: skip
    for response in responses:
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert "geolocation=()" in response.headers["permissions-policy"]
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "strict-transport-security" not in response.headers
        assert "server" not in response.headers
    assert logged_in.page().headers["cache-control"] == "no-store"
    assert "script-src" not in client.page("login").headers["content-security-policy"]
