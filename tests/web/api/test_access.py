"""Roles, tokens and limits of the API are those of the dashboard: no way around the login."""

import shutil
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from regulars.analyses.catalog import ANALYSES
from regulars.core.errors import ProfileError
from regulars.core.settings import Settings
from regulars.loads.api import load
from regulars.web.api.access import ApiAccess
from regulars.web.api.app import api_app
from regulars.web.api.rate_limit import RateLimit
from regulars.web.api.tokens import TokenFile
from regulars.web.result_cache import ResultCache
from regulars.web.roles import Role
from web.api.conftest import CAMPAIGN, Api

CUSTOMERS = ("Ann", "Bob", "Cid", "Dee", "Eve", "Fay", "Gus", "Hal", "Ivy")
ORDERS = [str(number) for number in range(1001, 1024)]


@pytest.mark.parametrize("secret", [None, "", "regulars_wrong", "Bearer"])
def test_nothing_is_answered_without_a_valid_token(secret: str | None, api: Api) -> None:
    client = api.with_token(secret)
    for path in ("analyses", "analyses/kpis", "metrics", "warehouse", "loads", "lists", "segments"):
        response = client.get(f"/v1/{path}")
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path",
    [
        "analyses/rfm", "analyses/lines", "analyses/customer_summary", "analyses/order_history",
        "analyses/sales_by?by=customer", "analyses/kpis?where=customer_id=Ann",
        "analyses/kpis?where=order_id=1001", "metrics/orders?where=customer_id=Ann",
        "values/customer_id", "values/order_id", "lists", f"lists/{CAMPAIGN}/results",
    ],
)  # fmt: skip
def test_a_viewer_cannot_see_customers(path: str, api: Api) -> None:
    response = api.viewer.get(f"/v1/{path}")
    assert response.status_code == 403
    assert response.json()["detail"].startswith("Viewers cannot see customers.")
    assert api.analyst.get(f"/v1/{path}").status_code != 403


def test_a_viewer_receives_no_customer_or_order_number_from_any_analysis(api: Api) -> None:
    seen = 0
    for name in ANALYSES:
        response = api.viewer.get(f"/v1/analyses/{name}")
        seen += response.status_code == 200
        rows = str(response.json().get("rows", ""))
        assert not any(f"'{one}'" in rows for one in (*CUSTOMERS, *ORDERS)), name
    assert seen > len(ANALYSES) / 2


def test_only_exporters_export_a_list_and_every_export_is_logged(api: Api) -> None:
    path = f"/v1/lists/{CAMPAIGN}/exports"
    for role in (Role.VIEWER, Role.ANALYST):
        assert api.as_(role).post(path).status_code == 403
    response = api.exporter.post(path, params={"file_type": "csv"})
    assert response.status_code == 200
    header, *customers = response.text.splitlines()
    assert header.startswith('"customer_id"')
    [saved] = api.analyst.get("/v1/lists").json()["lists"]
    assert len(customers) == saved["counts"]["treatment"]
    with_log = api.results.uncached(lambda warehouse: list(
        warehouse.rows(warehouse.table("list_exports").order_by("exported_at"))
    ))  # fmt: skip
    assert (with_log[-1]["author"], with_log[-1]["rows"]) == ("exporter", len(customers))


def test_a_list_does_not_reveal_how_its_control_group_was_drawn(api: Api) -> None:
    [saved] = api.analyst.get("/v1/lists").json()["lists"]
    assert saved["name"] == CAMPAIGN
    assert "seed" not in saved


def test_an_unknown_list_is_not_found(api: Api) -> None:
    assert api.analyst.get("/v1/lists/none/results").status_code == 404
    assert api.exporter.post("/v1/lists/none/exports").status_code == 404


def test_a_removed_or_replaced_token_stops_working_at_once(api: Api) -> None:
    old = api.tokens.add("sheet", Role.VIEWER)
    assert api.with_token(old).get("/v1/analyses").status_code == 200
    new = api.tokens.add("sheet", Role.VIEWER)
    assert api.with_token(old).get("/v1/analyses").status_code == 401
    assert api.with_token(new).get("/v1/analyses").status_code == 200
    api.tokens.remove("sheet")
    assert api.with_token(new).get("/v1/analyses").status_code == 401


