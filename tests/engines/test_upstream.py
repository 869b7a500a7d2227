"""Bugs and differences upstream that our code works around.

Each test names the workaround and fails once that is no longer needed. The tests call the engines
directly, without our code.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import ibis.expr.operations as ops
import psycopg
import pytest
from ibis.backends.sql import SQLBackend
from ibis.expr.types import Value

from support.postgres import Postgres
from support.spark import Cluster
from support.warehouses import NOW


@pytest.fixture
def embedded() -> Iterator[SQLBackend]:
    con = ibis.duckdb.connect()
    yield con
    con.disconnect()


@pytest.fixture(scope="module")
def server(postgres: Postgres) -> SQLBackend:
    return ibis.postgres.connect(
        host=postgres.socket, user="postgres", database="warehouses", autocommit=True
    )


@pytest.fixture(scope="module")
def plain_spark(spark: Cluster) -> SQLBackend:
    """Spark with Ibis's own compiler, under our session settings."""
    from regulars.engines.spark.session import session_at

    return ibis.pyspark.connect(session_at(spark.url))


def one(con: SQLBackend, value: Value) -> object:
    return con.to_pyarrow(value.name("value").as_table()).to_pylist()[0]["value"]


# DuckDB


def test_duckdb_reads_underscores_and_exponents_as_decimals() -> None:
    """transform/staging/numbers.py: _plain."""
    row = duckdb.sql("SELECT try_cast('1_000' AS DECIMAL(18, 4)), "
                     "try_cast('5.1e-07' AS DECIMAL(18, 4))").fetchone()  # fmt: skip
    assert row == (Decimal(1000), Decimal("0.0001"))


def test_duckdb_multiplies_decimals_in_64_bits() -> None:
    """transform/staging/lines.py: _amount."""
    with pytest.raises(duckdb.OutOfRangeException):
        duckdb.sql(
            "SELECT a * b FROM (SELECT 99999999::DECIMAL(18, 4) AS a, 9999999::DECIMAL(18, 6) AS b)"
        ).fetchall()


def test_duckdb_shares_one_instance_of_a_file(tmp_path: Path) -> None:
    """engines/duckdb/engine.py: _connect_read_only attaches the file instead of opening it."""
    opened, other = tmp_path / "opened", tmp_path / "other"
    for path, value in ((opened, 1), (other, 2)):
        with duckdb.connect(str(path)) as con:
            con.execute(f"CREATE TABLE t AS SELECT {value} AS v")
    first = duckdb.connect(str(opened), read_only=True)
    other.replace(opened)
    again = duckdb.connect(str(opened), read_only=True)
    assert again.execute("SELECT v FROM t").fetchall() == [(1,)]
    first.close()
    again.close()


def test_duckdb_reads_brackets_in_a_path_as_a_pattern(tmp_path: Path) -> None:
    """sources/table.py: without_wildcards."""
    (tmp_path / "sales [1].csv").write_text("a\n1\n")
    (tmp_path / "sales 1.csv").write_text("a\n2\n")
    rows = duckdb.read_csv(str(tmp_path / "sales [1].csv")).fetchall()
    assert rows == [(2,)]


def test_duckdb_turns_a_long_in_list_into_a_join() -> None:
    """core/expressions.py: equals_any."""
    choices = ", ".join(f"'{choice}'" for choice in "abcdef")
    query = f"FROM (SELECT range::VARCHAR AS k FROM range(9)) WHERE k IN ({choices})"
    [(_, plan)] = duckdb.sql(f"EXPLAIN {query}").fetchall()
    assert "JOIN" in plan


def test_duckdb_does_not_return_null_for_a_division_by_zero() -> None:
    """core/expressions.py: ratio."""
    assert duckdb.sql("SELECT 1.0::DOUBLE / 0.0::DOUBLE").fetchone() != (None,)


# Ibis


def test_ibis_writes_a_temporary_table_twice_on_overwrite(embedded: SQLBackend) -> None:
    """engines/sql.py: creation."""
    embedded.raw_sql("CREATE TEMP TABLE t AS SELECT 0 AS a")
    embedded.raw_sql("CALL enable_logging('QueryLog')")
    embedded.create_table("t", embedded.sql("SELECT 1 AS a"), temp=True, overwrite=True)
    embedded.raw_sql("CALL disable_logging()")
    queries = [row[0] for row in embedded.raw_sql("SELECT message FROM duckdb_logs").fetchall()]
    assert len([query for query in queries if query.startswith("INSERT INTO")]) == 1
    assert len([query for query in queries if "TABLE" in query and "AS SELECT" in query]) == 1


def test_ibis_gives_a_product_of_decimals_the_type_of_its_parts() -> None:
    """transform/staging/lines.py: _amount builds the cast itself; Ibis's method would omit it."""
    price = ibis.table({"price": "decimal(18, 4)"}, name="t").price
    assert (price * price).type() == price.type()
    assert isinstance((price * price).cast("decimal(18, 4)").op(), ops.Multiply)


def test_ibis_types_a_truncated_date_as_date_but_duckdb_returns_a_timestamp(
    embedded: SQLBackend,
) -> None:
    """core/expressions.py: first_of_month."""
    month = ibis.literal(date(2011, 12, 9)).truncate("M")
    assert month.type().is_date()
    assert embedded.raw_sql(embedded.compile(month)).fetchone()[0] == datetime(2011, 12, 1)


def test_ibis_lacks_the_iso_year_of_spark() -> None:
    """transform/star/dates.py: _iso_year."""
    with pytest.raises(Exception, match="IsoYear"):
        str(ibis.to_sql(ibis.literal(date(2011, 1, 1)).iso_year(), dialect="pyspark"))


