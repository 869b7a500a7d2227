"""Connections for BI tools are well-formed, complete, and without the password."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from regulars.core.errors import InputError
from regulars.engines.postgres.address import Address
from regulars.warehouse.bi_tools import TOOLS, connect_bi_tool, connection

SHOP = Address("ann", "s3cret", "db.example.com", "5433", "shop", "north")


@pytest.mark.parametrize("tool", TOOLS)
def test_no_connection_contains_the_password(tool: str) -> None:
    assert "s3cret" not in connection(tool, SHOP)[1]
    assert "shop" in connection(tool, SHOP)[1]


def test_power_bi_gets_a_data_source_file_with_one_connection() -> None:
    ending, text = connection("powerbi", SHOP)
    content = json.loads(text)
    assert (ending, content["version"]) == (".pbids", "0.1")
    [one] = content["connections"]
    assert one["mode"] in ("Import", "DirectQuery")
    assert one["details"] == {
        "protocol": "postgresql",
        "address": {"server": "db.example.com:5433", "database": "shop"},
    }


def test_tableau_gets_the_sales_with_each_dimension_joined_once() -> None:
    ending, text = connection("tableau", SHOP)
    source = ElementTree.fromstring(text)
    assert (ending, source.tag) == (".tds", "datasource")
    server = source.find("connection/named-connections/named-connection/connection")
    assert server is not None
    assert server.attrib["class"] == "postgres"
    assert {server.attrib[name] for name in ("server", "port", "dbname", "username")} == {
        "db.example.com", "5433", "shop", "ann",
    }  # fmt: skip
    tables = [one.attrib["table"] for one in source.iter("relation") if "table" in one.attrib]
    assert sorted(tables) == [
        "[north].[calendar]", "[north].[customers]", "[north].[orders]", "[north].[products]",
        "[north].[sales]",
    ]  # fmt: skip
    joins = [[part.attrib["op"] for part in one] for one in source.iter("expression") if len(one)]
    assert ["[sales].[customer_key]", "[customers].[customer_key]"] in joins
    assert len(joins) == 4


@pytest.mark.parametrize("tool", ["superset", "metabase"])
def test_other_tools_get_settings_and_relationships(tool: str) -> None:
    ending, text = connection(tool, SHOP)
    assert ending == ""
    assert "sales.ordered_on -> calendar.date" in text
    assert "orders.customer_key -> customers.customer_key" in text


def test_an_unknown_tool_is_refused_with_a_suggestion() -> None:
    with pytest.raises(InputError, match='Did you mean "powerbi"'):
        connection("power-bi", SHOP)


def test_a_connection_file_needs_the_ending_that_the_tool_opens(tmp_path: Path) -> None:
    address = "postgresql://ann@h/shop"
    connect_bi_tool("powerbi", address, tmp_path / "shop.pbids")
    assert json.loads((tmp_path / "shop.pbids").read_text())["version"] == "0.1"
    with pytest.raises(InputError, match=r"end in \.tds"):
        connect_bi_tool("tableau", address, tmp_path / "shop.xml")
    with pytest.raises(InputError, match=r"is stored in DuckDB\. BI tools can connect"):
        connect_bi_tool("tableau", "shop.duckdb", None)
