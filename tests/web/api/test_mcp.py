"""Agents query the catalog over MCP: the SDK's own client in process, by stdio and by HTTP."""

import shutil
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.web.api.access import Caller
from regulars.web.api.service import Api as Service
from regulars.web.api.tokens import TokenFile
from regulars.web.mcp.asker import Asker
from regulars.web.mcp.tools import mcp_server
from regulars.web.roles import Role
from support.dashboard_server import run_server
from support.small_shop import built_small_shop
from web.api.conftest import CAMPAIGN, Api

Talk = Callable[[Client], Awaitable[Any]]


def talk(server: Any, conversation: Talk) -> Any:
    """Run a conversation of a client with a server, and return its result."""

    async def run() -> Any:
        async with Client(server) as client:
            return await conversation(client)

    # In a thread of its own: a browser of other tests runs an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, run).result()


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """Return what a tool answers; the words of its error if it refuses."""
    result = await client.call_tool(tool, arguments)
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text if result.is_error else result.structured_content


def ask(api: Api, role: Role, tool: str, **arguments: Any) -> Any:
    """Return what a tool answers an agent with this role."""
    service = Service(api.results, api.access)
    server = mcp_server(Asker(service, Caller("agent", role)))
    return talk(server, lambda client: call(client, tool, **arguments))


def test_an_agent_discovers_what_it_can_ask(api: Api) -> None:
    analyses = ask(api, Role.VIEWER, "analyses")["analyses"]
    assert [one["name"] for one in analyses] == [*ANALYSES]
    metrics = ask(api, Role.VIEWER, "metrics")["metrics"]
    assert [one["name"] for one in metrics] == [*METRICS]
    assert ask(api, Role.VIEWER, "values", column="location")["values"] == ["DE", "FR", "UK"]
    assert ask(api, Role.VIEWER, "warehouse")["last_day"] == "2024-04-10"
    assert "Champions" in [one["name"] for one in ask(api, Role.VIEWER, "segments")["segments"]]


@pytest.mark.parametrize("where", [{"location": ["UK"]}, {"location": "UK"}, '{"location": "UK"}'])
def test_an_answer_is_that_of_the_api_however_the_agent_writes_its_filters(
    where: Any, api: Api
) -> None:
    query = {"where": "location=UK", "by": "product"}
    expected = api.viewer.get("/v1/analyses/sales_by", params=query).json()
    answer = ask(api, Role.VIEWER, "ask", analysis="sales_by", where=where,
                 options={"by": "product"})  # fmt: skip
    assert answer["rows"] == expected["rows"]
    assert answer["columns"] == expected["columns"]
    assert answer["definition"] == ANALYSES["sales_by"].description
    orders = api.viewer.get("/v1/metrics/orders?where=location=UK").json()["value"]
    [measured] = ask(api, Role.VIEWER, "measure", metrics="orders", where=where)["metrics"]
    assert measured["value"] == orders


def test_an_answer_says_whether_there_are_more_rows(api: Api) -> None:
    first = ask(api, Role.ANALYST, "ask", analysis="rfm", rows=4)
    rest = ask(api, Role.ANALYST, "ask", analysis="rfm", rows=100, offset=4)
    assert (first["more"], rest["more"]) == (True, False)
    whole = api.analyst.get("/v1/analyses/rfm").json()["rows"]
    assert first["rows"] + rest["rows"] == whole


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ask", {"analysis": "rfm"}),
        ("ask", {"analysis": "kpis", "where": {"customer_id": "Ann"}}),
        ("ask", {"analysis": "sales_by", "options": {"by": "customer"}}),
        ("measure", {"metrics": ["orders"], "where": {"order_id": "1001"}}),
        ("values", {"column": "customer_id"}),
        ("lists", {}),
    ],
)
def test_an_agent_of_a_viewer_cannot_see_customers(
    tool: str, arguments: dict[str, Any], api: Api
) -> None:
    assert "Viewers cannot see customers." in ask(api, Role.VIEWER, tool, **arguments)
    assert isinstance(ask(api, Role.ANALYST, tool, **arguments), dict)


def test_lists_are_named_with_their_sizes(api: Api) -> None:
    [saved] = ask(api, Role.ANALYST, "lists")["lists"]
    assert saved["name"] == CAMPAIGN
    assert saved["treatment"] + saved["control"] == saved["chosen"]


def test_an_agent_learns_what_to_correct(api: Api) -> None:
    def words(**arguments: Any) -> Any:
        return ask(api, Role.ANALYST, "ask", **arguments)

    assert 'Did you mean "segments"?' in words(analysis="segmnts")
    assert 'Did you mean "UK"?' in words(analysis="kpis", where={"location": "UKK"})
    assert 'kpis has no option "by"' in words(analysis="kpis", options={"by": "product"})
    assert "where must be an object" in words(analysis="kpis", where="location is UK")
    assert "is not a date" in words(analysis="kpis", since="yesterday")


def test_every_tool_only_reads(api: Api) -> None:
    server = mcp_server(Asker(Service(api.results, api.access), Caller("agent", Role.VIEWER)))
    tools = talk(server, lambda client: client.list_tools()).tools
    assert len(tools) == 8
    assert all(tool.annotations.read_only_hint for tool in tools)


def test_definitions_are_resources(api: Api) -> None:
    server = mcp_server(Asker(Service(api.results, api.access), Caller("agent", Role.VIEWER)))
    read = talk(server, lambda client: client.read_resource("regulars://metrics/net_sales"))
    assert METRICS["net_sales"].description in read.contents[0].text


def test_an_agent_starts_the_command_and_asks(tmp_path: Path) -> None:
    shutil.copy(built_small_shop() / "shop.duckdb", tmp_path)
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "regulars", "mcp", "-w", "shop.duckdb"], cwd=tmp_path
    )
    answer = talk(command, lambda client: call(client, "measure", metrics="orders"))
    assert answer["metrics"][0]["name"] == "orders"


def test_agents_ask_the_dashboard_over_http_with_a_token(tmp_path: Path) -> None:
    shutil.copy(built_small_shop() / "shop.duckdb", tmp_path)
    secret = TokenFile(tmp_path / "regulars-tokens.toml").add("agent", Role.VIEWER)
    with run_server(tmp_path) as server:
        address = f"{server.address}api/mcp"

        async def over_http() -> tuple[Any, Any]:
            headers = {"Authorization": f"Bearer {secret}"}
            async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as http:
                transport = streamable_http_client(address, http_client=http)
                async with Client(transport) as client:
                    allowed = await call(client, "measure", metrics="orders")
                    return allowed, await call(client, "ask", analysis="rfm")

        with ThreadPoolExecutor(1) as thread:
            allowed, refused = thread.submit(anyio.run, over_http).result()
        assert allowed["metrics"][0]["name"] == "orders"
        assert "Viewers cannot see customers." in refused
        without = httpx2.post(address, json={}, trust_env=False)
        assert (without.status_code, without.headers["www-authenticate"]) == (401, "Bearer")
