"""The commands that serve the dashboard and manage its users."""

import sys
from typing import TYPE_CHECKING

import click

from regulars.cli.options import examples, show_progress, warehouse_option
from regulars.core.errors import InputError

if TYPE_CHECKING:
    from regulars.web.auth.users import UserFile

users_option = click.option(
    "--users", "file", metavar="FILE",
    help="The users file. Default: the one in regulars.toml, else regulars-users.toml.",
)  # fmt: skip
role_option = click.option(
    "--role", required=True, type=click.Choice(("viewer", "analyst", "exporter", "admin")),
    help="viewer: figures only. analyst: also customers. exporter: also list exports. "
    "admin: also uploads.",
)  # fmt: skip


@examples(
    "regulars dashboard",
    "regulars dashboard --demo",
    "regulars dashboard --port 8501 --base-path /shop --proxy 127.0.0.1",
)
@click.command()
@warehouse_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on. Any address but this machine's own requires a login.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Port to listen on. Default: the first free port from 8501.",
)
@click.option(
    "--base-path",
    default="",
    metavar="PATH",
    help="Serve the dashboard under this path, such as /shop.",
)
@users_option
@click.option(
    "--proxy", metavar="ADDRESS", help="Trust the client address that this reverse proxy sends."
)
@click.option(
    "--demo", is_flag=True, help="Serve the demo warehouse, and build it first if needed."
)
def dashboard(
    warehouse: str | None, host: str, port: int | None, base_path: str, file: str | None,
    proxy: str | None, demo: bool,
) -> None:  # fmt: skip
    """Serve the dashboard until you press Ctrl-C.

    To require a login, add users with `regulars users` or set up an identity provider in
    regulars.toml. Without a login, only this machine can open the dashboard.
    """
    _require("streamlit", "argon2")
    from regulars.web.server import serve

    if demo:
        warehouse = _demo_warehouse(warehouse)
    serve(
        warehouse, host=host, port=port, base_path=base_path, users=file, proxy=proxy,
        announce=lambda address: click.echo(f"Dashboard: {address}\nPress Ctrl-C to stop."),
    )  # fmt: skip


def _demo_warehouse(warehouse: str | None) -> str:
    """Return the warehouse of the sample sales, built if it does not exist."""
    from regulars.demo.build_demo import build_demo
    from regulars.demo.sample_sales import WAREHOUSE
    from regulars.engines.locate import engine_of

    location = warehouse or WAREHOUSE
    if not engine_of(location).exists():
        build_demo(location, show_progress)
    return location


@click.group()
def users() -> None:
    """Manage dashboard users."""


@examples(
    "regulars users add ann --role admin", "pass show ann | regulars users add ann --role viewer"
)
@users.command()
@click.argument("name", metavar="NAME")
@role_option
@users_option
def add(name: str, role: str, file: str | None) -> None:
    """Add a user, or set a new password and role.

    Prompts for the password, or reads one line from standard input.
    """
    _require("argon2")
    from regulars.web.roles import Role

    existed = _user_file(file).add(name, Role(role), _read_password())
    click.echo(f"{'Updated' if existed else 'Added'} {name} ({role}).")


@examples("regulars users role ann --role analyst")
@users.command(name="role")
@click.argument("name", metavar="NAME")
@role_option
@users_option
def set_role(name: str, role: str, file: str | None) -> None:
    """Change a user's role, effective immediately."""
    from regulars.web.roles import Role

    _user_file(file).set_role(name, Role(role))
    click.echo(f"{name} now has the role {role}.")


@examples("regulars users remove ann")
@users.command()
@click.argument("name", metavar="NAME")
@users_option
def remove(name: str, file: str | None) -> None:
    """Remove a user and end their sessions."""
    _user_file(file).remove(name)
    click.echo(f"Removed {name}.")


@examples("regulars users list")
@users.command(name="list")
@users_option
def list_(file: str | None) -> None:
    """List users and their roles."""
    user_file = _user_file(file)
    if not user_file.path.exists():
        raise InputError(f"There is no users file {user_file.path}. Create it:  regulars users add")
    for user in sorted(user_file.users().values(), key=lambda user: user.name):
        click.echo(f"{user.name}  {user.role.value}")


def _user_file(name: str | None) -> "UserFile":
    from pathlib import Path

    from regulars.web.auth.users import UserFile
    from regulars.web.settings import load_dashboard_settings

    return UserFile(Path(name or load_dashboard_settings().users_file))


def _require(*packages: str) -> None:
    """Raise InputError with the command to install these packages, if one is missing."""
    from importlib.util import find_spec

    if not all(map(find_spec, packages)):
        raise InputError(
            'The dashboard needs additional packages:  pip install "regulars[dashboard]"'
        )


def _read_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
