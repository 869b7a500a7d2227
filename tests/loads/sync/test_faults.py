"""Failed syncs leave the warehouse unchanged, and the next sync catches up."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from regulars.core.errors import ExpectationError, SourceError, WarehouseError
from regulars.demo.sample_shop import DemoShop
from regulars.sources.databases.address import parse_shop_address
from regulars.sources.databases.connect import server_of
from regulars.sources.databases.shop_database import open_shop_database
from support.mariadb import MariaDB
from support.postgres import Postgres
from support.synced_warehouse import SyncedWarehouse, source_lines

RUNNING = r"Another build, load or sync of .* is running"
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'regulars sync' AND datname = current_database()
"""


def cutting(shop: DemoShop, at: str) -> Callable[[str], None]:
    """Return a progress callback that cuts the sync's connection to the shop at a message."""

    def progress(message: str) -> None:
        if message.startswith(at):
            shop.connection.cursor().execute(CUT)
            shop.connection.commit()

    return progress


@pytest.mark.parametrize(
    ("at", "synced_on_any_engine"),
    [
        ("Comparing months", "duckdb"),
        ("Reading", "duckdb"),
        pytest.param("Comparing months", "postgresql", marks=pytest.mark.thorough),
        ("Reading", "postgresql"),
    ],
    indirect=["synced_on_any_engine"],
)
def test_a_lost_connection_changes_nothing_and_the_next_sync_catches_up(
    at: str, shop: DemoShop, synced_on_any_engine: SyncedWarehouse
) -> None:
    synced_on_any_engine.sync()
    before = synced_on_any_engine.lines()
    shop.trade(40)
    shop.add_late()
    shop.connection.commit()
    with pytest.raises(SourceError, match="could not be read"):
        synced_on_any_engine.sync(progress=cutting(shop, at))
    assert synced_on_any_engine.lines() == before
    assert len(synced_on_any_engine.warehouse.rows("loads")) == 1
    synced_on_any_engine.sync()
    assert synced_on_any_engine.lines() == source_lines(shop)


def test_a_first_sync_that_loses_its_connection_leaves_no_warehouse(
    shop: DemoShop, synced: SyncedWarehouse, tmp_path: Path
) -> None:
    with pytest.raises(SourceError):
        synced.sync(progress=cutting(shop, "Reading"))
    assert not list(tmp_path.iterdir())


LONG = """
    CREATE VIEW sales AS
    SELECT n AS order_id, timestamp '2024-01-01' + n * interval '1 minute' AS ordered_at,
           'C' || n % 999 AS customer_id, repeat('tea ', 40) AS product_name,
           1 AS quantity, {price} AS unit_price
    FROM generate_series(1, 400000) AS n
"""


@pytest.mark.parametrize(
    ("price", "cut_at"),
    [("2.50", "Read "), ("1.0 / (390000 - n)", "never")],
    ids=["the connection is cut", "a row cannot be computed"],
)
def test_a_source_that_fails_halfway_through_leaves_no_warehouse(
    shop: DemoShop, synced: SyncedWarehouse, tmp_path: Path, price: str, cut_at: str
) -> None:
    shop.connection.cursor().execute(LONG.format(price=price))
    shop.connection.commit()
    messages: list[str] = []
    cut = cutting(shop, cut_at)

    def progress(message: str) -> None:
        messages.append(message)
        cut(message)

    with pytest.raises(SourceError, match="could not be read") as raised:
        synced.sync(table="sales", progress=progress)
    assert any(message.startswith("Read ") for message in messages)
    assert "Arrow" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_sales_made_during_a_sync_come_with_the_next_one(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    """Months, lines and orders are read one after another, but from the same snapshot."""
    synced.sync()
    shop.trade(20)
    then = source_lines(shop)

    def sell(message: str) -> None:
        if message.startswith("Comparing months"):
            shop.trade(30)

    synced.sync(progress=sell)
    assert synced.lines() == then
    synced.sync()
    assert synced.lines() == source_lines(shop)


def test_a_postgresql_snapshot_is_read_only(shop: DemoShop, synced: SyncedWarehouse) -> None:
    address = parse_shop_address(synced.address)
    with (
        pytest.raises(SourceError, match="read-only"),
        server_of(address).snapshot(address) as snapshot,
    ):
        snapshot.batches("DELETE FROM order_lines RETURNING line_id").read_all()
    assert shop.totals()[1] > 0


def test_a_mariadb_snapshot_is_read_only(mariadb: MariaDB) -> None:
    address = parse_shop_address(mariadb.new_database("readonly"))
    with mariadb.connect("readonly") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x integer)")
    insert = "INSERT INTO t VALUES (1) RETURNING x"
    with (
        pytest.raises(SourceError, match="READ ONLY"),
        server_of(address).snapshot(address) as snapshot,
    ):
        snapshot.batches(insert).read_all()


def test_select_privileges_are_enough(
    shop: DemoShop, synced: SyncedWarehouse, postgres: Postgres
) -> None:
    postgres.run("DROP ROLE IF EXISTS only_reading")
    shop.connection.cursor().execute("CREATE ROLE only_reading LOGIN")
    shop.connection.cursor().execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reading")
    shop.connection.commit()
    reader = SyncedWarehouse(synced.address.replace("postgres@", "only_reading@"), synced.location)
    reader.sync()
    shop.trade(10)
    reader.sync()
    assert reader.lines() == source_lines(shop)


