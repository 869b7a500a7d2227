"""Every analysis gives the same result on every engine, value for value and row for row."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ibis.expr.types import Table

from regulars.analyses.sales.change import BY
from regulars.insights.report.write import write_report
from support.equality import analysis_calls, assert_same_rows
from support.warehouses import BuiltWarehouse, ResultRows

FILTERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "cohorts of a location in a period": {
        "since": "2010-03-15",
        "until": "2011-06-30",
        "where": {"location": "Germany", "cohort": ["2009-12", "2010-03", "2010-11"]},
    },
    "two weekdays and a name": {
        "where": {"weekday": ["Monday", "Sunday"], "product_name": "regency cakestand 3 tier"},
    },
    "stores in a location without discount": {
        "where": {"discount_band": "0%", "location": "France", "store": ["zürich", "Città Alta"]},
    },
}
ENGINES = ("in_postgres", "in_spark")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> BuiltWarehouse:
    shop: BuiltWarehouse = request.getfixturevalue(request.param)
    return shop


LONG = ("lines", "order_history")
"""Analyses with a row for each sale or order: without filters, only their sums are compared."""

ONLY_FILTERED = ("order_history", "customer_summary", "product_summary", "bought_together")
"""Analyses with a row for each order, customer or product: Spark only runs them filtered."""

FILTERED = ("kpis", "monthly_customers", "rfm", "segment_moves", "lines", "product_summary")
"""Analyses of each shape, for filters: every analysis reads the same filtered star."""

WITH_PARAMETERS = ("kpis", "cohorts", "rfm", "sales_by", "lines", *ONLY_FILTERED)
"""Analyses that Spark runs as statements with parameters."""

SAME_SHAPE = [
    ("sales_by", {"by": "subcategory"}), ("sales_by", {"by": "location"}),
    ("sales_by", {"by": "subcategory_then"}), ("sales_by", {"by": "customer"}),
    ("discount_bands", {"by": "category"}), ("unusual_days", {"by": "all"}),
    ("lines", {"buyer": "Guests"}), ("lines", {"buyer": "New customers"}),
    # As in rfm.
    ("rfm_map", {"among": "filtered"}), ("segments", {"among": "filtered"}),
    *(("sales_change", {"by": by}) for by in BY if by != "category"),
]  # fmt: skip
"""Calls that differ from another only in the name of a column, in a constant or as another does.

