"""Who is forgotten is nowhere, stays nowhere, and their sales count as those of a guest."""

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.core.errors import InputError, WarehouseError
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

ANYWHERE = pytest.mark.parametrize("engine", ["duckdb", "postgresql"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
WAYS = {
    "apart": people_profile,
    "by pseudonym": pseudonym_profile,
    "without people": lambda _: None,
}
PROFILES = pytest.mark.parametrize("profiled", WAYS.values(), ids=WAYS.keys())
PROFILES_ANYWHERE = pytest.mark.parametrize(
    ("engine", "profiled"),
    [*(("duckdb", way) for way in WAYS.values()), ("postgresql", people_profile)],
    indirect=["engine"],
    ids=[*(f"duckdb-{way}" for way in WAYS), "postgresql-apart"],
)


def left_of_ann(kept, *others):
    found = all_text(kept)
    return [word for word in (*TRACES_OF_ANN, "c-17", *others) if word in found]


def nameless(rows):
    """Return rows as they would be had Ann bought as a guest, without her columns."""
    return [row | EMPTY | {"Customer ID": ""} if row["Customer ID"] == "C-17" else row
            for row in rows]  # fmt: skip


FIRST = [ann("1"), ann("2", "mug", price="5"), bob("3"), guest("4")]
SECOND = [ann("2", "hat", price="9"), ann("5", price="ask"), bob("6", "mug")]


@PROFILES_ANYWHERE
def test_nothing_is_left_and_the_star_is_that_of_a_guest(kept, new_place, tmp_path, profiled):
    profile = profiled(tmp_path)
    kept.build(kept.file("a.csv", FIRST), profile=profile)
    kept.load(kept.file("b.csv", SECOND), profile=profile)
    assert left_of_ann(kept) or profile
    gone = kept.forget("C-17")
    assert left_of_ann(kept) == []
    assert balance(kept) == {(0, 0)}
    whole = LoadedWarehouse(new_place(), kept.folder)
    whole.build(
        kept.file("c.csv", nameless(FIRST)), kept.file("d.csv", nameless(SECOND)), profile=profile
    )
    assert kept.contents() == whole.contents()
    assert gone.changed["order_lines"] == 2
    assert gone.changed["superseded_lines"] == 1
    assert gone.changed["quarantine"] == 1
    assert gone.changed["dim_customer"] == 1
    assert {"order_lines", "quarantine", "dim_product", "load_sources"} <= set(gone.searched)


def test_who_was_forgotten_is_known_by_the_pseudonym_alone(kept, key, tmp_path):
    kept.build(kept.file("a.csv", FIRST), profile=people_profile(tmp_path))
    kept.forget("C-17")
    assert [(row["pseudonym"], row["load_id"]) for row in kept.rows("forgotten")] == [
        (pseudonym(key, "C-17"), 2)
    ]
    assert [row["operation"] for row in kept.rows("loads")] == ["build", "forget"]


@PROFILES_ANYWHERE
def test_later_loads_do_not_bring_them_back(kept, new_place, tmp_path, profiled):
    profile = profiled(tmp_path)
    kept.build(kept.file("a.csv", [*FIRST, ann("7", price="ask")]), profile=profile)
    kept.forget("C-17")
    before = kept.contents()
    again = kept.load(kept.file("b.csv", [*FIRST, ann("7", price="ask"), bob("9")]),
                      profile=profile)  # fmt: skip
    assert (again.orders.new, again.orders.changed) == (1, 0)
    kept.undo(3)
    assert kept.contents() == before
    corrected = [ann("1", price="3"), ann("8"), ann("10", price="ask")]
    kept.load(kept.file("c.csv", corrected), profile=profile)
    assert left_of_ann(kept, pseudonym("a key", "C-17")) == []
    assert [row["customer_id"] for row in kept.rows("order_lines") if row["order_id"] == "8"] == [
        None
    ]
    kept.replay(
        write_corrected_rows(
            kept, kept.folder / "m.csv", row_4={"Price": "4"}, row_6={"Price": "4"}
        )
    )
    assert left_of_ann(kept) == []
    assert balance(kept) == {(0, 0)}


def test_the_very_file_that_brought_them_says_nothing_new(kept, tmp_path):
    file = kept.file("a.csv", FIRST)
    kept.build(file, profile=people_profile(tmp_path))
    kept.forget("C-17")
    before = kept.contents()
    assert kept.load(file, profile=people_profile(tmp_path)).same
    assert kept.contents() == before
    assert left_of_ann(kept) == []


@ANYWHERE
def test_a_load_taken_back_does_not_bring_them_back(kept, tmp_path):
    profile = people_profile(tmp_path)
    kept.build(kept.file("a.csv", FIRST), profile=profile)
    kept.load(kept.file("b.csv", SECOND), profile=profile)
    kept.load(kept.file("c.csv", [*SECOND, bob("11")]), profile=profile)
    kept.forget("C-17")
    kept.undo(2)
    assert left_of_ann(kept) == []
    kept.undo(3)
    assert left_of_ann(kept) == []
    stands = {row["product_id"] for row in kept.rows("order_lines") if row["order_id"] == "2"}
    assert stands == {"MUG"}
    assert balance(kept) == {(0, 0)}


def test_it_cannot_be_undone(kept, tmp_path):
    kept.build(kept.file("a.csv", FIRST), profile=people_profile(tmp_path))
    kept.forget("C-17")
    with pytest.raises(InputError, match="what was erased cannot be had again"):
        kept.undo(2)


@PROFILES_ANYWHERE
def test_who_builds_anew_in_the_same_place_does_not_bring_them_back(kept, tmp_path, profiled):
    file = kept.file("a.csv", FIRST)
    kept.build(file, profile=profiled(tmp_path))
    kept.forget("C-17")
    kept.build(file, profile=profiled(tmp_path))
    assert left_of_ann(kept) == []
    kept.build(file, profile=profiled(tmp_path))
    assert left_of_ann(kept) == []


def test_without_the_key_nothing_is_loaded_for_they_might_come_in(kept, tmp_path, monkeypatch):
    kept.build(kept.file("a.csv", FIRST))
    kept.forget("C-17")
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")
    monkeypatch.chdir(tmp_path)
    for act in (kept.load, kept.build):
        with pytest.raises(WarehouseError, match="neither in REGULARS_PEOPLE_KEY nor in"):
            act(kept.file("b.csv", [ann("9")]))


def test_a_customer_of_whom_nothing_is_held_is_refused_with_the_closest(kept, tmp_path):
    kept.build(kept.file("a.csv", FIRST), profile=people_profile(tmp_path))
    with pytest.raises(InputError, match=r'customer "C-170"\. Did you mean "C-1[78]"\?'):
        kept.forget("C-170")
    kept.forget("C-17")
    with pytest.raises(InputError, match="has been forgotten: nothing is held"):
        kept.forget("C-17")


PLANTED = {
    "dim_order.location": "lives at 7 Quince Lane, first floor",
    "dim_product.product_name": "a mug for Anneliese Brightwater",
    "load_sources.name": "sales of Ann@Brightwater.Example.csv",
    "mart_or_else.note": "see c-17",
}


@ANYWHERE
def test_what_is_planted_elsewhere_is_found_and_nothing_is_changed(kept, tmp_path):
    rows = [ann("1"), bob("3") | {"Price": "ask"}, bob("3")]
    kept.build(kept.file("a.csv", rows), profile=people_profile(tmp_path))
    run(kept, "CREATE TABLE {}mart_or_else (note TEXT)")
    run(kept, "INSERT INTO {}mart_or_else VALUES ('C-170, ann@brightwater, 17 Quince Lane')")
    for place, text in PLANTED.items():
        table, column = place.split(".")
        run(kept, f"UPDATE {{}}{table} SET {column} = '{text}'")
    before = kept.contents()
    found = "".join(rf"  {re.escape(place)} \(1\)\n" for place in PLANTED)
    with pytest.raises(WarehouseError, match=rf"would be left in\n{found}"):
        kept.forget("C-17")
    assert kept.contents() == before
    assert kept.rows("forgotten") == []


def test_a_table_in_a_schema_of_ones_own_stays_out_of_it(kept, tmp_path):
    kept.build(kept.file("a.csv", FIRST), profile=people_profile(tmp_path))
    with duckdb.connect(kept.location) as con:
        con.execute("CREATE SCHEMA ours; CREATE TABLE ours.notes AS SELECT 'tea' AS note")
    kept.forget("C-17")
    with duckdb.connect(kept.location) as con:
        assert con.sql("SELECT note FROM ours.notes").fetchall() == [("tea",)]


@ANYWHERE
def test_words_that_only_look_alike_hold_nothing_up(kept, tmp_path):
    kept.build(kept.file("a.csv", [ann("1"), bob("3")]), profile=people_profile(tmp_path))
    run(kept, "UPDATE {}load_sources SET name = 'C-170, ann@brightwater, 17 Quince Lane'")
    kept.forget("C-17")


@ANYWHERE
def test_a_number_that_is_planted_is_found_where_it_is_all_that_a_cell_says(kept):
    kept.build(kept.file("a.csv", [ann("1", customer="17"), bob("3")]))
    run(kept, "UPDATE {}load_sources SET name = '17'")
    with pytest.raises(WarehouseError, match=r"load_sources\.name \(1\)"):
        kept.forget("17")


def run(kept, sql):
    """Change the tables of a warehouse behind its back."""
    if kept.location.startswith("postgresql"):
        with kept.open() as warehouse:
            schema = warehouse.reader.schema
        with psycopg.connect(uri_of(kept)) as con:
            con.execute(sql.format(schema + "."))
    else:
        with duckdb.connect(kept.location) as con:
            con.execute(sql.format(""))


def uri_of(kept):
    return kept.location.partition("&schema=")[0]


def test_a_place_or_product_that_others_name_too_is_no_trace(kept):
    rows = [ann("1", "ann", customer="Ann") | {"Country": "Ann Arbor"},
            bob("2", "ann") | {"Country": "Ann Arbor"}]  # fmt: skip
    kept.build(kept.file("a.csv", rows))
    kept.forget("Ann")
    assert {row["location"] for row in kept.rows("dim_order")} == {"Ann Arbor"}


def test_products_and_orders_with_the_customers_digits_are_no_trace(kept):
    rows = [ann("17", "17", customer="17"), bob("18", "17", customer="18", quantity="17")]
    kept.build(kept.file("a.csv", rows))
    kept.forget("17")
    assert {row["order_id"] for row in kept.rows("dim_order")} == {"17", "18"}


def test_what_is_held_of_somebody_else_too_stays_there(kept, tmp_path):
    rows = [ann("1"), bob("2") | {"Street": "7 Quince Lane"}]
    kept.build(kept.file("a.csv", rows), profile=people_profile(tmp_path))
    gone = kept.forget("C-17")
    assert gone.shared == 1
    assert [row["address"] for row in kept.rows("people")] == ["7 Quince Lane"]


@PROFILES
def test_no_byte_of_them_is_left_in_the_file(kept, tmp_path, profiled):
    rows = [*(bob(str(number)) for number in range(100, 400)), ann("1"), ann("2", price="ask")]
    kept.build(kept.file("a.csv", rows), profile=profiled(tmp_path))
    held = Path(kept.location).read_bytes()
    assert b"brightwater" in held.lower()
    kept.forget("C-17")
    after = Path(kept.location).read_bytes().lower()
    assert [word for word in (*TRACES_OF_ANN, "c-17") if word.encode() in after] == []
    assert [path.name for path in Path(kept.location).parent.glob("*.building*")] == []


@ON_POSTGRESQL
def test_no_byte_of_them_is_left_in_the_servers_tables(kept, tmp_path, postgres):
    said = "ann@nowhere-else.example"  # other warehouses of these tests share the database
    rows = [*FIRST, ann("7") | {"E-Mail": said}, ann("8", price="ask") | {"E-Mail": said}]
    kept.build(kept.file("a.csv", rows), profile=people_profile(tmp_path))
    postgres.run("CHECKPOINT")
    assert files_saying(postgres, said.encode())
    kept.forget("C-17")
    postgres.run("VACUUM FULL pg_statistic")
    postgres.run("CHECKPOINT")
    assert files_saying(postgres, said.encode()) == []


@ON_POSTGRESQL
def test_forgetting_again_frees_what_could_not_be_freed_at_first(kept, tmp_path, postgres):
    said = "ann@held-open.example"
    kept.build(
        kept.file("a.csv", [*FIRST, ann("7") | {"E-Mail": said}]), profile=people_profile(tmp_path)
    )
    with kept.open() as warehouse:
        schema = warehouse.reader.schema
    with psycopg.connect(postgres.uri) as reading:
        # It sees what it saw at first, so that no vacuum of the server's own frees it meanwhile.
        reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        table = psycopg.sql.Identifier(schema, "people")
        reading.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(table))
        kept.forget("C-17")
        postgres.run("CHECKPOINT")
        assert files_saying(postgres, said.encode())
    with pytest.raises(InputError, match="has been forgotten"):
        kept.forget("C-17")
    postgres.run("VACUUM FULL pg_statistic")
    postgres.run("CHECKPOINT")
    assert files_saying(postgres, said.encode()) == []


def files_saying(postgres, text):
    """Return the files of this database that hold these bytes."""
    name = postgres.uri.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres.uri) as con:
        [(number,)] = con.execute("SELECT oid FROM pg_database WHERE datname = %s", (name,))
    folder = postgres.data / "base" / str(number)
    return [path.name for path in folder.iterdir() if text in path.read_bytes()]


