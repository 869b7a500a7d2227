"""Choose the database server class for an address."""

from typing import TYPE_CHECKING

from regulars.sources.databases.dialect import Server

if TYPE_CHECKING:
    from regulars.sources.databases.address import ShopAddress


def server_of(address: "ShopAddress") -> Server:
    """Return the server class for an address, importing its module only when it is needed."""
    match address.kind:
        case "mysql":
            from regulars.sources.databases.mysql import MySQL

            return MySQL()
        case "mssql":
            from regulars.sources.databases.sqlserver import SQLServer

            return SQLServer()
        case _:
            from regulars.sources.databases.postgres import PostgreSQL

            return PostgreSQL()
