"""A warehouse in PostgreSQL: what is published, who may read it, and what a failed build leaves."""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

import regulars as rg
from regulars.core.errors import WarehouseError
from support.killing import kill_times, run_and_kill
from support.postgres import Postgres, RunSql
from support.small_shop import SHOP
from support.warehouses import build_and_open

SALES = "SELECT count(*) FROM {}.orders WHERE kind = 'sale'"


@pytest.fixture(scope="module")
def shared(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the small shop, for tests that do not change it."""
    source = tmp_path_factory.mktemp("shared") / "shop.csv"
    source.write_text(SHOP, "utf-8")
    address = postgres.address("shared")
    build_and_open(address, [source]).warehouse.close()
    return address


@pytest.fixture(scope="module")
def template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    """A database with the small shop in the schema `built`, to copy."""
    source = tmp_path_factory.mktemp("template") / "shop.csv"
    source.write_text(SHOP, "utf-8")
    template = postgres.new_database("template_of_built")
    build_and_open(template.address("built"), [source]).warehouse.close()
    return template


@dataclass(frozen=True)
class Built:
    """A warehouse of the small shop in a database of its own."""

    database: Postgres
    address: str

    def run_sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.uri, autocommit=True) as con:
            cursor = con.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    @property
    def versions(self) -> list[str]:
        return versions(self.run_sql, self.address)


@pytest.fixture
def built(template: Postgres, postgres: Postgres) -> Iterator[Built]:
    """The small shop, built once and copied for each test."""
    database = postgres.new_database("copy_of_built", like="template_of_built")
    yield Built(database, database.address("built"))
    postgres.run("DROP DATABASE copy_of_built WITH (FORCE)")


def schema_of(address: str) -> str:
    return address.rpartition("schema=")[2]


def versions(run_sql: RunSql, address: str) -> list[str]:
    query = "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s"
    return sorted(name for (name,) in run_sql(query, schema_of(address) + "%"))


def test_a_build_replaces_the_last_one_and_leaves_no_other_version(
    built: Built, source: Path
) -> None:
    build_and_open(built.address, [source]).warehouse.close()
    assert built.versions == ["built", "built_2"]
    assert built.run_sql(SALES.format("built")) == [(17,)]


def test_a_schema_that_only_looks_like_a_version_is_left_alone(built: Built, source: Path) -> None:
    built.run_sql("CREATE SCHEMA built_4")
    built.run_sql("CREATE TABLE built_4.mine (a int)")
    build_and_open(built.address, [source]).warehouse.close()
    assert built.versions == ["built", "built_2", "built_4"]


def test_only_saved_tables_are_published(shared: str, run_sql: RunSql) -> None:
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
    names = {name for (name,) in run_sql(query, f"{schema_of(shared)}_1")}
    assert not [name for name in names if name.startswith(("stg_", "ibis_"))]
    assert {"fact_sales", "quarantine", "warehouse_facts", "mart_segments"} <= names


def test_a_build_gives_up_on_a_locked_view_after_a_while(
    built: Built, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regulars.engines.postgres import swap

    monkeypatch.setattr(swap, "ATTEMPTS", 1)
    monkeypatch.setattr(swap, "SECONDS_FOR_A_LOCK", 1)
    with psycopg.connect(built.database.uri) as con:
        con.execute("SELECT count(*) FROM built.sales")
        with pytest.raises(WarehouseError, match="an open transaction has locked a view"):
            build_and_open(built.address, [source])
    build_and_open(built.address, [source]).warehouse.close()


def test_a_table_that_regulars_did_not_create_is_not_replaced(
    location: str, source: Path, run_sql: RunSql
) -> None:
    schema = schema_of(location)
    run_sql(f"CREATE SCHEMA {schema}")
    run_sql(f"CREATE TABLE {schema}.published (mine int)")
    with pytest.raises(WarehouseError, match="contains published, which Regulars did not create"):
        build_and_open(location, [source])
    assert versions(run_sql, location) == [schema]


@pytest.mark.parametrize("ending", ["managed by Regulars", "kept by Regulars"])
def test_a_view_whose_columns_have_changed_is_recreated(
    built: Built, source: Path, ending: str
) -> None:
    built.run_sql("DROP VIEW built.calendar")
    built.run_sql("CREATE VIEW built.calendar AS SELECT 1 AS old")
    built.run_sql(f"COMMENT ON VIEW built.calendar IS 'days, {ending}'")
    built.run_sql(f"COMMENT ON SCHEMA built_1 IS 'A version of the warehouse built, {ending}'")
    build_and_open(built.address, [source]).warehouse.close()
    assert built.run_sql("SELECT count(*) FROM built.calendar WHERE is_observed") == [(101,)]
    assert built.versions == ["built", "built_2"]


def test_two_results_can_be_read_at_the_same_time(shared: str) -> None:
    with rg.open_warehouse(shared) as shop:
        one, other = (shop.rows(shop.table(name)) for name in ("fact_sales", "dim_order"))
        assert (next(one)["source_row"] > 0, next(other)["order_key"] > 0) == (True, True)
        assert (len(list(one)), len(list(other))) == (29, 22)


def test_a_failed_query_does_not_affect_the_next(shared: str) -> None:
    with rg.open_warehouse(shared) as shop:
        sales = shop.table("fact_sales")
        nothing = sales.source_row - sales.source_row
        with pytest.raises(WarehouseError, match="division by zero"):
            list(shop.rows(sales.mutate(x=sales.source_row // nothing)))
        with pytest.raises(psycopg.errors.DivisionByZero):
            shop.con.raw_sql("SELECT 1 / 0")
        [row] = shop.rows(shop.ask("kpis"))
        assert row["orders"] == 17


def test_filters_ignore_case_beyond_ascii(location: str, source: Path) -> None:
    source.write_text(source.read_text().replace(",UK,", ",Éire,").replace(",DE,", ",Ünser,"))
    shop = build_and_open(location, [source])
    expected = shop.one("kpis", where={"location": "Éire"})
    assert expected["orders"] > 0
    assert shop.one("kpis", where={"location": "éire"}) == expected
    assert [row["location"] for row in shop.ask("sales_by", by="location")][:1] == ["Éire"]
    shop.warehouse.close()


def test_the_error_for_a_missing_privilege_names_the_role_to_ask_for(
    shared: str, postgres: Postgres, run_sql: RunSql
) -> None:
    run_sql(f"CREATE ROLE {schema_of(shared)}_bob LOGIN")
    try:
        with pytest.raises(WarehouseError, match="must be a member of the reader role"):
            rg.open_warehouse(shared.replace("postgres@", f"{schema_of(shared)}_bob@"))
    finally:
        run_sql(f"DROP ROLE {schema_of(shared)}_bob")


def test_an_open_version_stays_until_it_is_closed(
    built: Built, source: Path, tmp_path: Path
) -> None:
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(source.read_text().splitlines()[:5]) + "\n")
    with rg.open_warehouse(built.address) as old:
        new = build_and_open(built.address, [shorter])
        assert (old.answers("kpis")[0]["orders"], new.one("kpis")["orders"]) == (17, 2)
        assert built.versions == ["built", "built_1", "built_2"]
    new.warehouse.close()
    build_and_open(built.address, [shorter]).warehouse.close()
    assert built.versions == ["built", "built_3"]


def test_the_database_has_keys_and_descriptions(shared: str, run_sql: RunSql) -> None:
    schema = f"{schema_of(shared)}_1"
    kinds = run_sql(
        "SELECT contype::text, count(*) FROM pg_constraint c JOIN pg_namespace n "
        "ON n.oid = c.connamespace WHERE nspname = %s AND contype IN ('p', 'f', 'u') "
        "GROUP BY contype ORDER BY contype",
        schema,
    )
    # Unique: the ids of orders, customers and products, and the names of lists.
    assert kinds == [("f", 6), ("p", 5), ("u", 4)]
    query = "SELECT col_description('{}.{}'::regclass, 4)"
    for table in (f"{schema}.fact_sales", f"{schema_of(shared)}.sales"):
        [(description,)] = run_sql(query.format(*table.split(".")))
        assert description == "Date of the line (dim_date)"


def test_the_views_have_plain_names(shared: str, run_sql: RunSql) -> None:
    query = "SELECT table_name FROM information_schema.views WHERE table_schema = %s ORDER BY 1"
    names = [name for (name,) in run_sql(query, schema_of(shared))]
    assert names == [
        "calendar", "cohorts", "customer_segments", "customers", "headline_figures",
        "monthly_customers", "monthly_orders", "monthly_sales", "orders", "products", "sales",
        "segments",
    ]  # fmt: skip


def test_a_users_view_on_ours_survives_a_build(built: Built, source: Path) -> None:
    built.run_sql("CREATE VIEW built.mine AS SELECT count(*) AS orders FROM built.orders")
    build_and_open(built.address, [source]).warehouse.close()
    assert built.run_sql("SELECT orders FROM built.mine") == [(23,)]


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
def test_each_role_has_its_privileges(
    shared: str, postgres: Postgres, role: str, query: str, may: bool
) -> None:
    schema = schema_of(shared)
    with psycopg.connect(postgres.uri) as con:
        con.execute(f"SET ROLE {schema}_{role}")
        if may:
            con.execute(query.format(schema))
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                con.execute(query.format(schema))


def test_a_user_with_only_the_reader_role_can_run_analyses(
    shared: str, postgres: Postgres, run_sql: RunSql
) -> None:
    schema = schema_of(shared)
    run_sql(f"CREATE ROLE {schema}_ann LOGIN IN ROLE {schema}_reader")
    try:
        with rg.open_warehouse(shared.replace("postgres@", f"{schema}_ann@")) as shop:
            [row] = shop.rows(shop.ask("kpis"))
            assert row["orders"] == 17
    finally:
        run_sql(f"DROP ROLE {schema}_ann")


def test_a_second_build_at_the_same_time_is_refused(location: str, source: Path) -> None:
    from regulars.engines.locate import engine_of

    is_running = r"Another build, load or sync of .* is running, by postgres"
    with (
        pytest.raises(WarehouseError, match=is_running),
        engine_of(location).open_workspace(memory_limit="1GB"),
    ):
        build_and_open(location, [source])


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgresql://ann:s3cret@no.such.host.invalid/shop", "no such host"),
        ("postgresql://ann:s3cret@127.0.0.1:1/shop", "the connection was refused"),
        ("postgresql://ann:s3cret@/shop?host={socket}", "there is no such user"),
        ("postgresql://postgres:s3cret@/nowhere?host={socket}", "Check DB_NAME"),
        ("postgresql://postgres:s3cret@/warehouses?host={socket}", "There is no warehouse"),
        ("postgresql://ann:s3cret@host:many/shop", "is not valid"),
    ],
)
def test_the_error_for_a_wrong_address_gives_the_reason_but_no_password(
    postgres: Postgres, address: str, message: str
) -> None:
    started = time.monotonic()
    with pytest.raises(WarehouseError, match=message) as caught:
        rg.open_warehouse(address.format(socket=postgres.socket))
    assert "s3cret" not in str(caught.value)
    assert time.monotonic() - started < 10


def test_the_error_for_a_wrong_password_does_not_show_it(
    postgres: Postgres, run_sql: RunSql
) -> None:
    run_sql("CREATE ROLE shopper LOGIN PASSWORD 'right'")
    postgres.require_password("shopper")
    location = f"postgresql://shopper:wr0ng@/warehouses?host={postgres.socket}"
    with pytest.raises(WarehouseError, match="wrong user or password") as caught:
        rg.open_warehouse(location)
    assert "wr0ng" not in str(caught.value)
    with pytest.raises(WarehouseError, match="a password is required"):
        rg.open_warehouse(location.replace(":wr0ng", ""))


def test_a_build_killed_at_any_moment_changes_nothing_and_the_next_cleans_up(
    location: str,
    source: Path,
    run_sql: RunSql,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    whole = run_and_kill(lambda: build_and_open(location, [source]))
    for moment in kill_times(whole, seed=20):
        run_and_kill(lambda: build_and_open(location, [source]), after=moment)
        wait_for_its_sessions_to_end(run_sql)
        assert run_sql(SALES.format(schema_of(location))) == [(17,)]
    build_and_open(location, [source]).warehouse.close()
    assert len(versions(run_sql, location)) == 2
    assert list(scratch.iterdir()) == []


def wait_for_its_sessions_to_end(run_sql: RunSql) -> None:
    """Wait, because the server notices a lost client only at the end of a statement."""
    sessions = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name IN ('regulars build', 'regulars load')
    """
    deadline = time.monotonic() + 30
    while run_sql(sessions) != [(0,)]:
        assert time.monotonic() < deadline, "the server still works for a killed build"
        time.sleep(0.01)


def test_readers_see_the_old_or_the_new_version_but_never_a_mixture(
    built: Built, source: Path, tmp_path: Path
) -> None:
    """Query continuously while builds of two shops take turns."""
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(source.read_text().splitlines()[:5]) + "\n")
    done: list[bool] = []

    def query_repeatedly() -> set[tuple[int, int]]:
        seen = set()
        while not done:
            with rg.open_warehouse(built.address) as shop:
                [kpis] = shop.answers("kpis")
                customers = len(shop.answers("rfm"))
                seen.add((kpis["orders"], customers))
        return seen

    with ThreadPoolExecutor() as threads:
        seen = threads.submit(query_repeatedly)
        try:
            for file in (shorter, source):
                build_and_open(built.address, [file]).warehouse.close()
        finally:
            done.append(True)
        assert seen.result(timeout=60) <= {(17, 7), (2, 2)}
