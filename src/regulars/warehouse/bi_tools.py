"""Files and settings with which BI tools find a PostgreSQL warehouse; never a password in them."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from regulars.core.errors import InputError, did_you_mean
from regulars.core.schema import FACT_SALES, STAR, VIEW_NAMES
from regulars.core.settings import load_settings
from regulars.engines.locate import engine_of
from regulars.engines.postgres.address import Address
from regulars.engines.postgres.engine import Postgres

DEFAULT_PORT = "5432"


def hand_over(tool: str, warehouse: str | None, output: Path | None) -> str:
    """Write the file that a tool opens, or return its settings; return what to tell people.

    Raises InputError for a warehouse in a file, and for an output that the tool would not open.
    """
    engine = engine_of(warehouse or load_settings().warehouse)
    if not isinstance(engine, Postgres):
        raise InputError(
            f"{engine} is kept in {engine.name}; BI tools connect to a warehouse in PostgreSQL."
        )
    ending, text = connection(tool, engine.address)
    if output is None:
        return text
    if output.suffix != ending:
        opens = f"a file that ends in {ending}" if ending else "no file; leave out -o"
        raise InputError(f"{tool} opens {opens}.")
    output.write_text(text, "utf-8")
    return f"{tool}: {output}\n"


def connection(tool: str, address: Address) -> tuple[str, str]:
    """Return what to hand to a tool: the ending of the file it opens ("" for settings), and text.

    Raises InputError for a tool we know nothing of.
    """
    if tool not in TOOLS:
        raise InputError(f'Nothing is known of "{tool}".{did_you_mean(tool, TOOLS)}')
    return TOOLS[tool](address)


def _powerbi(address: Address) -> tuple[str, str]:
    """Power BI's data source file: Power BI Desktop opens it and asks who you are."""
    details = {
        "protocol": "postgresql",
        "address": {"server": f"{_host(address)}:{_port(address)}", "database": address.database},
    }
    told = {
        "version": "0.1",
        "connections": [{"details": details, "options": {}, "mode": "Import"}],
    }
    return ".pbids", json.dumps(told, indent=2) + "\n"


def _tableau(address: Address) -> tuple[str, str]:
    """Tableau's data source: the sales, each dimension joined to them by its key."""
    named = "postgres.regulars"
    source = ElementTree.Element(
        "datasource", {"formatted-name": "federated.regulars", "inline": "true", "version": "18.1"}
    )
    outer = ElementTree.SubElement(source, "connection", {"class": "federated"})
    place = ElementTree.SubElement(
        ElementTree.SubElement(outer, "named-connections"),
        "named-connection",
        {"caption": _host(address), "name": named},
    )
    ElementTree.SubElement(place, "connection", {
        "authentication": "username-password", "class": "postgres", "dbname": address.database,
        "port": _port(address), "schema": address.schema, "server": _host(address),
        "username": address.user,
    })  # fmt: skip
    outer.append(_joined(named, address.schema))
    ElementTree.indent(source)
    head = "<?xml version='1.0' encoding='utf-8' ?>\n"
    return ".tds", head + ElementTree.tostring(source, encoding="unicode") + "\n"


def _joined(named: str, schema: str) -> ElementTree.Element:
    """Return the sales with their dimensions: each join adds one, many sales to one member."""
    sales = VIEW_NAMES[FACT_SALES.name]
    whole = _relation(named, schema, sales)
    for column, (parent, key) in FACT_SALES.parents.items():
        join = ElementTree.Element("relation", {"join": "inner", "type": "join"})
        clause = ElementTree.SubElement(join, "clause", {"type": "join"})
        equal = ElementTree.SubElement(clause, "expression", {"op": "="})
        member = VIEW_NAMES[parent]
        ElementTree.SubElement(equal, "expression", {"op": f"[{sales}].[{column}]"})
        ElementTree.SubElement(equal, "expression", {"op": f"[{member}].[{key}]"})
        join.extend((whole, _relation(named, schema, member)))
        whole = join
    return whole


def _relation(named: str, schema: str, view: str) -> ElementTree.Element:
    return ElementTree.Element(
        "relation",
        {"connection": named, "name": view, "table": f"[{schema}].[{view}]", "type": "table"},
    )


def _superset(address: Address) -> tuple[str, str]:
    who = f"{address.user}@" if address.user else ""
    place = f"{who}{_host(address)}:{_port(address)}/{address.database}"
    lines = [
        "Superset: Settings > Database Connections > + Database > PostgreSQL",
        f"  SQLAlchemy URI   postgresql+psycopg2://{place}   (it asks for the password)",
        f"  Schema           {address.schema}",
        *_relationships(),
    ]
    return "", "\n".join(lines) + "\n"


def _metabase(address: Address) -> tuple[str, str]:
    lines = [
        "Metabase: Admin settings > Databases > Add database > PostgreSQL",
        f"  Host             {_host(address)}",
        f"  Port             {_port(address)}",
        f"  Database name    {address.database}",
        f"  Username         {address.user}",
        f"  Schemas          Only these: {address.schema}",
        *_relationships(),
    ]
    return "", "\n".join(lines) + "\n"


def _relationships() -> list[str]:
    """Return the relationships to draw between the views, which databases do not show."""
    drawn = [
        f"  {VIEW_NAMES[contract.name]}.{column} -> {VIEW_NAMES[parent]}.{key}"
        for contract in STAR
        for column, (parent, key) in contract.parents.items()
    ]
    return ["Relationships, many to one:", *drawn]


def _host(address: Address) -> str:
    return address.host or "localhost"


def _port(address: Address) -> str:
    return address.port or DEFAULT_PORT


TOOLS: dict[str, Callable[[Address], tuple[str, str]]] = {
    "metabase": _metabase, "powerbi": _powerbi, "superset": _superset, "tableau": _tableau,
}  # fmt: skip