@ON_POSTGRESQL
def test_neither_readers_nor_analysts_see_who_people_are(kept, tmp_path):
    kept.build(kept.file("a.csv", FIRST), profile=people_profile(tmp_path))
    with kept.open() as warehouse:
        schema = warehouse.reader.schema
        base = warehouse.reader.address.schema
    query = "SELECT has_table_privilege(%s, %s, 'SELECT')"
    with psycopg.connect(uri_of(kept)) as con:

        def may(role, table):
            return con.execute(query, (f"{base}_{role}", f"{schema}.{table}")).fetchone()[0]

        assert may("reader", "dim_customer")
        assert not any(
            may(role, table)
            for role in ("reader", "analyst")
            for table in ("people", "forgotten", "people_facts")
        )


@ON_POSTGRESQL
def test_an_older_version_that_is_open_holds_it_up(kept, tmp_path):
    kept.build(kept.file("a.csv", FIRST), profile=people_profile(tmp_path))
    with kept.open():
        kept.build(kept.file("a.csv", FIRST), profile=people_profile(tmp_path))
        with pytest.raises(WarehouseError, match="Somebody has an older version"):
            kept.forget("C-17")
    kept.forget("C-17")
    assert left_of_ann(kept) == []


EXAMPLES = int(os.environ.get("REGULARS_EXAMPLES", "2"))
tried = settings(
    max_examples=EXAMPLES, deadline=None, derandomize="REGULARS_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
who = {"ann": ann, "bob": bob, "guest": guest}
lines = st.builds(
    lambda name, order, product, price: who[name](order, product, price=price),
    st.sampled_from(sorted(who)), st.sampled_from("12345"),
    st.sampled_from(("tea", "mug")), st.sampled_from(("2.50", "4", "ask")),
)  # fmt: skip
contents = st.lists(lines, min_size=1, max_size=5).map(lambda rows: [bob("0"), *rows])


@ANYWHERE
@tried
@given(st.lists(contents, min_size=2, max_size=4, unique_by=repr), st.integers(1, 3))
def test_whenever_she_is_forgotten_it_is_as_if_she_had_been_a_guest(
    engine, new_place, files, after
):
    with TemporaryDirectory() as place:
        folder = Path(place)
        profile = people_profile(folder)
        kept, whole = LoadedWarehouse(new_place(), folder), LoadedWarehouse(new_place(), folder)
        first, *later = (kept.file(f"{n}.csv", rows) for n, rows in enumerate(files))
        kept.build(kept.file("ann.csv", [ann("x")]), first, profile=profile)
        forgotten = False
        for number, file in enumerate(later, 1):
            if number == after:
                kept.forget("C-17")
                forgotten = True
            kept.load(file, profile=profile)
        if not forgotten:
            kept.forget("C-17")
        assert left_of_ann(kept) == []
        assert balance(kept) == {(0, 0)}
        blank = [kept.file(f"g{n}.csv", nameless(rows)) for n, rows in enumerate(files)]
        whole.build(kept.file("gx.csv", nameless([ann("x")])), *blank, profile=profile)
        assert kept.contents() == whole.contents()


@pytest.mark.parametrize("number", ["1", "3", "standard", "sale"])
def test_numbers_and_words_of_our_own_hold_nobody_back(kept, number):
    kept.build(kept.file("a.csv", [ann("10", customer=number), bob("30")]))
    kept.forget(number)
    assert number not in {row["customer_id"] for row in kept.rows("dim_customer")}


def test_reasons_that_we_write_hold_nobody_back(kept):
    kept.build(kept.file("a.csv", [bob("1", customer="number"), bob("2", price="ask"), bob("3")]))
    assert "number" in kept.rows("quarantine")[0]["reasons"]
    kept.forget("number")


def test_what_others_are_called_alike_holds_nobody_back(kept, tmp_path):
    alike = bob("2") | {"Street": "7 Quince Lane Mews", "Last": "Brightwater"}
    kept.build(kept.file("a.csv", [ann("1"), alike]), profile=people_profile(tmp_path))
    kept.forget("C-17")
    assert [row["address"] for row in kept.rows("people")] == ["7 Quince Lane Mews"]


def test_a_pseudonym_is_no_number_where_customers_go_by_numbers(kept, key, tmp_path):
    kept.build(kept.file("a.csv", [ann("1"), bob("2")]), profile=people_profile(tmp_path))
    with pytest.raises(InputError, match="Name the number"):
        kept.forget(pseudonym(key, "C-17"))


def test_rows_without_a_number_of_an_order_that_stands_nowhere_are_bare_too(kept, tmp_path):
    rows = [ann("1", price="ask"), ann("1", customer="", price="ask"), bob("2")]
    kept.build(kept.file("a.csv", rows))
    kept.forget("C-17")
    assert left_of_ann(kept) == []