def test_the_tokens_file_has_no_token_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "tokens.toml")
    secret = file.add("sheet", Role.VIEWER)
    assert secret not in file.path.read_text()
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.path.chmod(0o644)
    with pytest.raises(ProfileError, match="chmod 600"):
        file.entries()
    assert file.find(secret) is None


def test_a_token_makes_only_so_many_requests_in_a_minute(api: Api) -> None:
    now = [0.0]
    limited = api_app(api.results, ApiAccess(api.tokens, RateLimit(2, lambda: now[0])))
    ann, bob = (api.tokens.add(name, Role.VIEWER) for name in ("ann", "bob"))

    def get(secret: str) -> tuple[int, str | None]:
        client = TestClient(limited, headers={"Authorization": f"Bearer {secret}"})
        response = client.get("/v1/segments")
        return response.status_code, response.headers.get("retry-after")

    assert [get(ann) for _ in range(3)] == [(200, None), (200, None), (429, "30")]
    assert get(bob) == (200, None)
    now[0] = 30.0
    assert [get(ann) for _ in range(2)] == [(200, None), (429, "30")]
    assert [get("regulars_wrong")[0] for _ in range(3)] == [401, 401, 429]


def test_without_tokens_only_this_machine_is_answered(api: Api) -> None:
    app = api_app(api.results, ApiAccess(None, RateLimit(100)))
    assert TestClient(app, "http://localhost").get("/v1/lists").status_code == 200
    refused = TestClient(app, "http://evil.example").get("/v1/lists")
    assert refused.status_code == 403


def test_a_client_with_the_latest_result_gets_none_until_a_load(api: Api, tmp_path: Path) -> None:
    location = tmp_path / "shop.duckdb"
    shutil.copy(api.location, location)
    first = _local_get(location, "/v1/analyses/kpis")
    known = {"If-None-Match": first.headers["etag"]}
    again = _local_get(location, "/v1/analyses/kpis", known)
    assert (again.status_code, again.content) == (304, b"")
    assert _local_get(location, "/v1/analyses/kpis?until=2024-02-01", known).status_code == 200
    more = tmp_path / "more.csv"
    more.write_text(
        "Order ID,Order Date,Customer ID,Product ID,Product Name,Category,Subcategory,Quantity,"
        "Unit Price,Discount,Country,Status\n"
        "2001,2024-04-11 09:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid\n"
    )
    load(more, warehouse=location, settings=Settings())
    fresh = _local_get(location, "/v1/analyses/kpis", known)
    assert fresh.status_code == 200
    before, after = first.json()["rows"][0], fresh.json()["rows"][0]
    assert after["net_sales"] - before["net_sales"] == 10


def _local_get(location: Path, path: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    """Return the answer of a new server without tokens."""
    results = ResultCache(str(location), Settings())
    app = api_app(results, ApiAccess(None, RateLimit(100)))
    try:
        return TestClient(app, "http://localhost").get(path, headers=headers)
    finally:
        results.shut_down(0)


TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "location=UK", "segment=Champions", "=", "\0", "2024-02-30"]),
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_request_is_answered_or_refused_in_words(data: st.DataObject, api: Api) -> None:
    """Requests are drawn from the API's own description, with values of any kind."""
    paths = api.viewer.get("/v1/openapi.json").json()["paths"]
    path, methods = data.draw(st.sampled_from(sorted(paths.items())))
    method, operation = data.draw(st.sampled_from(sorted(methods.items())))
    query: dict[str, str] = {}
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "path":
            known = st.sampled_from(["kpis", "rfm", "net_sales", "location", CAMPAIGN])
            value = data.draw(known | st.text("abc/.%é\n", min_size=1, max_size=5))
            path = path.replace("{" + name + "}", value.replace("/", "%2F").replace("\n", "%0A"))
        elif data.draw(st.booleans()):
            query[name] = data.draw(TEXTS | st.integers().map(str))
    client = api.as_(data.draw(st.sampled_from(list(Role))))
    response = client.request(method, path, params=query)
    assert response.status_code in (200, 400, 403, 404, 405)
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"]
