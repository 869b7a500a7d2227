"""A question compiled once for all days and values answers what it does when asked alone."""

import csv
import io
from datetime import date

import pytest

from regulars.analyses.catalog import ANALYSES
from regulars.core.errors import InputError
from regulars.engines.parameters import Statement
from support.equality import assert_same_rows
from support.small_shop import SHOP
from support.warehouses import build_and_open

ODD = (
    "Tea'; DROP TABLE fact_sales; --", "100 % wool", "%(parameter_0)s", "$parameter_1",
    ":parameter_2", "{}", "\\", 'a "quoted" place', "Straße", "İstanbul", "??",
    "CAST('x' AS DATE)",
)  # fmt: skip
FILTERS = (
    {"since": "2024-02-01", "until": "2024-04-05", "where": {"location": ["UK", "fr"]}},
    {"where": {"segment": ["Champions", "New Customers"], "category": "drinks"}},
    {"until": "2024-03-31", "where": {"weekday": ["thursday", "6"]}, "as_of": "2024-03-05"},
    {"where": {"cohort": ["2024-01", "2024-02"], "discount_band": ["0 %", "45-50 %"]}},
)


@pytest.fixture(scope="module")
def odd_shop(tmp_path_factory):
    """The shop of thirty lines, with places that no place is called."""
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


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def odd(odd_shop, request, tmp_path_factory):
    if request.param == "duckdb":
        place = tmp_path_factory.mktemp("blanks") / "odd.duckdb"
    else:
        place = request.getfixturevalue("postgres").address("odd")
    shop = build_and_open(place, [odd_shop])
    with shop.warehouse:
        yield shop.warehouse


def alone(warehouse, name, **told):
    return list(warehouse.rows(warehouse.ask(name, **told)))


@pytest.mark.parametrize("name", ANALYSES)
def test_whatever_is_asked(odd, name):
    for told in FILTERS:
        assert_same_rows(odd.answers(name, **told), alone(odd, name, **told))


@pytest.mark.parametrize("place", ODD)
def test_a_value_is_a_value_whatever_it_looks_like(odd, place):
    [row] = odd.answers("sales_by", by="location", where={"location": place})
    assert (row["location"], row["net_sales"]) == (place, ODD.index(place) + 1)
    both = odd.answers("sales_by", by="location", where={"location": ["FR", place]})
    assert {row["location"] for row in both} == {"FR", place}


@pytest.mark.parametrize("place", ["STRASSE", "straße", "İSTANBUL", "uk", "Uk", "100 % WOOL"])
def test_capitals_count_as_little_as_when_asked_alone(odd, place):
    """What is found, or refused, must not hang on the way of asking."""

    def found(ask):
        try:
            return sorted(row["location"] for row in ask("sales_by", by="location",
                                                         where={"location": place}))  # fmt: skip
        except InputError:
            return "refused"

    one = found(odd.answers)
    assert one == found(lambda *told, **more: alone(odd, *told, **more))
    assert one


def test_one_statement_serves_all_days_and_values(odd):
    def asked():
        for place in ("UK", "FR", "DE"):
            for day in range(1, 29):
                told = {"since": date(2024, 2, 1), "until": date(2024, 2, day)}
                yield odd.answers(("net_sales", "orders"), **told, where={"location": place})

    first = next(asked())
    known = len(odd.known._statements)
    answered = list(asked())
    assert answered[0] == first
    assert len(odd.known._statements) == known
    assert len({str(one) for one in answered}) > 3


def test_metrics_are_one_row_either_way(odd):
    asked = {"since": "2024-02-01", "until": "2024-02-29", "where": {"location": "FR"}}
    names = ("net_sales", "orders", "average_discount")
    [row] = odd.rows(odd.measure(*names, **asked))
    assert_same_rows(odd.answers(names, **asked), [row])
    assert (row["net_sales"], row["orders"]) == (65, 2)


def test_the_days_to_compare_with_are_told_anew_too(odd):
    february = {"by": "location", "since": "2024-02-01", "until": "2024-02-29"}
    for against in ("2024-01-01/2024-01-31", "2024-01-02/2024-01-31", "before", "year"):
        told = {**february, "against": against}
        assert_same_rows(odd.answers("sales_change", **told), alone(odd, "sales_change", **told))


def test_what_there_is_not_is_refused_as_ever(odd):
    for told in ({"where": {"location": "Nowhere"}}, {"since": "2024-13-01"}, {"by": "moon"}):
        with pytest.raises(InputError):
            odd.answers("sales_by", **told)
    with pytest.raises(InputError, match="no metric"):
        odd.answers(("net_slaes",))
    with pytest.raises(InputError, match="no option sinse"):
        odd.answers(("net_sales",), sinse="2024-02-01")
    with pytest.raises(InputError, match="names a time zone"):
        odd.answers("rfm", as_of="2024-03-05T00:00:00+02:00")
    with pytest.raises(InputError, match="filtered by"):
        odd.values("moon")


def test_a_question_that_fails_leaves_the_next_alone(odd):
    with pytest.raises(Exception, match=r"(?i)date|invalid"):
        odd.reader.execute(Statement.from_sql("SELECT CAST('no day' AS DATE) AS day", str), [])
    assert odd.answers(("orders",))