`sales_change` has a test of its own.
"""


def is_selected(engine: str, filters: str, name: str, options: dict[str, Any]) -> bool:
    """Select the calls to test: one of each shape of expression, or all with REGULARS_WHOLE_SHOP.

    An analysis and a filter do not know of each other, so each is compared once, not each with
    each. Spark takes seconds for a call.
    """
    if os.environ.get("REGULARS_WHOLE_SHOP"):
        return engine == "in_postgres" or filters != "everything" or name not in ONLY_FILTERED
    if filters == "everything":
        is_run = engine == "in_postgres" or name not in ONLY_FILTERED
        return is_run and (name, options) not in SAME_SHAPE
    if filters == "cohorts of a location in a period":
        return not options and (engine == "in_postgres" or name in WITH_PARAMETERS)
    return not options and name in (FILTERED if engine == "in_postgres" else ("kpis",))


CALLS = [
    (engine, filters, name, options)
    for engine in ENGINES
    for filters in FILTERS
    for name, options in analysis_calls()
    if is_selected(engine, filters, name, options)
]


@pytest.fixture(scope="session")
def rows_in_duckdb(in_duckdb: BuiltWarehouse) -> Callable[..., ResultRows]:
    """Return a function that answers a call in DuckDB, once for all engines."""
    answers: dict[str, ResultRows] = {}

    def rows(filters: str, name: str, options: dict[str, Any]) -> ResultRows:
        call = f"{filters} {name} {options}"
        if call not in answers:
            answers[call] = rows_of(in_duckdb, filters, name, options)
        return answers[call]

    return rows


def rows_of(shop: BuiltWarehouse, filters: str, name: str, options: dict[str, Any]) -> ResultRows:
    table = shop.warehouse.ask(name, **options, **FILTERS[filters])
    is_summed = name in LONG and not FILTERS[filters]
    return list(shop.warehouse.rows(column_sums(table) if is_summed else table))


@pytest.mark.parametrize(
    ("engine", "filters", "name", "options"), CALLS, indirect=["engine"], ids=str
)
def test_an_analysis_gives_the_same_result_on_every_engine(
    engine: BuiltWarehouse,
    rows_in_duckdb: Callable[..., ResultRows],
    name: str,
    options: dict[str, Any],
    filters: str,
) -> None:
    # With a period, as a statement with parameters, which the dashboard uses.
    has_parameters = "since" in FILTERS[filters]
    actual = (
        engine.ask(name, **options, **FILTERS[filters])
        if has_parameters
        else rows_of(engine, filters, name, options)
    )
    assert_same_rows(actual, rows_in_duckdb(filters, name, options))


@pytest.mark.parametrize(
    ("engine", "by"),
    [
        *(("in_postgres", by) for by in BY),
        *(("in_spark", by) for by in ("category", "customer", "buyer")),
    ],
    indirect=["engine"],
)
def test_sales_change_is_the_same_on_every_engine(
    engine: BuiltWarehouse, in_duckdb: BuiltWarehouse, by: str
) -> None:
    options = {"by": by, "since": "2011-09-01", "until": "2011-11-30",
               "against": "2010-12-01/2011-02-28"}  # fmt: skip
    expected = in_duckdb.ask("sales_change", **options)
    assert None not in {row["change"] for row in expected}
    assert_same_rows(engine.warehouse.answers("sales_change", **options), expected)


OF_ORDERS = {
    "hour": ["9", "10", "11", "12"],
    "order_value": "over 200 to 500",
    "order_units": ["over 100 to 200", "over 200 to 500"],
}
OF_CUSTOMERS = {
    "ordered_again": "within 90 days",
    "segment_before": ["Champions", "Loyal Customers"],
    "customer_location": "United Kingdom",
}


@pytest.mark.parametrize("where", [OF_ORDERS, OF_CUSTOMERS], ids=["of orders", "of customers"])
def test_computed_filters_are_the_same_on_every_engine(
    engine: BuiltWarehouse, in_duckdb: BuiltWarehouse, where: dict[str, Any]
) -> None:
    expected = in_duckdb.ask("kpis", where=where)
    assert expected[0]["orders"] > 30
    assert_same_rows(engine.ask("kpis", where=where), expected)


@pytest.mark.parametrize("engine", ["in_postgres"], indirect=True)
def test_all_computed_filters_at_once_give_the_same_result(
    engine: BuiltWarehouse, in_duckdb: BuiltWarehouse
) -> None:
    # PostgreSQL took minutes when it computed the keys of each filter again for each row.
    where = {**OF_ORDERS, **OF_CUSTOMERS}
    assert_same_rows(engine.ask("kpis", where=where), in_duckdb.ask("kpis", where=where))


def test_every_table_of_the_star_is_the_same_on_every_engine(
    engine: BuiltWarehouse, in_duckdb: BuiltWarehouse
) -> None:
    for name in ("dim_date", "dim_customer", "dim_product", "dim_order", "fact_sales"):
        ours, theirs = (shop.warehouse.table(name) for shop in (engine, in_duckdb))
        assert ours.schema().names == theirs.schema().names
        sums = [
            {row["rows"]: row for row in shop.warehouse.rows(column_sums(table))}
            for shop, table in ((engine, ours), (in_duckdb, theirs))
        ]
        assert sums[0] == sums[1]


def column_sums(table: Table) -> Table:
    """Return one row: the number of rows, and the sum, or minimum and maximum, of each column."""
    sums = {"rows": table.count()}
    for name, type_ in table.schema().items():
        if type_.is_decimal() or type_.is_integer():
            sums[f"{name}_sum"] = table[name].cast("decimal(38, 6)").sum()
        elif not type_.is_boolean():
            sums |= {f"{name}_min": table[name].min(), f"{name}_max": table[name].max()}
        else:
            sums[f"{name}_true"] = table[name].cast("int32").sum().cast("int64")
    return table.aggregate(**sums)


@pytest.mark.parametrize("engine", ["in_postgres"], indirect=True)
def test_the_report_differs_only_in_the_name_of_the_engine(
    engine: BuiltWarehouse, in_duckdb: BuiltWarehouse, tmp_path: Path
) -> None:
    ours, theirs = (
        write_report(shop.warehouse, tmp_path / f"{number}.html").read_text("utf-8")
        for number, shop in enumerate((engine, in_duckdb))
    )
    assert "stored in PostgreSQL" in ours
    assert ours.replace("stored in PostgreSQL", "stored in DuckDB") == theirs
