"""What goes wrong on the way: the warehouse stays as it was, and the next sync goes on."""

from pathlib import Path

import psycopg
import pytest

from regulars.core.errors import ExpectationError, SourceError, WarehouseError
from regulars.sources.databases.address import parse_shop_address
from regulars.sources.databases.connect import server_of
from regulars.sources.databases.shop_database import open_shop_database
from support.mariadb import MariaDB
from support.synced_warehouse import SyncedWarehouse, source_lines

AT_WORK = r"Another build, load or sync of .* is at work"
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'regulars sync' AND datname = current_database()
"""


def cutting(shop, at):
    """Return a progress that cuts the sync's connection to the shop when it says so."""

    def progress(said):
        if said.startswith(at):
            shop.connection.execute(CUT)
            shop.connection.commit()

    return progress


@pytest.mark.parametrize("at", ["Comparing months", "Reading"])
def test_a_connection_that_is_cut_changes_nothing_and_the_next_sync_goes_on(
    at, shop, synced_anywhere
):
    synced_anywhere.sync()
    before = synced_anywhere.lines()
    shop.trade(40)
    shop.add_late()
    shop.connection.commit()
    with pytest.raises(SourceError, match="could not be read"):
        synced_anywhere.sync(progress=cutting(shop, at))
    assert synced_anywhere.lines() == before
    assert len(synced_anywhere.warehouse.rows("loads")) == 1
    synced_anywhere.sync()
    assert synced_anywhere.lines() == source_lines(shop)


def test_a_first_sync_that_is_cut_leaves_no_warehouse(shop, synced, tmp_path):
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
def test_a_source_that_dies_half_way_through_its_lines_leaves_no_warehouse(
    shop, synced, tmp_path, price, cut_at
):
    shop.connection.execute(LONG.format(price=price))
    shop.connection.commit()
    said = []
    cut = cutting(shop, cut_at)
    with pytest.raises(SourceError, match="could not be read") as raised:
        synced.sync(table="sales", progress=lambda words: (said.append(words), cut(words)))
    assert any(words.startswith("Read ") for words in said)
    assert "Arrow" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_what_is_sold_while_a_sync_reads_comes_with_the_next(shop, synced):
    """Months, lines and orders are read one after the other, and all of one moment."""
    synced.sync()
    shop.trade(20)
    then = source_lines(shop)

    def selling(said):
        if said.startswith("Comparing months"):
            shop.trade(30)

    synced.sync(progress=selling)
    assert synced.lines() == then
    synced.sync()
    assert synced.lines() == source_lines(shop)


def test_nothing_can_be_written_through_a_snapshot(shop, synced):
    address = parse_shop_address(synced.address)
    with pytest.raises(SourceError, match="read-only"), server_of(address).snapshot(address) as one:
        one.batches("DELETE FROM order_lines RETURNING line_id").read_all()
    assert shop.totals()[1] > 0


def test_nothing_can_be_written_through_a_snapshot_of_mariadb(mariadb: MariaDB):
    address = parse_shop_address(mariadb.new_database("readonly"))
    with mariadb.connect("readonly") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x integer)")
    writing = "INSERT INTO t VALUES (1) RETURNING x"
    with pytest.raises(SourceError, match="READ ONLY"), server_of(address).snapshot(address) as one:
        one.batches(writing).read_all()


def test_a_reader_who_may_only_select_is_enough(shop, synced, postgres):
    postgres.run("DROP ROLE IF EXISTS only_reading")
    shop.connection.execute("CREATE ROLE only_reading LOGIN")
    shop.connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reading")
    shop.connection.commit()
    reader = SyncedWarehouse(synced.address.replace("postgres@", "only_reading@"), synced.location)
    reader.sync()
    shop.trade(10)
    reader.sync()
    assert reader.lines() == source_lines(shop)


def test_an_emptied_shop_is_not_taken_for_the_truth(shop, synced):
    synced.sync()
    before = synced.lines()
    shop.connection.execute("TRUNCATE order_lines, orders")
    shop.connection.commit()
    with pytest.raises(SourceError, match="no order any more"):
        synced.sync()
    assert synced.lines() == before


def test_many_orders_gone_at_once_are_a_warning_and_refused_when_strict(shop, synced):
    synced.sync()
    shop.connection.execute("DELETE FROM order_lines WHERE order_id <= 60")
    shop.connection.commit()
    with pytest.raises(ExpectationError, match="60 of 300 orders"):
        synced.sync(strict=True)
    assert "60 of 300 orders" in " ".join(synced.sync().warnings)


