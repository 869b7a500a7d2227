"""The faults and differences that the code works round: each test fails when its reason is gone.

Then remove what it names. These talk to the engines directly, past everything of ours.
"""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import ibis
import ibis.expr.operations as ops
import psycopg
import pytest

from support.warehouses import NOW


@pytest.fixture
def embedded():
    con = ibis.duckdb.connect()
    yield con
    con.disconnect()


@pytest.fixture(scope="module")
def server(postgres):
    return ibis.postgres.connect(
        host=postgres.socket, user="postgres", database="warehouses", autocommit=True
    )


@pytest.fixture(scope="module")
def plain_spark(spark):
    """Spark as Ibis speaks to it by itself, under our settings of the session."""
    from regulars.engines.spark.session import session_at

    return ibis.pyspark.connect(session_at(spark.url))


def one(con, value):
    return con.to_pyarrow(value.name("value").as_table()).to_pylist()[0]["value"]


# DuckDB


def test_duckdb_takes_underscores_and_exponents_for_decimals():
    """staging/numbers.py: _plain."""
    found = duckdb.sql("SELECT try_cast('1_000' AS DECIMAL(18, 4)), "
                       "try_cast('5.1e-07' AS DECIMAL(18, 4))").fetchone()  # fmt: skip
    assert found == (Decimal(1000), Decimal("0.0001"))


def test_duckdb_multiplies_decimals_in_64_bits():
    """staging/lines.py: _amount."""
    with pytest.raises(duckdb.OutOfRangeException):
        duckdb.sql(
            "SELECT a * b FROM (SELECT 99999999::DECIMAL(18, 4) AS a, 9999999::DECIMAL(18, 6) AS b)"
        ).fetchall()


def test_duckdb_keeps_one_instance_of_a_file(tmp_path):
    """engines/duckdb.py: the warehouse is attached, not opened."""
    held, other = tmp_path / "held", tmp_path / "other"
    for path, value in ((held, 1), (other, 2)):
        with duckdb.connect(str(path)) as con:
            con.execute(f"CREATE TABLE t AS SELECT {value} AS v")
    first = duckdb.connect(str(held), read_only=True)
    other.replace(held)
    again = duckdb.connect(str(held), read_only=True)
    assert again.execute("SELECT v FROM t").fetchall() == [(1,)]
    first.close()
    again.close()


def test_duckdb_takes_brackets_in_a_path_for_a_pattern(tmp_path):
    """sources/raw.py: without_wildcards."""
    (tmp_path / "sales [1].csv").write_text("a\n1\n")
    (tmp_path / "sales 1.csv").write_text("a\n2\n")
    found = duckdb.read_csv(str(tmp_path / "sales [1].csv")).fetchall()
    assert found == [(2,)]


def test_duckdb_joins_where_it_is_asked_for_one_of_many():
    """expr.py: equals_any."""
    choices = ", ".join(f"'{choice}'" for choice in "abcdef")
    asked = f"FROM (SELECT range::VARCHAR AS k FROM range(9)) WHERE k IN ({choices})"
    [(_, plan)] = duckdb.sql(f"EXPLAIN {asked}").fetchall()
    assert "JOIN" in plan


def test_duckdb_divides_by_zero_without_a_word():
    """expr.py: ratio."""
    assert duckdb.sql("SELECT 1.0::DOUBLE / 0.0::DOUBLE").fetchone() != (None,)


# Ibis


def test_ibis_writes_a_temporary_table_twice_when_told_to_overwrite(embedded):
    """engines/duckdb.py: DuckDBWorkshop.keep drops it first."""
    embedded.raw_sql("CREATE TEMP TABLE t AS SELECT 0 AS a")
    embedded.raw_sql("CALL enable_logging('QueryLog')")
    embedded.create_table("t", embedded.sql("SELECT 1 AS a"), temp=True, overwrite=True)
    embedded.raw_sql("CALL disable_logging()")
    said = [row[0] for row in embedded.raw_sql("SELECT message FROM duckdb_logs").fetchall()]
    assert len([query for query in said if query.startswith("INSERT INTO")]) == 1
    assert len([query for query in said if "TABLE" in query and "AS SELECT" in query]) == 1


def test_ibis_gives_a_product_of_decimals_the_type_of_its_parts():
    """staging/lines.py: _amount casts by the operation, for the method would leave it out."""
    price = ibis.table({"price": "decimal(18, 4)"}, name="t").price
    assert (price * price).type() == price.type()
    assert isinstance((price * price).cast("decimal(18, 4)").op(), ops.Multiply)


def test_ibis_calls_a_truncated_date_a_date_but_duckdb_gives_a_time(embedded):
    """expr.py: first_of_month."""
    cut = ibis.literal(date(2011, 12, 9)).truncate("M")
    assert cut.type().is_date()
    assert embedded.raw_sql(embedded.compile(cut)).fetchone()[0] == datetime(2011, 12, 1)


def test_ibis_lacks_the_iso_year_of_spark():
    """star/dates.py: _iso_year."""
    with pytest.raises(Exception, match="IsoYear"):
        str(ibis.to_sql(ibis.literal(date(2011, 1, 1)).iso_year(), dialect="pyspark"))


