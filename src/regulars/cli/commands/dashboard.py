"""The commands that serve the dashboard, and say who may log in to it."""

import sys
from typing import TYPE_CHECKING

import click

from regulars.cli.options import example, show_progress, warehouse_option
from regulars.core.errors import QuestionError

if TYPE_CHECKING:
    from regulars.web.auth.users import UserFile

users_option = click.option(
    "--users", "file", metavar="FILE",
    help="The file of those who may log in. Default: what regulars.toml names, else "
    "regulars-users.toml.",
)  # fmt: skip
role_option = click.option(
    "--role", required=True, type=click.Choice(("viewer", "analyst", "exporter", "admin")),
    help="viewer: figures, no customers; analyst: customers, too; exporter: lists to take away, "
    "too; admin: uploads, too.",
)  # fmt: skip


@example(
    "regulars dashboard",
    "regulars dashboard --demo",
    "regulars dashboard --port 8501 --base-path /shop --proxy 127.0.0.1",
)
@click.command()
@warehouse_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
              help="Where to listen. Elsewhere only if people have to log in.")  # fmt: skip
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT",
              help="Default: the first that is free from 8501 on.")  # fmt: skip
@click.option("--base-path", default="", metavar="PATH", help="What stands before every path.")
@users_option
@click.option("--proxy", metavar="ADDRESS",
              help="Believe a reverse proxy at this address about who is asking.")  # fmt: skip
@click.option("--demo", is_flag=True,
              help="Show the real sales that come with Regulars, built if they are not there yet.",
              )  # fmt: skip
def dashboard(
    warehouse: str | None, host: str, port: int | None, base_path: str, file: str | None,
    proxy: str | None, demo: bool,
) -> None:  # fmt: skip
    """Serve the dashboard of a warehouse to a browser, until Ctrl-C.

    Who can log in is said by `regulars users`, or by a provider of identities in regulars.toml;
    where nobody has to, only this machine can see it.
    """
    _need("streamlit", "argon2")
    from regulars.web.server import serve

    if demo:
        warehouse = _demo(warehouse)
    serve(
        warehouse, host=host, port=port, base_path=base_path, users=file, proxy=proxy,
        announce=lambda address: click.echo(f"Dashboard: {address}\nIt ends with Ctrl-C."),
    )  # fmt: skip


def _demo(warehouse: str | None) -> str:
    """Return the warehouse of the real sales that come with Regulars; build it if there is none."""
    from regulars.demo.sample_sales import WAREHOUSE, demo_settings, demo_sources
    from regulars.engines.locate import engine_of
    from regulars.loads.api import build

    place = warehouse or WAREHOUSE
    if not engine_of(place).is_there():
        told = demo_settings()
        build(*demo_sources(), warehouse=place, settings=told, progress=show_progress)
    return place


@click.group()
def users() -> None:
    """Say who may log in to the dashboard, and as what."""


@example(
    "regulars users add ann --role admin", "pass show ann | regulars users add ann --role viewer"
)
@users.command()
@click.argument("name")
@role_option
@users_option
def add(name: str, role: str, file: str | None) -> None:
    """Let NAME log in, or give them a new password and role.

    The password is asked for twice, or read from the standard input: one line.
    """
    _need("argon2")
    from regulars.web.roles import Role

    was_there = _file(file).add(name, Role(role), _password())
    click.echo(f"{name} is {role} now{', with a new password' if was_there else ''}.")


@example("regulars users role ann --role analyst")
@users.command(name="role")
@click.argument("name")
@role_option
@users_option
def set_role(name: str, role: str, file: str | None) -> None:
    """Give NAME another role, which holds at once."""
    from regulars.web.roles import Role

    _file(file).set_role(name, Role(role))
    click.echo(f"{name} is {role} now.")


@example("regulars users remove ann")
@users.command()
@click.argument("name")
@users_option
def remove(name: str, file: str | None) -> None:
    """Let NAME in no longer; what they have open is closed."""
    _file(file).remove(name)
    click.echo(f"{name} cannot log in any more.")


@example("regulars users list")
@users.command(name="list")
@users_option
def list_(file: str | None) -> None:
    """List who may log in, and as what."""
    found = _file(file)
    if not found.path.exists():
        raise QuestionError(f"There is no file {found.path} yet: `regulars users add` makes it.")
    for user in sorted(found.users().values(), key=lambda user: user.name):
        click.echo(f"{user.name}  {user.role.value}")


def _file(name: str | None) -> "UserFile":
    from pathlib import Path

    from regulars.web.auth.users import UserFile
    from regulars.web.settings import load_dashboard

    return UserFile(Path(name or load_dashboard().users_file))


def _need(*packages: str) -> None:
    """Raise QuestionError that says what to install, if one of these is not there."""
    from importlib.util import find_spec

    if not all(map(find_spec, packages)):
        raise QuestionError('The dashboard needs more packages:  pip install "regulars[dashboard]"')


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