def test_an_address_that_leads_nowhere_says_so_without_the_password():
    for address in (
        "postgresql://ann:s3cret@127.0.0.1:1/shop",
        "mysql://ann:s3cret@127.0.0.1:1/shop",
    ):
        where = parse_shop_address(address)
        with pytest.raises(SourceError) as raised, open_shop_database(where, None, None):
            pass
        assert "cannot be reached" in str(raised.value)
        assert "s3cret" not in str(raised.value) + repr(where)


def refused(address):
    """Return what is said of an address at which nothing can be read."""
    with pytest.raises(SourceError) as raised, open_shop_database(parse_shop_address(address, {}), None, None):
        pass
    return str(raised.value)


@pytest.fixture
def locked_role(postgres):
    """A role of PostgreSQL that has to tell its password."""
    postgres.run("DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'the-right-one'")
    postgres.require_password("locked")
    return postgres


@pytest.mark.parametrize("password", ["", ":the-wrong-one"])
def test_a_wrong_password_or_none_says_where_it_stands(password, locked_role):
    said = refused(f"postgresql://locked{password}@/postgres?host={locked_role.socket}")
    assert "Check the user in the address, and the password in SHOP_PASSWORD." in said
    assert "libpq" not in said
    assert "the-wrong-one" not in said


def test_a_database_that_is_not_there_says_to_check_its_name(postgres, mariadb):
    for address in (
        f"postgresql://postgres@/nowhere?host={postgres.socket}",
        f"mysql://root@localhost/nowhere?unix_socket={mariadb.socket}",
    ):
        assert "nowhere" in refused(address)
        assert "Check the database's name in the address" in refused(address)


def test_a_wrong_password_of_mariadb_says_where_it_stands(mariadb):
    mariadb.new_database("locked")
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER locked@localhost IDENTIFIED BY 'the-right-one'")
    socket = f"unix_socket={mariadb.socket}"
    said = refused(f"mysql://locked:wrong@localhost/locked?{socket}")
    assert "the password in SHOP_PASSWORD" in said
    said = refused(f"mysql://locked:the-right-one@localhost/locked?{socket}")
    assert "that the user may enter it" in said


def test_whatever_a_driver_raises_while_it_connects_becomes_words():
    """A host that is too long for DNS is no error of PyMySQL's own."""
    said = refused(f"mysql://ann@{'x' * 80}/shop")
    assert "cannot be reached" in said
    assert "Check the address" in said


def test_a_reader_without_the_right_to_select_is_told_so(shop, synced, postgres):
    postgres.run("DROP ROLE IF EXISTS blind; CREATE ROLE blind LOGIN")
    blind = SyncedWarehouse(synced.address.replace("postgres@", "blind@"), synced.location)
    for told in ({}, {"table": "order_lines"}, {"profile": "shop-database"}):
        with pytest.raises(SourceError, match=r'the user "blind" sees no table.*GRANT SELECT'):
            blind.sync(**told)


def test_an_address_that_is_none_says_how_one_is_written():
    for address in ("shop.csv", "oracle://host/db", "postgresql://host", "mysql://host:x/db"):
        with pytest.raises(SourceError, match="postgresql://user@host/database"):
            parse_shop_address(address, {})


def test_the_password_may_stand_in_the_environment_or_in_a_file(tmp_path):
    file = tmp_path / ".env"
    assert parse_shop_address("mysql://a@h/d", {"SHOP_PASSWORD": "x"}, file).password == "x"
    file.write_text("SHOP_PASSWORD=y\n")
    assert parse_shop_address("mysql://a@h/d", {}, file).password == "y"
    assert parse_shop_address("mysql://a:z@h/d", {"SHOP_PASSWORD": "x"}, file).password == "z"


def test_of_two_syncs_at_once_the_second_is_refused(shop, synced_anywhere):
    synced = synced_anywhere
    synced.sync()
    shop.trade(5)

    def again(said):
        if said.startswith("Comparing months"):
            with pytest.raises(WarehouseError, match=AT_WORK):
                synced.sync()

    synced.sync(progress=again)
    assert synced.lines() == source_lines(shop)


def test_the_warehouse_never_holds_the_password(shop, synced, postgres):
    with psycopg.connect(postgres.uri, autocommit=True) as con:
        con.execute("DROP ROLE IF EXISTS secretive")
        con.execute("CREATE ROLE secretive LOGIN SUPERUSER PASSWORD 's3cret-word'")
    with_password = synced.address.replace("postgres@", "secretive:s3cret-word@")
    SyncedWarehouse(with_password, synced.location).sync()
    assert b"s3cret-word" not in Path(synced.location).read_bytes()
