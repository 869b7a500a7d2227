"""The gate: who has not logged in gets nothing of Streamlit's, by HTTP or by WebSocket."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus

from regulars.web.auth.users import UserFile
from regulars.web.roles import Role
from support.dashboard_server import (
    ROLES,
    WebClient,
    read_until_closed,
    request_rerun,
    rerun_until,
    write_users,
)

OF_STREAMLIT = (
    "", "sales", "static/js/index.js", "media/0123.csv", "_stcore/health", "_stcore/host-config",
    "_stcore/upload_file/1/2", "_stcore/metrics", "_stcore/agent/openapi.json", "_stcore/stream",
    "component/x/y.js", "app/static/x", "login/", "login/x", "healthy", "%2e%2e/", "//",
    "auth/login",
)  # fmt: skip


def refused(browser, **headers):
    with pytest.raises(InvalidStatus) as told, browser.stream(**headers):
        pass
    return told.value.response.status_code


@pytest.mark.parametrize("path", OF_STREAMLIT)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_nothing_of_streamlit_answers_without_a_session(somebody, path, method):
    answer = somebody.http.request(method, path)
    assert answer.status_code in (401, 404)
    assert answer.text in ("Log in first.", "There is nothing here.", "")


def test_who_asks_for_a_page_is_sent_to_the_login_and_back_again(somebody):
    asked = somebody.page("sales?place=Kent&since=2011-01-01")
    assert asked.status_code == 303
    form = somebody.page(asked.headers["location"])
    assert 'value="/sales?place=Kent&amp;since=2011-01-01"' in form.text
    entered = somebody.log_in("vera", next="/sales?place=Kent&since=2011-01-01")
    assert entered.headers["location"] == "/sales?place=Kent&since=2011-01-01"
    assert somebody.page("sales").status_code == 200


def test_a_page_can_ask_whether_its_session_goes_on_and_that_alone(somebody):
    assert somebody.http.get("session").status_code == 401
    assert "session" in somebody.http.get("session.js").text
    somebody.logged_in("vera")
    assert somebody.http.get("session").status_code == 204
    assert '<script type="module" src="/session.js"></script></head>' in somebody.page("sales").text


def test_health_says_that_it_is_there_and_nothing_else(somebody):
    assert somebody.http.get("health").text == "ok"


@pytest.mark.parametrize("name", ROLES)
def test_everybody_is_told_to_the_page_as_who_they_are(guarded, name):
    with WebClient(guarded.address).logged_in(name).stream() as stream:
        rerun_until(stream, f"User {name}, {ROLES[name]}, of shop.duckdb.")


def test_a_stream_without_a_session_is_refused_before_it_opens(somebody):
    assert refused(somebody) == 403


@pytest.mark.parametrize("forged", ["x", "A" * 43, "null", "../../etc/passwd", "é", '"', ";"])
def test_a_stream_with_a_forged_session_is_refused(somebody, forged):
    assert refused(somebody, Cookie=f"regulars_session={forged}") == 403


def test_a_stream_with_a_session_changed_by_one_letter_is_refused(somebody):
    word = somebody.logged_in("vera").session
    changed = word[:-1] + ("A" if word[-1] != "A" else "B")
    assert refused(somebody, Cookie=f"regulars_session={changed}") == 403


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://evil.example", "https://localhost", "http://localhost", "file://"],
)
def test_a_stream_that_another_site_opens_is_refused_although_the_session_is_good(somebody, origin):
    assert refused(somebody.logged_in("vera"), Origin=origin) == 403


def test_nobody_can_say_themselves_who_they_are(somebody):
    lies = {
        "X-Regulars-Name": "adam", "X-Regulars-Role": "admin", "x_regulars_role": "admin",
        "X-REGULARS-NAME": "adam",
    }  # fmt: skip
    assert refused(somebody, **lies) == 403
    with somebody.logged_in("vera").stream(**lies) as stream:
        sent = rerun_until(stream, "User vera, viewer")
    assert b"adam" not in sent


def test_nobody_takes_over_a_page_of_somebody_else_by_its_number(guarded):
    adam, vera = (WebClient(guarded.address).logged_in(name) for name in ("adam", "vera"))
    with adam.stream() as his:
        request_rerun(his)
        first = ForwardMsg.FromString(his.recv(timeout=30))
        number = first.new_session.initialize.session_id
        assert len(number) == 36
        with vera.stream("xsrf", number) as hers:
            assert b"adam" not in rerun_until(hers, "User vera, viewer")
        rerun_until(his, "User adam, admin")


def test_streamlits_own_cookie_of_a_user_changes_nothing(somebody):
    cookie = "_streamlit_user=eyJlbWFpbCI6ImFkYW0ifQ; _streamlit_user__1=x"
    assert refused(somebody, Cookie=cookie) == 403


def test_a_session_that_was_logged_out_is_over_on_every_page_and_stream(guarded):
    browser = WebClient(guarded.address).logged_in("anna")
    kept = WebClient(guarded.address)
    kept.http.cookies.set("regulars_session", browser.session)
    with kept.stream() as stream:
        rerun_until(stream, "User anna")
        browser.http.post("logout", data={"token": browser.token("logout")})
        assert read_until_closed(stream)[0] == 1008
    assert kept.page().status_code == 303
    assert refused(kept) == 403


def test_logging_out_takes_a_form_of_ours(guarded):
    browser = WebClient(guarded.address).logged_in("anna")
    assert browser.page("logout").status_code == 200
    assert browser.http.post("logout", data={"token": "guessed"}).status_code == 200
    assert browser.page().status_code == 200


def test_who_is_removed_loses_the_pages_they_have_open(changing):
    file = write_users(changing.folder, vera="viewer")
    browser = WebClient(changing.address).logged_in("vera")
    with browser.stream() as stream:
        rerun_until(stream, "User vera, viewer")
        UserFile(file).remove("vera")
        assert read_until_closed(stream)[0] == 1008
    assert browser.http.get("static/js/index.js").status_code == 401
    assert refused(browser) == 403
    write_users(changing.folder, vera="viewer")
    assert refused(browser) == 403


def test_another_role_holds_at_once(changing):
    file = UserFile(write_users(changing.folder, eric="exporter"))
    browser = WebClient(changing.address).logged_in("eric")
    with browser.stream() as stream:
        rerun_until(stream, "User eric, exporter")
        file.set_role("eric", Role.VIEWER)
        request_rerun(stream)
        code, sent = read_until_closed(stream)
        assert code == 1008
        assert b"exporter" not in sent
    with browser.stream() as stream:
        rerun_until(stream, "User eric, viewer")


def test_a_new_password_ends_the_sessions_of_the_old_one(changing):
    write_users(changing.folder, anna="analyst")
    browser = WebClient(changing.address).logged_in("anna")
    write_users(changing.folder, anna="analyst")
    assert browser.page().status_code == 303


def test_a_file_of_users_that_is_spoilt_lets_nobody_in(changing):
    file = write_users(changing.folder, anna="analyst")
    text = file.read_text()
    browser = WebClient(changing.address).logged_in("anna")
    file.write_text("spoilt")
    assert browser.page().status_code == 303
    assert WebClient(changing.address).log_in("anna").status_code == 403
    file.write_text(text)
    assert browser.page().status_code == 200


def hand_in(browser, **headers):
    """Send a file to a page that is not there, which Streamlit alone would tell by a 400."""
    browser.http.get("_stcore/health")
    headers["X-Xsrftoken"] = browser.http.cookies["_streamlit_xsrf"]
    at = "_stcore/upload_file/none/1"
    return browser.http.put(at, files={"file": b"a,b"}, headers=headers).status_code


@pytest.mark.parametrize(
    ("name", "status"), [("vera", 403), ("anna", 403), ("eric", 400), ("adam", 400)]
)
def test_only_who_may_hand_files_in_reaches_the_upload(guarded, name, status):
    assert hand_in(WebClient(guarded.address).logged_in(name)) == status


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost"])
def test_another_site_cannot_send_anything_with_somebodys_session(guarded, origin):
    assert hand_in(WebClient(guarded.address).logged_in("adam"), Origin=origin) == 403


def test_every_answer_says_what_the_browser_has_to_refuse(guarded):
    somebody = WebClient(guarded.address)
    inside = WebClient(guarded.address).logged_in("vera")
    answers = [somebody.page(), somebody.page("login"), somebody.http.get("x"),
               somebody.http.get("health"), inside.page(), inside.http.get("_stcore/health"),
               inside.http.get("static/none.js")]  # fmt: skip
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "geolocation=()" in answer.headers["permissions-policy"]
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers
    assert inside.page().headers["cache-control"] == "no-store"
    assert "script-src" not in somebody.page("login").headers["content-security-policy"]
