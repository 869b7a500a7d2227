"""What BI tools are handed: well formed, complete, and without the password."""

import json
from xml.etree import ElementTree

import pytest

from regulars.core.errors import InputError
from regulars.engines.postgres.address import Address
from regulars.warehouse.bi_tools import TOOLS, connection, hand_over

SHOP = Address("ann", "s3cret", "db.example.com", "5433", "shop", "north")


@pytest.mark.parametrize("tool", TOOLS)
def test_no_tool_is_told_the_password(tool):
    assert "s3cret" not in connection(tool, SHOP)[1]
    assert "shop" in connection(tool, SHOP)[1]


def test_power_bi_gets_one_connection_of_its_data_source_format():
    ending, text = connection("powerbi", SHOP)
    told = json.loads(text)
    assert (ending, told["version"]) == (".pbids", "0.1")
    [one] = told["connections"]
    assert one["mode"] in ("Import", "DirectQuery")
    assert one["details"] == {
        "protocol": "postgresql",
        "address": {"server": "db.example.com:5433", "database": "shop"},
    }


def test_tableau_gets_the_sales_with_each_dimension_joined_once():
    ending, text = connection("tableau", SHOP)
    source = ElementTree.fromstring(text)
    assert (ending, source.tag) == (".tds", "datasource")
    place = source.find("connection/named-connections/named-connection/connection")
    assert place.attrib["class"] == "postgres"
    assert {place.attrib[name] for name in ("server", "port", "dbname", "username")} == {
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
def test_other_tools_get_settings_and_the_relationships_to_draw(tool):
    ending, text = connection(tool, SHOP)
    assert ending == ""
    assert "sales.ordered_on -> calendar.date" in text
    assert "orders.customer_key -> customers.customer_key" in text


def test_an_unknown_tool_is_an_error_with_the_closest():
    with pytest.raises(InputError, match='Did you mean "powerbi"'):
        connection("power-bi", SHOP)


def test_a_file_is_written_under_the_ending_the_tool_opens(tmp_path):
    place = "postgresql://ann@h/shop"
    hand_over("powerbi", place, tmp_path / "shop.pbids")
    assert json.loads((tmp_path / "shop.pbids").read_text())["version"] == "0.1"
    with pytest.raises(InputError, match=r"ends in \.tds"):
        hand_over("tableau", place, tmp_path / "shop.xml")
    with pytest.raises(InputError, match="is kept in DuckDB; BI tools connect"):
        hand_over("tableau", "shop.duckdb", None)
