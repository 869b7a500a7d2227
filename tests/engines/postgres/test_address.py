"""The address of a PostgreSQL warehouse: who names each part, and nobody tells the password."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from regulars.cli.passwords import without_password
from regulars.core.errors import WarehouseError
from regulars.engines.postgres.address import address_of

ENVIRONMENT = {
    "DB_USER": "ann", "DB_PASSWORD": "s3cret/é", "DB_HOST": "db.example.com", "DB_PORT": "5433",
    "DB_NAME": "shop",
}  # fmt: skip


def test_an_address_may_come_from_the_environment_alone(tmp_path):
    address = address_of("postgresql://", ENVIRONMENT, tmp_path / ".env")
    assert str(address) == "postgresql://ann@db.example.com:5433/shop"
    assert address.uri() == "postgresql://ann:s3cret%2F%C3%A9@db.example.com:5433/shop"


def test_the_address_comes_before_the_environment_and_that_before_the_file(tmp_path):
    file = tmp_path / ".env"
    file.write_text("DB_USER=eve\nDB_PASSWORD='of the file'\nDB_HOST=file.example.com\n")
    told = {"DB_USER": "ann", "DB_NAME": "shop"}
    address = address_of("postgresql://bob@/", told, file)
    assert (address.user, address.password) == ("bob", "of the file")
    assert (address.host, address.database) == ("file.example.com", "shop")


def test_the_schema_and_the_options_of_libpq_are_told_in_the_address(tmp_path):
    written = "postgresql://h/d?sslmode=require&schema=north"
    address = address_of(written, {}, tmp_path / ".env")
    assert (address.schema, str(address)) == ("north", "postgresql://h/d?schema=north")
    assert address.uri() == "postgresql://h/d?sslmode=require"
    assert address_of("postgresql://h/d", {}, tmp_path / ".env").schema == "regulars"


def test_nothing_that_is_shown_holds_the_password(tmp_path):
    address = address_of("postgres://ann:s3cret@h/d", {}, tmp_path / ".env")
    assert "s3cret" not in f"{address} {address!r}"
    with pytest.raises(WarehouseError) as caught:
        address_of("postgresql://ann:s3cret@h:port/d", {}, tmp_path / ".env")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("schema", ["x" * 51, 'a"b', "a b", "1st"])
def test_a_schema_that_would_not_fit_is_refused(schema, tmp_path):
    with pytest.raises(WarehouseError, match="must be a name"):
        address_of(f"postgresql://h/d?schema={schema}", {}, tmp_path / ".env")


def test_a_password_among_the_options_is_kept_apart(tmp_path):
    address = address_of("postgresql://h/d?password=s3cret", {}, tmp_path / ".env")
    assert address.password == "s3cret"
    assert "s3cret" not in repr(address)


def test_a_password_among_the_arguments_is_taken_out_of_them():
    told = ["show", "kpis", "-w", "postgresql://ann:s3cret%2F@h/d?schema=x"]
    kept = ["show", "kpis", "-w", "postgresql://ann@h/d?schema=x"]
    assert without_password(told) == (kept, {"DB_PASSWORD": "s3cret/"})
    assert without_password(kept) == (kept, {})
    for plain in ("a:b@c.csv", "postgresql://host:5432/db?user=me@corp"):
        assert without_password([plain]) == ([plain], {})
    told = ["-w", "postgresql://h/d?sslmode=require&password=hunter2"]
    kept = ["-w", "postgresql://h/d?sslmode=require"]
    assert without_password(told) == (kept, {"DB_PASSWORD": "hunter2"})


def test_the_password_of_a_shop_is_told_from_that_of_the_warehouse():
    told = ["sync", "mysql://ann:p@ss@h/d", "--warehouse=postgresql://bob:other@h/d"]
    kept = ["sync", "mysql://ann@h/d", "--warehouse=postgresql://bob@h/d"]
    passwords = {"SHOP_PASSWORD": "p@ss", "DB_PASSWORD": "other"}
    assert without_password(told) == (kept, passwords)


def test_ps_does_not_show_a_password(postgres, tmp_path):
    """The server holds the command at its first query, so there is time to look.

    In a database of its own, for others have transactions open in theirs.
    """
    postgres = postgres.new_database("looked_at")
    address = postgres.address("nobody").replace("postgres@", "postgres:s3cret@")
    with psycopg.connect(postgres.uri) as holding:
        holding.execute("SET lock_timeout = '30s'")
        holding.execute("LOCK TABLE pg_catalog.pg_namespace IN ACCESS EXCLUSIVE MODE")
        command = [sys.executable, "-m", "regulars", "show", "kpis", "-w", address]
        asking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            shown = Path(f"/proc/{asking.pid}/cmdline")
            deadline = time.monotonic() + 30
            while b"postgres@" not in shown.read_bytes() and time.monotonic() < deadline:
                assert asking.poll() is None
            assert b"s3cret" not in shown.read_bytes()
            assert b"postgresql://postgres@" in shown.read_bytes()
        finally:
            asking.kill()
            asking.communicate()
