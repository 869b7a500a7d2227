"""SQL Server, of which no server can be had here: its words, its driver, what is asked of it."""

import pytest
import sqlglot

from regulars.core.errors import SourceError
from regulars.sources.databases.address import parse_shop_address
from regulars.sources.databases.dialect import unreachable_error
from regulars.sources.databases.queries import LineQueries, every_column
from regulars.sources.databases.shop_database import open_shop_database
from regulars.sources.databases.sqlserver import _SIGNS, SQLServer, _what_to_do, _words
from regulars.sources.profiles.profile import load_profile

PROFILE = load_profile("shop-database")


@pytest.fixture
def relation():
    columns = [names[0] for names in PROFILE.columns.values()]
    return LineQueries(
        SQLServer(), PROFILE.database, columns, "orders.order_number", "orders.ordered_at", True
    )


def test_each_question_is_well_formed_in_its_dialect(relation):
    asked = {
        relation.all_lines(): 0, relation.changed_lines(): 2, relation.nameless_lines(): 0,
        relation.lines_of(3): 3, relation.months(): 0, relation.orders_of([202401, 202402]): 0,
        relation.latest(): 0,
    }  # fmt: skip
    for query, places in asked.items():
        assert sqlglot.parse_one(query, dialect="tsql")
        assert query.count("?") == places
        assert "LIMIT" not in query
        assert '"' not in query


def test_the_columns_of_a_table_are_shown_without_a_row():
    assert (
        every_column(SQLServer(), "dbo.orders") == "SELECT TOP 0 * FROM [dbo].[orders] AS [orders]"
    )


def test_a_month_is_told_as_sql_server_does(relation):
    assert "DATEPART(YEAR, [orders].[ordered_at])" in relation.months()


def test_a_password_with_marks_in_it_is_told_as_odbc_reads_it():
    address = parse_shop_address("mssql://ann:p%7Bx%7D%3B1@db.example.com:1433/shop", {})
    words = "Server={db.example.com,1433};Database={shop};UID={ann};PWD={p{x}};1};"
    assert _words(address) == words.replace("x};", "x}};")


def test_a_password_that_is_not_told_is_not_sent():
    assert "PWD" not in _words(parse_shop_address("mssql://ann@db.example.com/shop", {}))


@pytest.mark.parametrize("options", ["", "?Bogus=1"], ids=["no password", "an unknown option"])
def test_what_its_driver_cannot_parse_becomes_words(options, monkeypatch, tmp_path):
    monkeypatch.delenv("SHOP_PASSWORD", raising=False)
    monkeypatch.chdir(tmp_path)
    address = parse_shop_address(f"mssql://reader@127.0.0.1:1/shop{options}")
    with (
        pytest.raises(SourceError, match=r"cannot be reached: \w.*SHOP_PASSWORD") as raised,
        open_shop_database(address, None, None),
    ):
        pass
    assert ("bogus" in str(raised.value)) == bool(options)


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("Login failed for user 'ann'.", "the password in SHOP_PASSWORD"),
        ('Cannot open database "shop" requested by the login. The login failed. '
         "Login failed for user 'ann'.", "Check the database's name"),
        ("Server is not found or not accessible.", "Check the address"),
    ],
)  # fmt: skip
def test_what_it_says_of_a_user_or_a_database_is_told_with_a_cure(said, cure):
    address = parse_shop_address("mssql://ann@db.example.com/shop", {})
    assert cure in str(unreachable_error(address, said, _SIGNS))


def test_a_database_that_allows_no_snapshots_is_told_how_to():
    said = "Snapshot isolation transaction failed accessing database 'shop'"
    assert "SET ALLOW_SNAPSHOT_ISOLATION ON" in _what_to_do(said)
    assert "SNAPSHOT" not in _what_to_do("The connection is broken")


def test_its_own_driver_says_when_nobody_answers():
    address = parse_shop_address("mssql://ann:s3cret@127.0.0.1:1/shop", {})
    with (
        pytest.raises(SourceError, match="cannot be reached") as raised,
        open_shop_database(address, None, None),
    ):
        pass
    assert "s3cret" not in str(raised.value)
