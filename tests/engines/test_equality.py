"""The whole catalogue gives the same figures on every engine, value for value, row for row."""

import pytest

from regulars.analyses.sales.change import BY
from regulars.insights.report import write_report
from support.equality import analysis_calls, assert_same_rows

FILTERS = {
    "everything": {},
    "cohorts of a place in a period": {
        "since": "2010-03-15",
        "until": "2011-06-30",
        "where": {"location": "Germany", "cohort": ["2009-12", "2010-03", "2010-11"]},
    },
    "two weekdays and a name": {
        "where": {"weekday": ["Monday", "Sunday"], "product_name": "regency cakestand 3 tier"},
    },
    "a place at no discount": {
        "where": {"discount_band": "0 %", "location": "France"},
    },
}
ENGINES = ("in_postgres", "in_spark")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request):
    return request.getfixturevalue(request.param)


def is_asked(engine, told, name, options):
    """Whether it is worth asking: a question costs Spark seconds."""
    return (
        engine == "in_postgres"
        or not FILTERS[told]
        or (told == "cohorts of a place in a period" and not options)
        or (told == "a place at no discount" and name == "kpis")
    )


LONG = ("lines",)
"""Answers as long as the sales themselves: of everything, their sums are compared."""


ASKED = [
    (engine, FILTERS[told], name, options)
    for engine in ENGINES
    for told in FILTERS
    for name, options in analysis_calls()
    if is_asked(engine, told, name, options)
]


@pytest.mark.parametrize(("engine", "told", "name", "options"), ASKED, indirect=["engine"], ids=str)
def test_an_answer_is_the_same_on_every_engine(engine, standard, name, options, told):
    def answered(shop):
        answer = shop.warehouse.ask(name, **options, **told)
        return list(shop.warehouse.rows(summed(answer) if name in LONG and not told else answer))

    expected = answered(standard)
    assert_same_rows(answered(engine), expected)
    if "since" in told:  # by a statement with blanks, as a dashboard asks
        assert_same_rows(engine.warehouse.answers(name, **options, **told), expected)


@pytest.mark.parametrize("by", BY)
def test_what_changed_is_the_same_on_every_engine(engine, standard, by):
    asked = {"by": by, "since": "2011-09-01", "until": "2011-11-30",
             "against": "2010-12-01/2011-02-28"}  # fmt: skip
    expected = standard.ask("sales_change", **asked)
    assert None not in {row["change"] for row in expected}
    assert_same_rows(engine.warehouse.answers("sales_change", **asked), expected)


def test_every_table_of_the_star_is_the_same_on_every_engine(engine, standard):
    for name in ("dim_date", "dim_customer", "dim_product", "dim_order", "fact_sales"):
        ours, theirs = (shop.warehouse.table(name) for shop in (engine, standard))
        assert ours.schema().names == theirs.schema().names
        sums = [
            {row["rows"]: row for row in shop.warehouse.rows(summed(table))}
            for shop, table in ((engine, ours), (standard, theirs))
        ]
        assert sums[0] == sums[1]


def summed(table):
    """Return one row: how many rows, and the sum or the ends of each column."""
    told = {"rows": table.count()}
    for name, type_ in table.schema().items():
        if type_.is_decimal() or type_.is_integer():
            told[f"{name}_sum"] = table[name].cast("decimal(38, 6)").sum()
        elif not type_.is_boolean():
            told |= {f"{name}_min": table[name].min(), f"{name}_max": table[name].max()}
        else:
            told[f"{name}_true"] = table[name].cast("int32").sum().cast("int64")
    return table.aggregate(**told)


@pytest.mark.parametrize("engine", ["in_postgres"], indirect=True)
def test_the_report_is_the_same_but_for_the_name_of_the_engine(engine, standard, tmp_path):
    ours, theirs = (
        write_report(shop.warehouse, tmp_path / f"{number}.html").read_text("utf-8")
        for number, shop in enumerate((engine, standard))
    )
    assert "kept in PostgreSQL" in ours
    assert ours.replace("kept in PostgreSQL", "kept in DuckDB") == theirs
