"""A forgotten customer leaves no residue, does not return, and their sales count as a guest's."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.conftest import Fill
from regulars.core.errors import InputError, WarehouseError
from regulars.sources.profiles.profile import Profile
from support.loaded_warehouse import LoadedWarehouse, balance, write_corrected_rows
from support.people import (
    EMPTY,
    TRACES_OF_ANN,
    all_text,
    ann,
    bob,
    guest,
    people_profile,
    pseudonym,
    pseudonym_profile,
)
from support.postgres import Postgres, postgres_reader

ON_BOTH = pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
MORE = pytest.mark.thorough
ON_POSTGRESQL_TOO = pytest.mark.parametrize(
    "engine", ["duckdb", pytest.param("postgresql", marks=MORE)], indirect=True
)
"""For what happens in code that engines share."""

ON_POSTGRESQL = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
Profiled = Callable[[Path], Profile | None]
Lines = list[dict[str, str]]


def no_profile(_: Path) -> None:
    """Return no profile: personal data is in no column of the warehouse."""


PROFILE_KINDS: dict[str, Profiled] = {
    "apart": people_profile,
    "by pseudonym": pseudonym_profile,
    "without people": no_profile,
}


def on_engines(*chosen: str) -> pytest.MarkDecorator:
    """Parametrize a test by engine and kind of profile; `make thorough` runs those not chosen."""
    pairs = [("duckdb", kind) for kind in PROFILE_KINDS] + [("postgresql", "apart")]
    return pytest.mark.parametrize(
        ("engine", "profiled"),
        [
            pytest.param(
                engine, PROFILE_KINDS[kind], id=name, marks=() if name in chosen else (MORE,)
            )
            for engine, kind in pairs
            for name in [f"{engine}-{kind}"]
        ],
        indirect=["engine"],
    )


def residue_of_ann(shop: LoadedWarehouse, *others: str) -> list[str]:
    text = all_text(shop)
    return [word for word in (*TRACES_OF_ANN, "c-17", *others) if word in text]


def nameless(rows: Lines) -> Lines:
    """Return rows as if Ann had bought as a guest."""
    return [row | EMPTY | {"Customer ID": ""} if row["Customer ID"] == "C-17" else row
            for row in rows]  # fmt: skip


FIRST = [ann("1"), ann("2", "mug", price="5"), bob("3"), guest("4")]
SECOND = [ann("2", "hat", price="9"), ann("5", price="ask"), bob("6", "mug")]


@on_engines("duckdb-by pseudonym", "postgresql-apart")
def test_forgetting_leaves_no_residue_and_gives_the_star_of_a_guest(
    shop: LoadedWarehouse, fill: Fill, new_location: Callable[[], str], tmp_path: Path,
    profiled: Profiled,
) -> None:  # fmt: skip
    profile = profiled(tmp_path)
    fill(FIRST, SECOND, profile=profiled)
    assert residue_of_ann(shop) or profile
    forgotten = shop.forget("C-17")
    assert residue_of_ann(shop) == []
    assert balance(shop) == {(0, 0)}
    expected = LoadedWarehouse(new_location(), shop.folder)
    expected.build(
        shop.file("c.csv", nameless(FIRST)), shop.file("d.csv", nameless(SECOND)), profile=profile
    )
    assert shop.contents() == expected.contents()
    assert forgotten.changed["order_lines"] == 2
    assert forgotten.changed["superseded_lines"] == 1
    assert forgotten.changed["quarantine"] == 1
    assert forgotten.changed["dim_customer"] == 1
    assert {"order_lines", "quarantine", "dim_product", "load_sources"} <= set(forgotten.searched)


def test_only_the_pseudonym_of_a_forgotten_customer_is_stored(
    shop: LoadedWarehouse, fill: Fill, key: str
) -> None:
    fill(FIRST, profile=people_profile, forget="C-17")
    assert [(row["pseudonym"], row["load_id"]) for row in shop.rows("forgotten")] == [
        (pseudonym(key, "C-17"), 2)
    ]
    assert [row["operation"] for row in shop.rows("loads")] == ["build", "forget"]


@on_engines("duckdb-apart")
def test_later_loads_do_not_bring_a_forgotten_customer_back(
    shop: LoadedWarehouse, new_location: Callable[[], str], tmp_path: Path, profiled: Profiled
) -> None:
    profile = profiled(tmp_path)
    shop.build(shop.file("a.csv", [*FIRST, ann("7", price="ask")]), profile=profile)
    shop.forget("C-17")
    before = shop.contents()
    again = shop.load(shop.file("b.csv", [*FIRST, ann("7", price="ask"), bob("9")]),
                      profile=profile)  # fmt: skip
    assert (again.orders.new, again.orders.changed) == (1, 0)
    shop.undo(3)
    assert shop.contents() == before
    corrected = [ann("1", price="3"), ann("8"), ann("10", price="ask")]
    shop.load(shop.file("c.csv", corrected), profile=profile)
    assert residue_of_ann(shop, pseudonym("a key", "C-17")) == []
    assert [row["customer_id"] for row in shop.rows("order_lines") if row["order_id"] == "8"] == [
        None
    ]
    shop.replay(
        write_corrected_rows(
            shop, shop.folder / "m.csv", row_4={"Price": "4"}, row_6={"Price": "4"}
        )
    )
    assert residue_of_ann(shop) == []
    assert balance(shop) == {(0, 0)}


def test_the_same_file_is_a_duplicate_after_its_customer_was_forgotten(
    shop: LoadedWarehouse, fill: Fill, tmp_path: Path
) -> None:
    fill(FIRST, profile=people_profile, forget="C-17")
    before = shop.contents()
    assert shop.load(shop.file("a.csv", FIRST), profile=people_profile(tmp_path)).duplicates
    assert shop.contents() == before
    assert residue_of_ann(shop) == []


@ON_POSTGRESQL_TOO
def test_undoing_a_load_does_not_bring_a_forgotten_customer_back(
    shop: LoadedWarehouse, fill: Fill
) -> None:
    fill(FIRST, SECOND, [*SECOND, bob("11")], profile=people_profile)
    shop.forget("C-17")
    shop.undo(2)
    assert residue_of_ann(shop) == []
    shop.undo(3)
    assert residue_of_ann(shop) == []
    products = {row["product_id"] for row in shop.rows("order_lines") if row["order_id"] == "2"}
    assert products == {"MUG"}
    assert balance(shop) == {(0, 0)}


def test_forgetting_cannot_be_undone(shop: LoadedWarehouse, fill: Fill) -> None:
    fill(FIRST, profile=people_profile, forget="C-17")
    with pytest.raises(InputError, match="erased data cannot be restored"):
        shop.undo(2)


@on_engines("duckdb-without people")
def test_a_new_build_does_not_bring_a_forgotten_customer_back(
    shop: LoadedWarehouse, fill: Fill, tmp_path: Path, profiled: Profiled
) -> None:
    fill(FIRST, profile=profiled, forget="C-17")
    file = shop.file("a.csv", FIRST)
    shop.build(file, profile=profiled(tmp_path))
    assert residue_of_ann(shop) == []
    shop.build(file, profile=profiled(tmp_path))
    assert residue_of_ann(shop) == []


def test_a_warehouse_with_forgotten_customers_needs_the_key_for_loads(
    shop: LoadedWarehouse, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(FIRST, profile=no_profile, forget="C-17")
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    for run in (shop.load, shop.build):
        with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY nor in"):
            run(shop.file("b.csv", [ann("9")]))


def test_an_unknown_customer_is_refused_with_the_closest_id(
    shop: LoadedWarehouse, fill: Fill
) -> None:
    fill(FIRST, profile=people_profile, forget="C-17")
    with pytest.raises(InputError, match=r'customer "C-180"\. Did you mean "C-18"\?'):
        shop.forget("C-180")
    with pytest.raises(InputError, match="has been forgotten"):
        shop.forget("C-17")


PLANTED = {
    "dim_order.location": "lives at 7 Quince Lane, first floor",
    "dim_product.product_name": "a mug for Anneliese Brightwater",
    "load_sources.name": "sales of Ann@Brightwater.Example.csv",
    "mart_or_else.note": "see c-17",
}
SIMILAR = "C-170, ann@brightwater, 17 Quince Lane"
"""Words that are similar to those of Ann, but not hers."""


@ON_BOTH
def test_residue_is_found_anywhere_and_nothing_is_changed_until_it_is_gone(
    shop: LoadedWarehouse, fill: Fill
) -> None:
    fill([ann("1"), bob("3") | {"Price": "ask"}, bob("3")], profile=people_profile)
    run(shop, "CREATE TABLE {}mart_or_else (note TEXT)")
    run(shop, f"INSERT INTO {{}}mart_or_else VALUES ('{SIMILAR}')")
    for location, text in PLANTED.items():
        table, column = location.split(".")
        run(shop, f"UPDATE {{}}{table} SET {column} = '{text}'")
    before = shop.contents()
    locations = "".join(rf"  {re.escape(location)} \(1\)\n" for location in PLANTED)
    with pytest.raises(WarehouseError, match=rf"would be left in\n{locations}"):
        shop.forget("C-17")
    assert shop.contents() == before
    assert shop.rows("forgotten") == []
    for location in PLANTED:
        table, column = location.split(".")
        run(shop, f"UPDATE {{}}{table} SET {column} = '{SIMILAR}'")
    shop.forget("C-17")


def test_tables_in_another_schema_are_not_touched(shop: LoadedWarehouse, fill: Fill) -> None:
    fill(FIRST, profile=people_profile, forget="C-17")
    with duckdb.connect(shop.location) as con:
        con.execute("CREATE SCHEMA ours; CREATE TABLE ours.notes AS SELECT 'tea' AS note")
    shop.forget("C-18")
    with duckdb.connect(shop.location) as con:
        assert con.sql("SELECT note FROM ours.notes").fetchall() == [("tea",)]


@ON_POSTGRESQL_TOO
def test_a_number_that_fills_a_cell_is_residue(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("a.csv", [ann("1", customer="17"), bob("3")]))
    run(shop, "UPDATE {}load_sources SET name = '17'")
    with pytest.raises(WarehouseError, match=r"load_sources\.name \(1\)"):
        shop.forget("17")


def run(shop: LoadedWarehouse, sql: str) -> None:
    """Change tables of a warehouse with SQL."""
    if shop.location.startswith("postgresql"):
        with shop.open() as warehouse:
            schema = postgres_reader(warehouse).schema
        with psycopg.connect(uri_of(shop)) as con:
            con.execute(sql.format(schema + "."))
    else:
        with duckdb.connect(shop.location) as con:
            con.execute(sql.format(""))


def uri_of(shop: LoadedWarehouse) -> str:
    return shop.location.partition("&schema=")[0]


def test_a_location_or_product_of_other_orders_is_not_residue(shop: LoadedWarehouse) -> None:
    rows = [ann("1", "ann", customer="Ann") | {"Country": "Ann Arbor"},
            bob("2", "ann") | {"Country": "Ann Arbor"}]  # fmt: skip
    shop.build(shop.file("a.csv", rows))
    shop.forget("Ann")
    assert {row["location"] for row in shop.rows("dim_order")} == {"Ann Arbor"}


def test_products_and_orders_with_the_same_number_are_not_residue(shop: LoadedWarehouse) -> None:
    rows = [ann("17", "17", customer="17"), bob("18", "17", customer="18", quantity="17")]
    shop.build(shop.file("a.csv", rows))
    shop.forget("17")
    assert {row["order_id"] for row in shop.rows("dim_order")} == {"17", "18"}


def test_values_of_other_people_stay(shop: LoadedWarehouse, tmp_path: Path) -> None:
    rows = [ann("1"), bob("2") | {"Street": "7 Quince Lane"}]
    shop.build(shop.file("a.csv", rows), profile=people_profile(tmp_path))
    forgotten = shop.forget("C-17")
    assert forgotten.shared == 1
    assert [row["address"] for row in shop.rows("people")] == ["7 Quince Lane"]


@pytest.mark.parametrize(
    "profiled",
    [
        people_profile,
        pytest.param(pseudonym_profile, marks=MORE),
        pytest.param(no_profile, marks=MORE),
    ],
    ids=PROFILE_KINDS.keys(),
)
def test_no_byte_of_a_forgotten_customer_is_left_in_the_file(
    shop: LoadedWarehouse, tmp_path: Path, profiled: Profiled
) -> None:
    rows = [*(bob(str(number)) for number in range(100, 400)), ann("1"), ann("2", price="ask")]
    shop.build(shop.file("a.csv", rows), profile=profiled(tmp_path))
    before = Path(shop.location).read_bytes()
    assert b"brightwater" in before.lower()
    shop.forget("C-17")
    after = Path(shop.location).read_bytes().lower()
    assert [word for word in (*TRACES_OF_ANN, "c-17") if word.encode() in after] == []
    assert [path.name for path in Path(shop.location).parent.glob("*.building*")] == []


@ON_POSTGRESQL
def test_no_byte_of_a_forgotten_customer_is_left_on_the_server(
    shop: LoadedWarehouse, tmp_path: Path, postgres: Postgres
) -> None:
    email = "ann@nowhere-else.example"  # other warehouses of these tests share the database
    rows = [*FIRST, ann("7") | {"E-Mail": email}, ann("8", price="ask") | {"E-Mail": email}]
    shop.build(shop.file("a.csv", rows), profile=people_profile(tmp_path))
    postgres.run("CHECKPOINT")
    assert files_with(postgres, email.encode())
    shop.forget("C-17")
    postgres.run("VACUUM FULL pg_statistic")
    postgres.run("CHECKPOINT")
    assert files_with(postgres, email.encode()) == []


@ON_POSTGRESQL
def test_forgetting_again_purges_what_an_open_reader_held(
    shop: LoadedWarehouse, tmp_path: Path, postgres: Postgres
) -> None:
    email = "ann@held-open.example"
    shop.build(
        shop.file("a.csv", [*FIRST, ann("7") | {"E-Mail": email}]), profile=people_profile(tmp_path)
    )
    with shop.open() as warehouse:
        schema = postgres_reader(warehouse).schema
    with psycopg.connect(postgres.uri) as reading:
        # This snapshot keeps the server from purging deleted rows.
        reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        table = psycopg.sql.Identifier(schema, "people")
        reading.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(table))
        shop.forget("C-17")
        postgres.run("CHECKPOINT")
        assert files_with(postgres, email.encode())
    with pytest.raises(InputError, match="has been forgotten"):
        shop.forget("C-17")
    postgres.run("VACUUM FULL pg_statistic")
    postgres.run("CHECKPOINT")
    assert files_with(postgres, email.encode()) == []


def files_with(postgres: Postgres, text: bytes) -> list[str]:
    """Return the files of this database that contain these bytes."""
    name = postgres.uri.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres.uri) as con:
        [(number,)] = con.execute("SELECT oid FROM pg_database WHERE datname = %s", (name,))
    folder = postgres.data / "base" / str(number)
    return [path.name for path in folder.iterdir() if text in path.read_bytes()]


@ON_POSTGRESQL
def test_readers_and_analysts_cannot_read_personal_data(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    shop.build(shop.file("a.csv", FIRST), profile=people_profile(tmp_path))
    with shop.open() as warehouse:
        schema = postgres_reader(warehouse).schema
        base = postgres_reader(warehouse).address.schema
    query = "SELECT has_table_privilege(%s, %s, 'SELECT')"
    with psycopg.connect(uri_of(shop)) as con:

        def can_read(role: str, table: str) -> bool:
            [(can,)] = con.execute(query, (f"{base}_{role}", f"{schema}.{table}")).fetchall()
            return bool(can)

        assert can_read("reader", "dim_customer")
        assert not any(
            can_read(role, table)
            for role in ("reader", "analyst")
            for table in ("people", "forgotten", "people_facts")
        )


@ON_POSTGRESQL
def test_an_open_older_version_blocks_forgetting(shop: LoadedWarehouse, tmp_path: Path) -> None:
    shop.build(shop.file("a.csv", FIRST), profile=people_profile(tmp_path))
    with shop.open():
        shop.build(shop.file("a.csv", FIRST), profile=people_profile(tmp_path))
        with pytest.raises(WarehouseError, match=r"An older version of .* is in use"):
            shop.forget("C-17")
    shop.forget("C-17")
    assert residue_of_ann(shop) == []


EXAMPLES = int(os.environ.get("REGULARS_EXAMPLES", "2"))
property_settings = settings(
    max_examples=EXAMPLES, deadline=None, derandomize="REGULARS_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
ROWS = {"ann": ann, "bob": bob, "guest": guest}
lines = st.builds(
    lambda name, order, product, price: ROWS[name](order, product, price=price),
    st.sampled_from(sorted(ROWS)), st.sampled_from("12345"),
    st.sampled_from(("tea", "mug")), st.sampled_from(("2.50", "4", "ask")),
)  # fmt: skip
contents = st.lists(lines, min_size=1, max_size=5).map(lambda rows: [bob("0"), *rows])


@ON_POSTGRESQL_TOO
@property_settings
@given(st.lists(contents, min_size=2, max_size=4, unique_by=repr), st.integers(1, 3))
def test_forgetting_at_any_time_gives_the_warehouse_of_a_guest(
    engine: str, new_location: Callable[[], str], files: list[Lines], after: int
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        profile = people_profile(folder)
        shop, expected = (LoadedWarehouse(new_location(), folder) for _ in range(2))
        first, *later = (shop.file(f"{n}.csv", rows) for n, rows in enumerate(files))
        shop.build(shop.file("ann.csv", [ann("x")]), first, profile=profile)
        is_forgotten = False
        for number, file in enumerate(later, 1):
            if number == after:
                shop.forget("C-17")
                is_forgotten = True
            shop.load(file, profile=profile)
        if not is_forgotten:
            shop.forget("C-17")
        assert residue_of_ann(shop) == []
        assert balance(shop) == {(0, 0)}
        blank = [shop.file(f"g{n}.csv", nameless(rows)) for n, rows in enumerate(files)]
        expected.build(shop.file("gx.csv", nameless([ann("x")])), *blank, profile=profile)
        assert shop.contents() == expected.contents()


@pytest.mark.parametrize(
    "number",
    ["1", pytest.param("3", marks=MORE), "standard", pytest.param("sale", marks=MORE)],
)
def test_a_customer_id_like_a_word_of_regulars_can_be_forgotten(
    shop: LoadedWarehouse, number: str
) -> None:
    shop.build(shop.file("a.csv", [ann("10", customer=number), bob("30")]))
    shop.forget(number)
    assert number not in {row["customer_id"] for row in shop.rows("dim_customer")}


def test_a_customer_id_like_a_word_in_a_reason_can_be_forgotten(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("a.csv", [bob("1", customer="number"), bob("2", price="ask"), bob("3")]))
    assert "number" in shop.rows("quarantine")[0]["reasons"]
    shop.forget("number")


def test_similar_values_of_other_people_do_not_block_forgetting(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    alike = bob("2") | {"Street": "7 Quince Lane Mews", "Last": "Brightwater"}
    shop.build(shop.file("a.csv", [ann("1"), alike]), profile=people_profile(tmp_path))
    shop.forget("C-17")
    assert [row["address"] for row in shop.rows("people")] == ["7 Quince Lane Mews"]


def test_a_pseudonym_is_refused_in_a_warehouse_with_plain_ids(
    shop: LoadedWarehouse, key: str, tmp_path: Path
) -> None:
    shop.build(shop.file("a.csv", [ann("1"), bob("2")]), profile=people_profile(tmp_path))
    with pytest.raises(InputError, match="Use the customer ID"):
        shop.forget(pseudonym(key, "C-17"))


def test_quarantined_rows_without_customer_id_are_redacted_with_their_order(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    rows = [ann("1", price="ask"), ann("1", customer="", price="ask"), bob("2")]
    shop.build(shop.file("a.csv", rows))
    shop.forget("C-17")
    assert residue_of_ann(shop) == []
