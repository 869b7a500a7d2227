"""Connect BI tools to a PostgreSQL warehouse, without handing them a password."""

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


def connect_bi_tool(tool: str, warehouse: str | None, output: Path | None) -> str:
    """Return the text to show: the connection of a tool, or the name of the file it was written to.

    Raises InputError for a warehouse that is not in PostgreSQL, and for a file that the tool cannot
    open.
    """
    engine = engine_of(warehouse or load_settings().warehouse)
    if not isinstance(engine, Postgres):
        raise InputError(
            f"{engine} is stored in {engine.name}. BI tools can connect only to PostgreSQL. "
            "Build the warehouse there."
        )
    ending, text = connection(tool, engine.address)
    if output is None:
        return text
    if output.suffix != ending:
        if not ending:
            raise InputError(
                f"{tool} does not use connection files. Leave out -o to see its settings."
            )
        raise InputError(f"{tool} opens files that end in {ending}. Rename {output}.")
    output.write_text(text, "utf-8")
    return f"{tool}: {output}\n"


def connection(tool: str, address: Address) -> tuple[str, str]:
    """Return the file ending and the content of a tool's connection; "" for settings to enter.

    Raises InputError for an unknown tool.
    """
    if tool not in TOOLS:
        raise InputError(f'"{tool}" is not a supported BI tool.{did_you_mean(tool, TOOLS)}')
    return TOOLS[tool](address)


def _powerbi(address: Address) -> tuple[str, str]:
    """Return a data source file; Power BI Desktop opens it and asks for the login."""
    details = {
        "protocol": "postgresql",
        "address": {"server": f"{_host(address)}:{_port(address)}", "database": address.database},
    }
    content = {
        "version": "0.1",
        "connections": [{"details": details, "options": {}, "mode": "Import"}],
    }
    return ".pbids", json.dumps(content, indent=2) + "\n"


def _tableau(address: Address) -> tuple[str, str]:
    """Return a Tableau data source: the sales joined to each dimension."""
    connection_name = "postgres.regulars"
    source = ElementTree.Element(
        "datasource", {"formatted-name": "federated.regulars", "inline": "true", "version": "18.1"}
    )
    outer = ElementTree.SubElement(source, "connection", {"class": "federated"})
    named = ElementTree.SubElement(
        ElementTree.SubElement(outer, "named-connections"),
        "named-connection",
        {"caption": _host(address), "name": connection_name},
    )
    ElementTree.SubElement(named, "connection", {
        "authentication": "username-password", "class": "postgres", "dbname": address.database,
        "port": _port(address), "schema": address.schema, "server": _host(address),
        "username": address.user,
    })  # fmt: skip
    outer.append(_join_dimensions(connection_name, address.schema))
    ElementTree.indent(source)
    head = "<?xml version='1.0' encoding='utf-8' ?>\n"
    return ".tds", head + ElementTree.tostring(source, encoding="unicode") + "\n"


def _join_dimensions(connection_name: str, schema: str) -> ElementTree.Element:
    """Return the sales joined to each of their dimensions, many to one."""
    sales = VIEW_NAMES[FACT_SALES.name]
    relation = _relation(connection_name, schema, sales)
    for column, (parent, key) in FACT_SALES.parents.items():
        join = ElementTree.Element("relation", {"join": "inner", "type": "join"})
        clause = ElementTree.SubElement(join, "clause", {"type": "join"})
        equal = ElementTree.SubElement(clause, "expression", {"op": "="})
        dimension = VIEW_NAMES[parent]
        ElementTree.SubElement(equal, "expression", {"op": f"[{sales}].[{column}]"})
        ElementTree.SubElement(equal, "expression", {"op": f"[{dimension}].[{key}]"})
        join.extend((relation, _relation(connection_name, schema, dimension)))
        relation = join
    return relation


def _relation(connection_name: str, schema: str, view: str) -> ElementTree.Element:
    return ElementTree.Element("relation", {
        "connection": connection_name, "name": view, "table": f"[{schema}].[{view}]",
        "type": "table",
    })  # fmt: skip


def _superset(address: Address) -> tuple[str, str]:
    user = f"{address.user}@" if address.user else ""
    location = f"{user}{_host(address)}:{_port(address)}/{address.database}"
    lines = [
        "Superset: Settings > Database Connections > + Database > PostgreSQL",
        f"  SQLAlchemy URI   postgresql+psycopg2://{location}   (it asks for the password)",
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
    """Return the relationships between the views, which a database does not declare."""
    relationships = [
        f"  {VIEW_NAMES[contract.name]}.{column} -> {VIEW_NAMES[parent]}.{key}"
        for contract in STAR
        for column, (parent, key) in contract.parents.items()
    ]
    return ["Relationships, many to one:", *relationships]


def _host(address: Address) -> str:
    return address.host or "localhost"


def _port(address: Address) -> str:
    return address.port or DEFAULT_PORT


TOOLS: dict[str, Callable[[Address], tuple[str, str]]] = {
    "metabase": _metabase, "powerbi": _powerbi, "superset": _superset, "tableau": _tableau,
}  # fmt: skip
