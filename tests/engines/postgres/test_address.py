"""The address of a PostgreSQL warehouse: where its parts come from; the password is hidden."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from regulars.cli.passwords import without_password
from regulars.core.errors import WarehouseError
from regulars.engines.postgres.address import address_of
from support.postgres import Postgres

ENVIRONMENT = {
    "DB_USER": "ann", "DB_PASSWORD": "s3cret/é", "DB_HOST": "db.example.com", "DB_PORT": "5433",
    "DB_NAME": "shop",
}  # fmt: skip


def test_the_whole_address_may_come_from_the_environment(tmp_path: Path) -> None:
    address = address_of("postgresql://", ENVIRONMENT, tmp_path / ".env")
    assert str(address) == "postgresql://ann@db.example.com:5433/shop"
    assert address.uri() == "postgresql://ann:s3cret%2F%C3%A9@db.example.com:5433/shop"


def test_the_address_overrides_the_environment_which_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("DB_USER=eve\nDB_PASSWORD='of the file'\nDB_HOST=file.example.com\n")
    environment = {"DB_USER": "ann", "DB_NAME": "shop"}
    address = address_of("postgresql://bob@/", environment, file)
    assert (address.user, address.password) == ("bob", "of the file")
    assert (address.host, address.database) == ("file.example.com", "shop")


def test_an_address_can_have_a_schema_and_libpq_options(tmp_path: Path) -> None:
    url = "postgresql://h/d?sslmode=require&schema=north"
    address = address_of(url, {}, tmp_path / ".env")
    assert (address.schema, str(address)) == ("north", "postgresql://h/d?schema=north")
    assert address.uri() == "postgresql://h/d?sslmode=require"
    assert address_of("postgresql://h/d", {}, tmp_path / ".env").schema == "regulars"


def test_neither_str_nor_repr_nor_an_error_shows_the_password(tmp_path: Path) -> None:
    address = address_of("postgres://ann:s3cret@h/d", {}, tmp_path / ".env")
    assert "s3cret" not in f"{address} {address!r}"
    with pytest.raises(WarehouseError) as caught:
        address_of("postgresql://ann:s3cret@h:port/d", {}, tmp_path / ".env")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("schema", ["x" * 51, 'a"b', "a b", "1st"])
def test_an_invalid_schema_name_is_refused(schema: str, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="is not a valid schema name"):
        address_of(f"postgresql://h/d?schema={schema}", {}, tmp_path / ".env")


def test_a_password_in_the_query_string_is_not_shown_either(tmp_path: Path) -> None:
    address = address_of("postgresql://h/d?password=s3cret", {}, tmp_path / ".env")
    assert address.password == "s3cret"
    assert "s3cret" not in repr(address)


def test_a_password_is_removed_from_the_command_line() -> None:
    arguments = ["show", "kpis", "-w", "postgresql://ann:s3cret%2F@h/d?schema=x"]
    safe = ["show", "kpis", "-w", "postgresql://ann@h/d?schema=x"]
    assert without_password(arguments) == (safe, {"DB_PASSWORD": "s3cret/"})
    assert without_password(safe) == (safe, {})
    for plain in ("a:b@c.csv", "postgresql://host:5432/db?user=me@corp"):
        assert without_password([plain]) == ([plain], {})
    arguments = ["-w", "postgresql://h/d?sslmode=require&password=hunter2"]
    safe = ["-w", "postgresql://h/d?sslmode=require"]
    assert without_password(arguments) == (safe, {"DB_PASSWORD": "hunter2"})


def test_the_passwords_of_shop_and_warehouse_are_not_mixed_up() -> None:
    arguments = ["sync", "mysql://ann:p@ss@h/d", "--warehouse=postgresql://bob:other@h/d"]
    safe = ["sync", "mysql://ann@h/d", "--warehouse=postgresql://bob@h/d"]
    passwords = {"SHOP_PASSWORD": "p@ss", "DB_PASSWORD": "other"}
    assert without_password(arguments) == (safe, passwords)


def test_ps_does_not_show_a_password(postgres: Postgres, tmp_path: Path) -> None:
    """A lock stops the command at its first query, which leaves time to look.

    It runs in a separate database, because other tests have transactions open in theirs.
    """
    postgres = postgres.new_database("looked_at")
    address = postgres.address("nobody").replace("postgres@", "postgres:s3cret@")
    with psycopg.connect(postgres.uri) as con:
        con.execute("SET lock_timeout = '30s'")
        con.execute("LOCK TABLE pg_catalog.pg_namespace IN ACCESS EXCLUSIVE MODE")
        command = [sys.executable, "-m", "regulars", "show", "kpis", "-w", address]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            shown = Path(f"/proc/{process.pid}/cmdline")
            deadline = time.monotonic() + 30
            while b"postgres@" not in shown.read_bytes() and time.monotonic() < deadline:
                assert process.poll() is None
            assert b"s3cret" not in shown.read_bytes()
            assert b"postgresql://postgres@" in shown.read_bytes()
        finally:
            process.kill()
            process.communicate()