def test_a_sync_refuses_an_emptied_shop(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    before = synced.lines()
    shop.connection.cursor().execute("TRUNCATE order_lines, orders")
    shop.connection.commit()
    with pytest.raises(SourceError, match="no longer has any orders"):
        synced.sync()
    assert synced.lines() == before


def test_many_deleted_orders_are_a_warning_and_an_error_when_strict(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    synced.sync()
    shop.connection.cursor().execute("DELETE FROM order_lines WHERE order_id <= 60")
    shop.connection.commit()
    with pytest.raises(ExpectationError, match="60 of 300 orders"):
        synced.sync(strict=True)
    assert "60 of 300 orders" in " ".join(synced.sync().warnings)


def test_an_unreachable_address_is_an_error_without_the_password() -> None:
    for address in (
        "postgresql://ann:s3cret@127.0.0.1:1/shop",
        "mysql://ann:s3cret@127.0.0.1:1/shop",
    ):
        parsed = parse_shop_address(address)
        with pytest.raises(SourceError) as raised, open_shop_database(parsed, None, None):
            pass
        assert "cannot be reached" in str(raised.value)
        assert "s3cret" not in str(raised.value) + repr(parsed)


def error_at(address: str) -> str:
    """Return the error message for an address that cannot be read."""
    with (
        pytest.raises(SourceError) as raised,
        open_shop_database(parse_shop_address(address, {}), None, None),
    ):
        pass
    return str(raised.value)


@pytest.fixture
def locked_role(postgres: Postgres) -> Postgres:
    """A PostgreSQL role that needs a password."""
    postgres.run("DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'the-right-one'")
    postgres.require_password("locked")
    return postgres


@pytest.mark.parametrize("password", ["", ":the-wrong-one"])
def test_the_error_for_a_wrong_or_missing_password_says_where_to_set_it(
    password: str, locked_role: Postgres
) -> None:
    message = error_at(f"postgresql://locked{password}@/postgres?host={locked_role.socket}")
    assert "Check the user in the address, and the password in SHOP_PASSWORD." in message
    assert "libpq" not in message
    assert "the-wrong-one" not in message


def test_the_error_for_a_missing_database_says_to_check_its_name(
    postgres: Postgres, mariadb: MariaDB
) -> None:
    for address in (
        f"postgresql://postgres@/nowhere?host={postgres.socket}",
        f"mysql://root@localhost/nowhere?unix_socket={mariadb.socket}",
    ):
        assert "nowhere" in error_at(address)
        assert "Check the database name in the address" in error_at(address)


def test_mariadb_errors_for_user_and_database_say_what_to_check(mariadb: MariaDB) -> None:
    mariadb.new_database("locked")
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER locked@localhost IDENTIFIED BY 'the-right-one'")
    socket = f"unix_socket={mariadb.socket}"
    message = error_at(f"mysql://locked:wrong@localhost/locked?{socket}")
    assert "the password in SHOP_PASSWORD" in message
    message = error_at(f"mysql://locked:the-right-one@localhost/locked?{socket}")
    assert "that the user may connect to it" in message


def test_any_exception_while_connecting_is_a_source_error() -> None:
    """For a host name too long for DNS, PyMySQL raises an exception that is not its own."""
    message = error_at(f"mysql://ann@{'x' * 80}/shop")
    assert "cannot be reached" in message
    assert "Check the address" in message


def test_the_error_without_select_privileges_says_to_grant_them(
    shop: DemoShop, synced: SyncedWarehouse, postgres: Postgres
) -> None:
    postgres.run("DROP ROLE IF EXISTS blind; CREATE ROLE blind LOGIN")
    blind = SyncedWarehouse(synced.address.replace("postgres@", "blind@"), synced.location)
    for options in ({}, {"table": "order_lines"}, {"profile": "shop-database"}):
        with pytest.raises(SourceError, match=r'User "blind" cannot see any table.*GRANT SELECT'):
            blind.sync(**options)


def test_the_error_for_a_malformed_address_shows_the_format() -> None:
    for address in ("shop.csv", "oracle://host/db", "postgresql://host", "mysql://host:x/db"):
        with pytest.raises(SourceError, match="postgresql://user@host/database"):
            parse_shop_address(address, {})


def test_the_password_can_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert parse_shop_address("mysql://a@h/d", {"SHOP_PASSWORD": "x"}, file).password == "x"
    file.write_text("SHOP_PASSWORD=y\n")
    assert parse_shop_address("mysql://a@h/d", {}, file).password == "y"
    assert parse_shop_address("mysql://a:z@h/d", {"SHOP_PASSWORD": "x"}, file).password == "z"


def test_a_second_sync_at_the_same_time_is_refused(
    shop: DemoShop, synced_on_any_engine: SyncedWarehouse
) -> None:
    synced = synced_on_any_engine
    synced.sync()
    shop.trade(5)

    def sync_again(message: str) -> None:
        if message.startswith("Comparing months"):
            with pytest.raises(WarehouseError, match=RUNNING):
                synced.sync()

    synced.sync(progress=sync_again)
    assert synced.lines() == source_lines(shop)


def test_the_password_is_not_stored_in_the_warehouse(
    shop: DemoShop, synced: SyncedWarehouse, postgres: Postgres
) -> None:
    with psycopg.connect(postgres.uri, autocommit=True) as con:
        con.execute("DROP ROLE IF EXISTS secretive")
        con.execute("CREATE ROLE secretive LOGIN SUPERUSER PASSWORD 's3cret-word'")
    with_password = synced.address.replace("postgres@", "secretive:s3cret-word@")
    SyncedWarehouse(with_password, synced.location).sync()
    assert b"s3cret-word" not in Path(synced.location).read_bytes()