# PostgreSQL


def test_parts_of_a_date_are_decimals_in_postgresql(server):
    """expr.py: month_number."""
    at = ibis.literal(datetime(2011, 12, 9, 10))
    assert at.year().type().is_integer()
    found = server.raw_sql(server.compile((at.year() * 12 + at.month()).name("n"))).fetchone()[0]
    assert isinstance(found, Decimal)


def test_yes_and_no_are_no_int64_in_postgresql(server):
    """star/keys.py: most_frequent; star/dates.py: fiscal_year."""
    yes = ibis.memtable({"yes": [True]}).yes
    with pytest.raises(psycopg.errors.CannotCoerce):
        server.to_pyarrow(yes.cast("int64").name("value").as_table())


def test_sums_of_integers_are_decimals_in_postgresql(postgres):
    """segments/rfm.py: buyers_by_month."""
    assert ibis.memtable({"n": [1]}).n.sum().type().is_int64()
    with psycopg.connect(postgres.uri) as con:
        [found] = con.execute("SELECT sum(n) FROM (VALUES (1::bigint)) AS t (n)").fetchone()
    assert isinstance(found, Decimal)


def test_postgresql_has_no_integers_of_one_byte(server):
    """star/contract.py: _as_promised."""
    server.create_table("one_byte", schema=ibis.schema({"n": "int8"}), temp=True)
    assert server.table("one_byte").schema()["n"].is_int16()


def test_ibis_divides_integers_as_integers_in_postgresql(server):
    """expr.py: ratio casts both sides."""
    t = ibis.memtable({"a": [1], "g": [2]})
    assert server.to_pyarrow(t.mutate(r=t.a / t.g)).to_pylist()[0]["r"] != 0.5


def test_a_bad_cell_stops_a_cast_in_postgresql(postgres):
    """engines/postgres.py: text gets its types in DuckDB, at the border."""
    with psycopg.connect(postgres.uri) as con, pytest.raises(psycopg.DataError):
        con.execute("SELECT CAST('not a number' AS numeric)")


def test_the_plainest_order_of_text_knows_no_capitals_beyond_ascii(postgres):
    """engines/postgres_publish.py: _collation."""
    with psycopg.connect(postgres.uri) as con:
        [(found,)] = con.execute("""SELECT upper('é' COLLATE "C")""").fetchall()
    assert found == "é"


def test_adbc_gives_numeric_as_text(postgres):
    """engines/postgres.py: answers are fetched by psycopg."""
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(postgres.uri) as con, con.cursor() as cursor:
        cursor.execute("SELECT 1.5::numeric AS n")
        assert cursor.fetch_arrow_table().to_pylist() == [{"n": "1.5"}]


# Spark


def test_spark_refers_back_with_a_dollar(plain_spark):
    r"""engines/spark_compiler.py: visit_RegexReplace."""
    assert one(plain_spark, ibis.literal("ab").re_replace("(a)(b)", r"\2\1")) == r"21"


def test_spark_has_no_strptime(plain_spark):
    """engines/spark_compiler.py: _parsed."""
    with pytest.raises(Exception, match="try_strptime"):
        plain_spark._session.sql("SELECT try_strptime('2011', '%Y')")


def test_spark_has_no_timezone_function(plain_spark):
    """engines/spark_compiler.py: _in_zone."""
    with pytest.raises(Exception, match="timezone"):
        plain_spark._session.sql("SELECT timezone('UTC', now())")


def test_ibis_tells_spark_to_tell_other_columns_apart(plain_spark):
    """staging/repeats.py: differing_orders."""
    plain_spark._session.sql("SELECT 1 AS a, 2 AS b UNION ALL SELECT 1, 3").createOrReplaceTempView(
        "pairs"
    )
    pairs = plain_spark.table("pairs")
    asked = pairs.filter(pairs.b > 0).select("a").distinct().order_by("a")
    assert plain_spark.to_pyarrow(asked).to_pylist() != [{"a": 1}]


def test_spark_drops_decimals_of_wide_products(plain_spark):
    """staging/lines.py: _amount is one digit wider, not 38."""
    told = plain_spark._session.sql(
        "SELECT CAST('0.1234' AS DECIMAL(38, 4)) * CAST('0.123456' AS DECIMAL(38, 6)) AS v"
    )
    assert told.collect()[0].v != Decimal("0.1234") * Decimal("0.123456")


def test_spark_reads_nanoseconds_as_numbers_or_not_at_all(plain_spark, tmp_path):
    """engines/spark_parquet.py: _as_told."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"at": pa.array([NOW], pa.timestamp("ns"))}), tmp_path / "t.parquet")
    assert dict(plain_spark._session.read.parquet(f"file://{tmp_path}").dtypes) == {"at": "bigint"}


def test_spark_takes_a_quote_that_is_never_closed(plain_spark, tmp_path):
    """engines/spark_spool.py: text is read by our own readers."""
    (tmp_path / "t.csv").write_text('a,b\n1,"x\n2,y\n')
    options = {"header": True, "mode": "FAILFAST", "multiLine": True}
    rows = plain_spark._session.read.csv(f"file://{tmp_path / 't.csv'}", **options).collect()
    assert len(rows) < 2