# PostgreSQL


def test_parts_of_a_date_are_decimals_in_postgresql(server: SQLBackend) -> None:
    """core/expressions.py: month_number."""
    at = ibis.literal(datetime(2011, 12, 9, 10))
    assert at.year().type().is_integer()
    month = server.raw_sql(server.compile((at.year() * 12 + at.month()).name("n"))).fetchone()[0]
    assert isinstance(month, Decimal)


def test_booleans_cannot_be_cast_to_int64_in_postgresql(server: SQLBackend) -> None:
    """transform/star/keys.py: most_frequent; transform/star/dates.py: fiscal_year."""
    yes = ibis.memtable({"yes": [True]}).yes
    with pytest.raises(psycopg.errors.CannotCoerce):
        server.to_pyarrow(yes.cast("int64").name("value").as_table())


def test_sums_of_integers_are_decimals_in_postgresql(postgres: Postgres) -> None:
    """analyses/segments/scores.py: casts of sums."""
    assert ibis.memtable({"n": [1]}).n.sum().type().is_int64()
    with psycopg.connect(postgres.uri) as con:
        [(value,)] = con.execute("SELECT sum(n) FROM (VALUES (1::bigint)) AS t (n)").fetchall()
    assert isinstance(value, Decimal)


def test_postgresql_has_no_one_byte_integers(server: SQLBackend) -> None:
    """transform/star/contract.py: cast_to."""
    server.create_table("one_byte", schema=ibis.schema({"n": "int8"}), temp=True)
    assert server.table("one_byte").schema()["n"].is_int16()


def test_ibis_divides_integers_as_integers_in_postgresql(server: SQLBackend) -> None:
    """core/expressions.py: ratio casts both sides."""
    t = ibis.memtable({"a": [1], "g": [2]})
    assert server.to_pyarrow(t.mutate(r=t.a / t.g)).to_pylist()[0]["r"] != 0.5


def test_a_bad_cell_stops_a_cast_in_postgresql(postgres: Postgres) -> None:
    """engines/postgres/engine.py: text is parsed in DuckDB."""
    with psycopg.connect(postgres.uri) as con, pytest.raises(psycopg.DataError):
        con.execute("SELECT CAST('not a number' AS numeric)")


def test_the_c_collation_of_postgresql_changes_case_only_in_ascii(postgres: Postgres) -> None:
    """engines/postgres/sql.py: _collation."""
    with psycopg.connect(postgres.uri) as con:
        [(value,)] = con.execute("""SELECT upper('é' COLLATE "C")""").fetchall()
    assert value == "é"


def test_adbc_returns_numeric_as_text(postgres: Postgres) -> None:
    """engines/postgres/reader.py: results are fetched with psycopg."""
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(postgres.uri) as con, con.cursor() as cursor:
        cursor.execute("SELECT 1.5::numeric AS n")
        assert cursor.fetch_arrow_table().to_pylist() == [{"n": "1.5"}]


# Spark


def test_spark_writes_back_references_with_a_dollar(plain_spark: SQLBackend) -> None:
    r"""engines/spark/compiler.py: visit_RegexReplace."""
    assert one(plain_spark, ibis.literal("ab").re_replace("(a)(b)", r"\2\1")) == r"21"


def test_spark_has_no_strptime(plain_spark: SQLBackend) -> None:
    """engines/spark/compiler.py: _parsed."""
    with pytest.raises(Exception, match="try_strptime"):
        plain_spark._session.sql("SELECT try_strptime('2011', '%Y')")


def test_spark_has_no_timezone_function(plain_spark: SQLBackend) -> None:
    """engines/spark/compiler.py: _in_zone."""
    with pytest.raises(Exception, match="timezone"):
        plain_spark._session.sql("SELECT timezone('UTC', now())")


def test_ibis_applies_distinct_to_the_wrong_columns_in_spark(plain_spark: SQLBackend) -> None:
    """transform/orders/versions.py: differing_orders."""
    plain_spark._session.sql("SELECT 1 AS a, 2 AS b UNION ALL SELECT 1, 3").createOrReplaceTempView(
        "pairs"
    )
    pairs = plain_spark.table("pairs")
    distinct = pairs.filter(pairs.b > 0).select("a").distinct().order_by("a")
    assert plain_spark.to_pyarrow(distinct).to_pylist() != [{"a": 1}]


def test_spark_drops_decimals_of_wide_products(plain_spark: SQLBackend) -> None:
    """transform/staging/lines.py: _amount is one digit wider, not 38."""
    product = plain_spark._session.sql(
        "SELECT CAST('0.1234' AS DECIMAL(38, 4)) * CAST('0.123456' AS DECIMAL(38, 6)) AS v"
    )
    assert product.collect()[0].v != Decimal("0.1234") * Decimal("0.123456")


def test_spark_reads_nanoseconds_only_as_numbers(plain_spark: SQLBackend, tmp_path: Path) -> None:
    """engines/spark/read_parquet.py: _to_microseconds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"at": pa.array([NOW], pa.timestamp("ns"))}), tmp_path / "t.parquet")
    assert dict(plain_spark._session.read.parquet(f"file://{tmp_path}").dtypes) == {"at": "bigint"}


def test_spark_accepts_a_quote_that_is_never_closed(
    plain_spark: SQLBackend, tmp_path: Path
) -> None:
    """engines/spark/convert.py: text files are read with our own readers."""
    (tmp_path / "t.csv").write_text('a,b\n1,"x\n2,y\n')
    options = {"header": True, "mode": "FAILFAST", "multiLine": True}
    rows = plain_spark._session.read.csv(f"file://{tmp_path / 't.csv'}", **options).collect()
    assert len(rows) < 2
