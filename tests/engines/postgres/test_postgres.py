"""A warehouse in PostgreSQL: what is published, to whom, and what a failed build leaves."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

import regulars as rg
from regulars.core.errors import WarehouseError
from support.killing import kill_times, run_and_kill
from support.small_shop import SHOP
from support.warehouses import build_and_open

SERVES = "SELECT count(*) FROM {}.orders WHERE kind = 'sale'"


@pytest.fixture(scope="module")
def standing(postgres, tmp_path_factory):
    """The address of the shop drawn by hand, for tests that change nothing of it."""
    source = tmp_path_factory.mktemp("standing") / "shop.csv"
    source.write_text(SHOP, "utf-8")
    place = postgres.address("standing")
    build_and_open(place, [source]).warehouse.close()
    return place


def schema_of(place):
    return place.rpartition("schema=")[2]


def versions(ask, place):
    found = ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE %s", schema_of(place) + "%")
    return sorted(name for (name,) in found)


def test_a_build_replaces_the_one_before_and_leaves_no_other_version(place, source, ask_postgres):
    for _ in range(3):
        build_and_open(place, [source]).warehouse.close()
    schema = schema_of(place)
    assert versions(ask_postgres, place) == [schema, f"{schema}_3"]
    assert ask_postgres(SERVES.format(schema)) == [(17,)]


def test_a_schema_of_somebody_that_only_bears_such_a_name_is_left_alone(
    place, source, ask_postgres
):
    schema = schema_of(place)
    ask_postgres(f"CREATE SCHEMA {schema}_4")
    ask_postgres(f"CREATE TABLE {schema}_4.mine (a int)")
    for _ in range(2):
        build_and_open(place, [source]).warehouse.close()
    assert versions(ask_postgres, place) == [schema, f"{schema}_2", f"{schema}_4"]


def test_nothing_but_what_was_saved_is_published(standing, ask_postgres):
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
    names = {name for (name,) in ask_postgres(query, f"{schema_of(standing)}_1")}
    assert not [name for name in names if name.startswith(("stg_", "ibis_"))]
    assert {"fact_sales", "quarantine", "warehouse_facts", "mart_segments"} <= names


def test_a_view_that_somebody_holds_makes_the_build_wait_and_then_say_so(
    place, source, postgres, monkeypatch
):
    from regulars.engines.postgres import views

    build_and_open(place, [source]).warehouse.close()
    monkeypatch.setattr(views, "PATIENCE", 1)
    monkeypatch.setattr(views, "SECONDS_FOR_A_LOCK", 1)
    with psycopg.connect(postgres.uri) as holding:
        holding.execute(f"SELECT count(*) FROM {schema_of(place)}.sales")
        with pytest.raises(WarehouseError, match="somebody has held a view"):
            build_and_open(place, [source])
    build_and_open(place, [source]).warehouse.close()


def test_what_is_not_ours_is_not_replaced(place, source, ask_postgres):
    schema = schema_of(place)
    ask_postgres(f"CREATE SCHEMA {schema}")
    ask_postgres(f"CREATE TABLE {schema}.published (mine int)")
    with pytest.raises(WarehouseError, match="holds published, which Regulars did not make"):
        build_and_open(place, [source])
    assert versions(ask_postgres, place) == [schema]


def test_a_view_whose_columns_were_others_is_made_anew(place, source, ask_postgres):
    build_and_open(place, [source]).warehouse.close()
    schema = schema_of(place)
    ask_postgres(f"DROP VIEW {schema}.calendar")
    ask_postgres(f"CREATE VIEW {schema}.calendar AS SELECT 1 AS old")
    ask_postgres(f"COMMENT ON VIEW {schema}.calendar IS 'days, kept by Regulars'")
    build_and_open(place, [source]).warehouse.close()
    assert ask_postgres(f"SELECT count(*) FROM {schema}.calendar WHERE is_observed") == [(101,)]


def test_two_answers_may_be_read_side_by_side(standing):
    with rg.open_warehouse(standing) as shop:
        one, other = (shop.rows(shop.table(name)) for name in ("fact_sales", "dim_order"))
        assert (next(one)["source_row"] > 0, next(other)["order_key"] > 0) == (True, True)
        assert (len(list(one)), len(list(other))) == (29, 22)


def test_a_question_that_fails_leaves_the_others_their_answers(standing):
    with rg.open_warehouse(standing) as shop:
        sales = shop.table("fact_sales")
        nothing = sales.source_row - sales.source_row
        with pytest.raises(WarehouseError, match="division by zero"):
            list(shop.rows(sales.mutate(x=sales.source_row // nothing)))
        with pytest.raises(psycopg.errors.DivisionByZero):
            shop.con.raw_sql("SELECT 1 / 0")
        [row] = shop.rows(shop.ask("kpis"))
        assert row["orders"] == 17


def test_capitals_beyond_ascii_are_capitals(place, source):
    source.write_text(source.read_text().replace(",UK,", ",Éire,").replace(",DE,", ",Ünser,"))
    shop = build_and_open(place, [source])
    expected = shop.one("kpis", where={"location": "Éire"})
    assert expected["orders"] > 0
    assert shop.one("kpis", where={"location": "éire"}) == expected
    assert [row["location"] for row in shop.ask("sales_by", by="location")][:1] == ["Éire"]
    shop.warehouse.close()


def test_who_may_not_read_is_told_what_to_ask_for(standing, postgres, ask_postgres):
    ask_postgres(f"CREATE ROLE {schema_of(standing)}_bob LOGIN")
    try:
        with pytest.raises(WarehouseError, match="be a member of the reader's role"):
            rg.open_warehouse(standing.replace("postgres@", f"{schema_of(standing)}_bob@"))
    finally:
        ask_postgres(f"DROP ROLE {schema_of(standing)}_bob")


def test_who_has_a_version_open_keeps_all_of_it(place, source, tmp_path, ask_postgres):
    old = build_and_open(place, [source])
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(source.read_text().splitlines()[:5]) + "\n")
    new = build_and_open(place, [shorter])
    assert (old.one("kpis")["orders"], new.one("kpis")["orders"]) == (17, 2)
    assert len(versions(ask_postgres, place)) == 3
    old.warehouse.close()
    new.warehouse.close()
    build_and_open(place, [shorter]).warehouse.close()
    assert versions(ask_postgres, place)[1:] == [f"{schema_of(place)}_3"]


def test_keys_parents_and_words_are_in_the_database(standing, ask_postgres):
    schema = f"{schema_of(standing)}_1"
    kinds = ask_postgres(
        "SELECT contype::text, count(*) FROM pg_constraint c JOIN pg_namespace n "
        "ON n.oid = c.connamespace WHERE nspname = %s AND contype IN ('p', 'f', 'u') "
        "GROUP BY contype ORDER BY contype",
        schema,
    )
    # Unique are the ids of orders, customers and products, and the names of lists.
    assert kinds == [("f", 6), ("p", 5), ("u", 4)]
    said = "SELECT col_description('{}.{}'::regclass, 4)"
    for table in (f"{schema}.fact_sales", f"{schema_of(standing)}.sales"):
        [(words,)] = ask_postgres(said.format(*table.split(".")))
        assert words == "The day of the line (dim_date)"


def test_the_views_have_plain_names_that_stay(standing, ask_postgres):
    query = "SELECT table_name FROM information_schema.views WHERE table_schema = %s ORDER BY 1"
    names = [name for (name,) in ask_postgres(query, schema_of(standing))]
    assert names == [
        "calendar", "cohorts", "customer_segments", "customers", "headline_figures",
        "monthly_customers", "monthly_orders", "monthly_sales", "orders", "products", "sales",
        "segments",
    ]  # fmt: skip


def test_a_view_of_somebody_over_ours_outlives_a_build(place, source, ask_postgres):
    build_and_open(place, [source]).warehouse.close()
    schema = schema_of(place)
    ask_postgres(f"CREATE VIEW {schema}.mine AS SELECT count(*) AS orders FROM {schema}.orders")
    build_and_open(place, [source]).warehouse.close()
    assert ask_postgres(f"SELECT orders FROM {schema}.mine") == [(23,)]


@pytest.mark.parametrize(
    ("role", "query", "may"),
    [
        ("reader", "SELECT customer_id FROM {}.customers", True),
        ("reader", "SELECT * FROM {}_1.quarantine", True),
        ("reader", "DELETE FROM {}_1.fact_sales", False),
        ("reader", "CREATE TABLE {}.more (a int)", False),
        ("analyst", "SELECT customer_key, net_sales FROM {}.customers", True),
        ("analyst", "SELECT sum(net_amount) FROM {}.sales", True),
        ("analyst", "SELECT customer_id FROM {}.customers", False),
        ("analyst", "SELECT customer_id FROM {}_1.dim_customer", False),
        ("analyst", "SELECT customer_id FROM {}.customer_segments", False),
        ("analyst", "SELECT segment, monetary FROM {}.customer_segments", True),
        ("analyst", "SELECT original FROM {}_1.quarantine", False),
        ("analyst", "SELECT * FROM {}_1.superseded_lines", False),
    ],
)
def test_what_each_role_may_do(standing, postgres, role, query, may):
    schema = schema_of(standing)
    with psycopg.connect(postgres.uri) as con:
        con.execute(f"SET ROLE {schema}_{role}")
        if may:
            con.execute(query.format(schema))
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                con.execute(query.format(schema))


def test_a_reader_without_other_rights_can_ask_the_catalogue(standing, postgres, ask_postgres):
    schema = schema_of(standing)
    ask_postgres(f"CREATE ROLE {schema}_ann LOGIN IN ROLE {schema}_reader")
    try:
        with rg.open_warehouse(standing.replace("postgres@", f"{schema}_ann@")) as shop:
            [row] = shop.rows(shop.ask("kpis"))
            assert row["orders"] == 17
    finally:
        ask_postgres(f"DROP ROLE {schema}_ann")


def test_two_builds_at_once_the_second_is_told_who_is_at_work(place, source):
    from regulars.engines.locate import engine_of

    at_work = r"Another build, load or sync of .* is at work by postgres"
    with (
        pytest.raises(WarehouseError, match=at_work),
        engine_of(place).open_workspace(memory_limit="1GB"),
    ):
        build_and_open(place, [source])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://ann:s3cret@no.such.host.invalid/shop", "no such host"),
        ("postgresql://ann:s3cret@127.0.0.1:1/shop", "nothing listens there"),
        ("postgresql://ann:s3cret@/shop?host={socket}", "the user is not known"),
        ("postgresql://postgres:s3cret@/nowhere?host={socket}", "Check DB_NAME"),
        ("postgresql://postgres:s3cret@/warehouses?host={socket}", "There is no warehouse"),
        ("postgresql://ann:s3cret@host:many/shop", "not well formed"),
    ],
)
def test_a_wrong_address_says_what_is_wrong_and_no_password(postgres, address, words):
    started = time.monotonic()
    with pytest.raises(WarehouseError, match=words) as caught:
        rg.open_warehouse(address.format(socket=postgres.socket))
    assert "s3cret" not in str(caught.value)
    assert time.monotonic() - started < 10


def test_a_wrong_password_is_told_without_it(postgres, ask_postgres):
    ask_postgres("CREATE ROLE shopper LOGIN PASSWORD 'right'")
    postgres.require_password("shopper")
    place = f"postgresql://shopper:wr0ng@/warehouses?host={postgres.socket}"
    with pytest.raises(WarehouseError, match="the password or the user is wrong") as caught:
        rg.open_warehouse(place)
    assert "wr0ng" not in str(caught.value)
    with pytest.raises(WarehouseError, match="a password is needed"):
        rg.open_warehouse(place.replace(":wr0ng", ""))


def test_a_build_killed_at_any_moment_changes_nothing_and_the_next_tidies(
    place, source, ask_postgres, tmp_path, monkeypatch
):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    whole = run_and_kill(lambda: build_and_open(place, [source]))
    for moment in kill_times(whole, seed=20):
        run_and_kill(lambda: build_and_open(place, [source]), after=moment)
        wait_until_its_sessions_end(ask_postgres)
        assert ask_postgres(SERVES.format(schema_of(place))) == [(17,)]
    build_and_open(place, [source]).warehouse.close()
    assert len(versions(ask_postgres, place)) == 2
    assert list(scratch.iterdir()) == []


def wait_until_its_sessions_end(ask):
    """The server notices only at the end of a statement that nobody waits for its answer."""
    at_work = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name IN ('regulars build', 'regulars load')
    """
    deadline = time.monotonic() + 30
    while ask(at_work) != [(0,)]:
        assert time.monotonic() < deadline, "the server goes on with the work of a killed build"
        time.sleep(0.01)


def test_readers_see_the_old_or_the_new_never_a_mixture(place, source, tmp_path):
    """One asks all the time while builds of two shops take turns."""
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(source.read_text().splitlines()[:5]) + "\n")
    build_and_open(place, [source]).warehouse.close()
    done = []

    def ask_on():
        seen = set()
        while not done:
            with rg.open_warehouse(place) as shop:
                [kpis] = shop.rows(shop.ask("kpis"))
                people = len(list(shop.rows(shop.ask("rfm"))))
                seen.add((kpis["orders"], people))
        return seen

    with ThreadPoolExecutor() as threads:
        asking = threads.submit(ask_on)
        try:
            for number in range(4):
                build_and_open(place, [shorter if number % 2 == 0 else source]).warehouse.close()
        finally:
            done.append(True)
        assert asking.result(timeout=60) <= {(17, 7), (2, 2)}
