"""After a load PostgreSQL plans by what is there now, not by what was there before."""

import psycopg
import pytest
from psycopg import sql

from support.loaded_warehouse import line

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def asked(kept, postgres):
    """Ask the server for two columns, told the schema of the warehouse."""
    schema = kept.location.rpartition("schema=")[2] + "_1"

    def ask(query):
        with psycopg.connect(postgres.uri) as con:
            return dict(con.execute(query, {"schema": schema}).fetchall())

    return ask


@pytest.fixture
def hundred_more(kept):
    """A warehouse of one order, and a file of a hundred others of the same day."""
    kept.build(kept.file("1.csv", [line("0")]))
    return kept.file("2.csv", [line(str(number), "mug") for number in range(1, 101)])


def test_the_server_knows_how_many_rows_each_table_has(kept, asked, postgres, hundred_more):
    kept.load(hundred_more)
    thought = asked(
        "SELECT oid::regclass::text, reltuples FROM pg_class "
        "WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r'"
    )
    with psycopg.connect(postgres.uri) as con:
        for table, rows in thought.items():
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
            assert con.execute(count).fetchone() == (rows,), table
    assert {rows for name, rows in thought.items() if name.endswith("fact_sales")} == {101}


def test_tables_that_a_load_has_not_changed_are_not_looked_at_again(kept, asked, hundred_more):
    times = "SELECT relname, analyze_count FROM pg_stat_all_tables WHERE schemaname = %(schema)s"
    before = asked(times)
    kept.load(hundred_more)
    again = {name for name, count in asked(times).items() if count > before[name]}
    assert again >= {"fact_sales", "dim_order", "dim_product", "order_lines", "mart_segments"}
    assert not again & {"dim_date", "quarantine", "superseded_lines", "confirmed_orders"}
