"""The commands that serve the API and the MCP server, and manage their tokens."""

from typing import TYPE_CHECKING

import click

from regulars.cli.options import examples, warehouse_option
from regulars.core.errors import InputError

if TYPE_CHECKING:
    from regulars.web.api.tokens import TokenFile

tokens_option = click.option(
    "--tokens", "file", metavar="FILE",
    help="The tokens file. Default: the one in regulars.toml, else regulars-tokens.toml.",
)  # fmt: skip


@examples("regulars api", "regulars api --port 8600 --proxy 127.0.0.1")
@click.command()
@warehouse_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on. Any address but this machine's own requires tokens.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Port to listen on. Default: the first free port from 8501.",
)
@tokens_option
@click.option(
    "--proxy", metavar="ADDRESS", help="Trust the client address that this reverse proxy sends."
)
def api(
    warehouse: str | None, host: str, port: int | None, file: str | None, proxy: str | None
) -> None:
    """Serve the HTTP API until you press Ctrl-C.

    Figures, segments and lists as JSON, CSV, Arrow or Parquet. To require a token, add one with
    `regulars tokens add`. Without tokens, only this machine can use the API.
    """
    _require("fastapi", "uvicorn", "pyarrow")
    from regulars.web.api.serve import serve_api

    serve_api(
        warehouse, host=host, port=port, tokens=file, proxy=proxy,
        announce=lambda url: click.echo(
            f"API: {url}\nRoutes: {url}v1/openapi.json\nPress Ctrl-C to stop."
        ),
    )  # fmt: skip


@examples("regulars mcp", "regulars mcp -w shop.duckdb --role analyst")
@click.command()
@warehouse_option
@click.option(
    "--role", default="viewer", show_default=True,
    type=click.Choice(("viewer", "analyst", "exporter", "admin")),
    help="What the agent may see. viewer: figures only. analyst: also customers.",
)  # fmt: skip
def mcp(warehouse: str | None, role: str) -> None:
    """Answer the questions of an agent over MCP, on standard input and output.

    The agent starts this command itself: name it in the agent's list of MCP servers. It can run
    analyses and read metrics, and changes nothing.
    """
    _require("mcp", "fastapi", extra="mcp")
    from regulars.web.mcp.stdio import serve_stdio
    from regulars.web.roles import Role

    serve_stdio(warehouse, Role(role))


@click.group()
def tokens() -> None:
    """Manage API tokens."""


@examples("regulars tokens add warehouse-sheet --role viewer")
@tokens.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--role", required=True, type=click.Choice(("viewer", "analyst", "exporter", "admin")),
    help="viewer: figures only. analyst: also customers. exporter and admin: also list exports.",
)  # fmt: skip
@tokens_option
def add(name: str, role: str, file: str | None) -> None:
    """Make a token and print it. It is shown only once.

    A token with the same name stops working.
    """
    from regulars.web.roles import Role

    click.echo(_token_file(file).add(name, Role(role)))
    click.echo(f"Store the token of {name} ({role}) now: it is not shown again.", err=True)


@examples("regulars tokens remove warehouse-sheet")
@tokens.command()
@click.argument("name", metavar="NAME")
@tokens_option
def remove(name: str, file: str | None) -> None:
    """Remove a token, effective immediately."""
    _token_file(file).remove(name)
    click.echo(f"Removed {name}.")


@examples("regulars tokens list")
@tokens.command(name="list")
@tokens_option
def list_(file: str | None) -> None:
    """List tokens and their roles."""
    token_file = _token_file(file)
    if not token_file.path.exists():
        raise InputError(
            f"There is no tokens file {token_file.path}. Create it:  regulars tokens add"
        )
    for name, token in sorted(token_file.entries().items()):
        click.echo(f"{name}  {token.role.value}")


def _token_file(name: str | None) -> "TokenFile":
    from pathlib import Path

    from regulars.web.api.settings import load_api_settings
    from regulars.web.api.tokens import TokenFile

    return TokenFile(Path(name or load_api_settings().tokens_file))


def _require(*packages: str, extra: str = "api") -> None:
    """Raise InputError with the command to install these packages, if one is missing."""
    from importlib.util import find_spec

    if not all(map(find_spec, packages)):
        raise InputError(f'This needs additional packages:  pip install "regulars[{extra}]"')
