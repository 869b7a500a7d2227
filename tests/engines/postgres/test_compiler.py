"""The SQL for PostgreSQL: the keys of a filter on computed values are computed once."""

import ibis
import pytest
import sqlglot.expressions as sge
from ibis.expr.types import Table

from regulars.engines.postgres.compiler import MaterializingCompiler

SALES = ibis.table({"customer": "int64", "amount": "int64"}, name="sales", database="shop")
PEOPLE = ibis.table({"customer": "int64", "place": "string"}, name="people", database="shop")


def compiled(table: Table) -> str:
    return str(MaterializingCompiler().to_sqlglot(table).sql("postgres"))


@pytest.fixture
def large() -> Table:
    """Customers who spent more than 100."""
    spent = SALES.group_by("customer").aggregate(amount=SALES.amount.sum())
    return spent.filter(spent.amount > 100)


def test_computed_keys_are_materialized_and_a_plain_filter_is_not(large: Table) -> None:
    here = PEOPLE.filter(PEOPLE.place == "Leeds")
    sql = compiled(SALES.semi_join(large, "customer").semi_join(here, "customer"))
    assert sql.startswith('WITH "keys_0" AS MATERIALIZED (SELECT ')
    assert sql.count("MATERIALIZED") == 1
    assert 'EXISTS(SELECT 1 FROM "keys_0" AS ' in sql
    assert "\"place\" = 'Leeds') AS " in sql.partition('"keys_0" AS "')[2]


def test_keys_come_after_the_keys_and_the_tables_that_they_refer_to(large: Table) -> None:
    inner = PEOPLE.semi_join(large, "customer")
    per_place = inner.group_by("customer").aggregate(places=inner.place.nunique())
    both = SALES.semi_join(per_place.filter(per_place.places > 1), "customer")
    joined = both.join(both.group_by("customer").aggregate(n=both.count()), "customer")
    defined: set[str] = set()
    ctes = MaterializingCompiler().to_sqlglot(joined).ctes
    for cte in ctes:
        used = {table.name for table in cte.find_all(sge.Table) if not table.db}
        assert used <= defined
        defined.add(cte.alias)
    assert {"keys_0", "keys_1"} < defined  # and the table that is used twice


def test_a_query_without_such_filters_is_as_ibis_compiles_it() -> None:
    plain = SALES.semi_join(PEOPLE.filter(PEOPLE.place == "Leeds"), "customer")
    assert compiled(plain) == str(ibis.to_sql(plain, dialect="postgres", pretty=False))
