"""SQL Server without a server: its SQL, its driver and its error messages."""

from pathlib import Path

import pytest
import sqlglot

from regulars.core.errors import SourceError
from regulars.sources.databases.address import parse_shop_address
from regulars.sources.databases.dialect import unreachable_error
from regulars.sources.databases.queries import LineQueries, every_column
from regulars.sources.databases.shop_database import open_shop_database
from regulars.sources.databases.sqlserver import _PATTERNS, SQLServer, _connection_string, _problem
from regulars.sources.profiles.profile import load_profile

PROFILE = load_profile("shop-database")


@pytest.fixture(params=[("orders.order_number",), ("orders.store", "orders.order_number")])
def queries(request: pytest.FixtureRequest) -> LineQueries:
    columns = [names[0] for names in PROFILE.columns.values()]
    return LineQueries(
        SQLServer(), PROFILE.database, columns, request.param, "orders.ordered_at", True
    )


def test_each_query_is_valid_tsql(queries: LineQueries) -> None:
    placeholders = {
        queries.all_lines(): 0, queries.changed_lines(): 2, queries.lines_without_order(): 0,
        queries.lines_of(3): 3, queries.months(): 0, queries.orders_of([202401, 202402]): 0,
        queries.latest_changes(): 0,
    }  # fmt: skip
    for query, count in placeholders.items():
        assert sqlglot.parse_one(query, dialect="tsql")
        assert query.count("?") == count
        assert "LIMIT" not in query
        assert '"' not in query


def test_the_columns_of_a_table_are_read_without_rows() -> None:
    assert (
        every_column(SQLServer(), "dbo.orders") == "SELECT TOP 0 * FROM [dbo].[orders] AS [orders]"
    )


def test_the_month_uses_datepart(queries: LineQueries) -> None:
    assert "DATEPART(YEAR, [orders].[ordered_at])" in queries.months()


def test_a_password_with_braces_is_escaped_for_odbc() -> None:
    address = parse_shop_address("mssql://ann:p%7Bx%7D%3B1@db.example.com:1433/shop", {})
    expected = "Server={db.example.com,1433};Database={shop};UID={ann};PWD={p{x}};1};"
    assert _connection_string(address) == expected.replace("x};", "x}};")


def test_no_password_is_sent_if_none_is_given() -> None:
    assert "PWD" not in _connection_string(
        parse_shop_address("mssql://ann@db.example.com/shop", {})
    )


@pytest.mark.parametrize("options", ["", "?Bogus=1"], ids=["no password", "an unknown option"])
def test_an_option_the_driver_cannot_parse_is_a_source_error(
    options: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
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
    ("message", "cure"),
    [
        ("Login failed for user 'ann'.", "the password in SHOP_PASSWORD"),
        ('Cannot open database "shop" requested by the login. The login failed. '
         "Login failed for user 'ann'.", "Check the database name"),
        ("Server is not found or not accessible.", "Check the address"),
    ],
)  # fmt: skip
def test_errors_for_user_and_database_say_what_to_check(message: str, cure: str) -> None:
    address = parse_shop_address("mssql://ann@db.example.com/shop", {})
    assert cure in str(unreachable_error(address, message, _PATTERNS))


def test_the_error_without_snapshot_isolation_says_how_to_allow_it() -> None:
    message = "Snapshot isolation transaction failed accessing database 'shop'"
    assert "SET ALLOW_SNAPSHOT_ISOLATION ON" in _problem(message)
    assert "SNAPSHOT" not in _problem("The connection is broken")


def test_an_unreachable_server_is_an_error_without_the_password() -> None:
    address = parse_shop_address("mssql://ann:s3cret@127.0.0.1:1/shop", {})
    with (
        pytest.raises(SourceError, match="cannot be reached") as raised,
        open_shop_database(address, None, None),
    ):
        pass
    assert "s3cret" not in str(raised.value)
