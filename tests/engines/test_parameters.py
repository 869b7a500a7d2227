"""A query compiled once with parameters gives the same results as one compiled for its values."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from regulars.analyses.catalog import ANALYSES
from regulars.core.errors import InputError
from regulars.engines.parameters import Statement
from regulars.warehouse import query
from regulars.warehouse.warehouse import Warehouse
from support.equality import assert_same_rows
from support.small_shop import SHOP
from support.warehouses import ResultRows, build_and_open

ODD = (
    "Tea'; DROP TABLE fact_sales; --", "100 % wool", "%(parameter_0)s", "$parameter_1",
    ":parameter_2", "{}", "\\", 'a "quoted" place', "Straße", "İstanbul", "??",
    "CAST('x' AS DATE)",
)  # fmt: skip
FILTERS = (
    {"since": "2024-02-01", "until": "2024-04-05", "where": {"location": ["UK", "fr"]}},
    {"where": {"segment": ["Champions", "New Customers"], "category": "drinks"}},
    {"until": "2024-03-31", "where": {"weekday": ["thursday", "6"]}, "as_of": "2024-03-05"},
    {"where": {"cohort": ["2024-01", "2024-02"], "discount_band": ["0%", "over 45% to 50%"]}},
)
ENGINES = ("duckdb", "postgresql")
EVERY_FILTER = ("kpis", "rfm", "sales_by")
"""Analyses that both engines always run with every filter."""


@pytest.fixture(scope="module")
def odd_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop, with odd location names such as SQL and placeholders."""
    folder = tmp_path_factory.mktemp("odd")
    heading, *lines = csv.reader(SHOP.splitlines())
    more = [
        [f"odd-{n}", f"2024-02-{n + 1:02} 10:00:00", f"odd {n}", "T1", "Tea", "Drinks", "Tea",
         "1", f"{n}.00", "0", place, "paid"]
        for n, place in enumerate(ODD, start=1)
    ]  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows([heading, *lines, *more])
    (folder / "odd.csv").write_text(text.getvalue(), "utf-8")
    return folder / "odd.csv"


@pytest.fixture(scope="module", params=ENGINES)
def odd(
    odd_shop: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    if request.param == "duckdb":
        location = tmp_path_factory.mktemp("parameters") / "odd.duckdb"
    else:
        location = request.getfixturevalue("postgres").address("odd")
    shop = build_and_open(location, [odd_shop])
    with shop.warehouse:
        yield shop.warehouse


def calls() -> Iterator[Any]:
    """Yield every analysis with every filter on both engines.

    An analysis and a filter do not know of each other: most analyses have one filter, in turn, and
    `make thorough` runs them with the others. `test_equality.py` compares PostgreSQL with DuckDB.
    """
    for engine, name, filters in product(ENGINES, ANALYSES, FILTERS):
        turn = FILTERS[list(ANALYSES).index(name) % len(FILTERS)]
        is_chosen = name in EVERY_FILTER or (engine == "duckdb" and filters is turn)
        marks = [] if is_chosen else [pytest.mark.thorough]
        yield pytest.param(engine, name, filters, marks=marks)


def without_parameters(warehouse: Warehouse, name: str, **options: Any) -> ResultRows:
    return list(warehouse.rows(warehouse.ask(name, **options)))


@pytest.mark.parametrize(("odd", "name", "filters"), [*calls()], indirect=["odd"], ids=str)
def test_every_analysis_gives_the_same_rows_with_parameters(
    odd: Warehouse, name: str, filters: dict[str, Any]
) -> None:
    expected = without_parameters(odd, name, **filters)
    assert_same_rows(odd.answers(name, **filters), expected)


@pytest.mark.parametrize("location", ODD)
def test_a_value_that_looks_like_sql_is_only_a_value(odd: Warehouse, location: str) -> None:
    [row] = odd.answers("sales_by", by="location", where={"location": location})
    assert (row["location"], row["net_sales"]) == (location, ODD.index(location) + 1)
    both = odd.answers("sales_by", by="location", where={"location": ["FR", location]})
    assert {row["location"] for row in both} == {"FR", location}


@pytest.mark.parametrize("location", ["STRASSE", "straße", "İSTANBUL", "uk", "Uk", "100 % WOOL"])
def test_parameters_ignore_case_as_other_filters_do(odd: Warehouse, location: str) -> None:
    def locations(query: Callable[..., ResultRows]) -> list[str] | str:
        try:
            rows = query("sales_by", by="location", where={"location": location})
            return sorted(row["location"] for row in rows)
        except InputError:
            return "refused"

    result = locations(odd.answers)
    assert result == locations(lambda name, **options: without_parameters(odd, name, **options))
    assert result


def test_one_statement_serves_all_days_and_values(odd: Warehouse) -> None:
    def results() -> Iterator[ResultRows]:
        for location in ("UK", "FR", "DE"):
            for day in range(1, 29):
                period = {"since": date(2024, 2, 1), "until": date(2024, 2, day)}
                yield odd.answers(("net_sales", "orders"), **period, where={"location": location})

    first = next(results())
    statements = len(query._statements)
    every = list(results())
    assert every[0] == first
    assert len(query._statements) == statements
    assert len({str(rows) for rows in every}) > 3


def test_metrics_are_one_row_with_and_without_parameters(odd: Warehouse) -> None:
    filters: dict[str, Any] = {
        "since": "2024-02-01",
        "until": "2024-02-29",
        "where": {"location": "FR"},
    }
    names = ("net_sales", "orders", "average_discount")
    [row] = odd.rows(odd.measure(*names, **filters))
    assert_same_rows(odd.answers(names, **filters), [row])
    assert (row["net_sales"], row["orders"]) == (65, 2)


def test_the_comparison_period_is_a_parameter_too(odd: Warehouse) -> None:
    february = {"by": "location", "since": "2024-02-01", "until": "2024-02-29"}
    for against in ("2024-01-01/2024-01-31", "2024-01-02/2024-01-31", "before", "year"):
        options = {**february, "against": against}
        expected = without_parameters(odd, "sales_change", **options)
        assert_same_rows(odd.answers("sales_change", **options), expected)


def test_unknown_names_and_values_are_refused_with_parameters_too(odd: Warehouse) -> None:
    for options in ({"where": {"location": "Nowhere"}}, {"since": "2024-13-01"}, {"by": "moon"}):
        with pytest.raises(InputError):
            odd.answers("sales_by", **options)
    with pytest.raises(InputError, match="no metric"):
        odd.answers(("net_slaes",))
    with pytest.raises(InputError, match="no option sinse"):
        odd.answers(("net_sales",), sinse="2024-02-01")
    with pytest.raises(InputError, match="has a time zone"):
        odd.answers("rfm", as_of="2024-03-05T00:00:00+02:00")
    with pytest.raises(InputError, match="cannot filter by"):
        odd.values("moon")


def test_a_failed_statement_does_not_affect_the_next(odd: Warehouse) -> None:
    with pytest.raises(Exception, match=r"(?i)date|invalid"):
        odd.reader.execute(Statement.from_sql("SELECT CAST('no day' AS DATE) AS day", str), [])
    assert odd.answers(("orders",))
