"""The API gives the figures of the catalog, in every format and page by page."""

import csv
import io
import json
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.analyses.segments.segment_map import segment_map
from regulars.warehouse.warehouse import open_warehouse
from web.api.conftest import Api

PERIODS = {"sales_change": {"since": "2024-02-01", "until": "2024-02-29"}}
"""What an analysis cannot do without."""


def plain(rows: Any) -> Any:
    """Return rows as JSON has them, with amounts as floats."""
    return json.loads(
        json.dumps(rows, default=lambda value: getattr(value, "isoformat", lambda: float(value))())
    )


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_is_that_of_the_catalog(name: str, api: Api) -> None:
    period = PERIODS.get(name, {})
    with open_warehouse(api.location) as warehouse:
        expected = warehouse.answer(name, **period)
        columns, rows = expected.columns, plain(list(expected.rows()))
    answer = api.analyst.get(f"/v1/analyses/{name}", params=period).json()
    assert [column["name"] for column in answer["columns"]] == columns
    assert answer["rows"] == rows
    assert answer["next_offset"] is None


@pytest.mark.parametrize(("name", "size"), [("lines", 11), ("rfm", 2), ("kpis", 1)])
def test_pages_together_are_the_whole_result(name: str, size: int, api: Api) -> None:
    whole = api.analyst.get(f"/v1/analyses/{name}").json()["rows"]
    pages: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        query = {"limit": size, "offset": offset}
        page = api.analyst.get(f"/v1/analyses/{name}", params=query).json()
        assert 0 < len(page["rows"]) <= size
        pages += page["rows"]
        offset = page["next_offset"]
    assert pages == whole


def test_filters_and_options_are_those_of_the_catalog(api: Api) -> None:
    """Of the drinks sold in the UK in January: 20 tea for Ann, 4 for her mug, 20 tea for Bob, and a
    guest's mugs for 20."""
    query = {"by": "product", "since": "2024-01-01", "until": "2024-01-31",
             "where": ["category=Drinks", "location=UK"]}  # fmt: skip
    answer = api.viewer.get("/v1/analyses/sales_by", params=query).json()
    sold = {row["product_name"]: row["net_sales"] for row in answer["rows"]}
    assert sold == {"Tea": 40, "Mug": 24}
    assert answer["where"] == {"category": ["Drinks"], "location": ["UK"]}


def test_a_file_has_all_rows_in_any_format(api: Api) -> None:
    def file(kind: str) -> bytes:
        response = api.analyst.get("/v1/analyses/rfm", params={"format": kind, "limit": 1})
        assert f"rfm.{kind}" in response.headers["content-disposition"]
        content: bytes = response.content
        return content

    expected = api.analyst.get("/v1/analyses/rfm").json()["rows"]
    arrow = pa.ipc.open_stream(file("arrow")).read_all().to_pylist()
    assert plain(arrow) == expected
    assert plain(pyarrow.parquet.read_table(io.BytesIO(file("parquet"))).to_pylist()) == expected
    text = list(csv.DictReader(io.StringIO(file("csv").decode())))
    customers = [(row["customer_id"], row["monetary"]) for row in expected]
    assert [(row["customer_id"], float(row["monetary"])) for row in text] == customers


def test_money_in_files_is_decimal(api: Api) -> None:
    content = api.analyst.get("/v1/analyses/rfm", params={"format": "arrow"}).content
    assert pa.types.is_decimal(pa.ipc.open_stream(content).schema.field("monetary").type)


def test_a_metric_is_the_sum_of_the_warehouse(api: Api) -> None:
    with duckdb.connect(api.location, read_only=True) as con:
        [(expected,)] = con.execute("""
            SELECT sum(f.net_amount) FROM fact_sales f JOIN dim_order o USING (order_key)
            WHERE f.kind IN ('sale', 'return') AND o.location = 'UK'
        """).fetchall()
    answer = api.viewer.get("/v1/metrics/net_sales", params={"where": "location=UK"}).json()
    assert (answer["value"], answer["unit"]) == (float(expected), "money")


def test_the_catalog_lists_every_analysis_metric_and_segment_with_its_definition(api: Api) -> None:
    analyses = api.viewer.get("/v1/analyses").json()["analyses"]
    assert [one["name"] for one in analyses] == [*ANALYSES]
    assert all(one["description"] and one["columns"] for one in analyses)
    metrics = api.viewer.get("/v1/metrics").json()["metrics"]
    assert [one["name"] for one in metrics] == [*METRICS]
    segments = api.viewer.get("/v1/segments").json()["segments"]
    assert [one["name"] for one in segments] == [one.name for one in segment_map()]


def test_the_state_of_the_warehouse_and_its_loads_are_given(api: Api) -> None:
    state = api.viewer.get("/v1/warehouse").json()
    assert (state["first_day"], state["last_day"]) == ("2024-01-01", "2024-04-10")
    [load] = api.viewer.get("/v1/loads").json()["loads"]
    assert (load["operation"], load["read"]) == ("build", 30)


def test_the_values_of_a_filter_are_listed(api: Api) -> None:
    found = api.viewer.get("/v1/values/location").json()
    assert found == {"column": "location", "values": ["DE", "FR", "UK"]}


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/v1/analyses/segmnts", 404, 'There is no analysis "segmnts". Did you mean "segments"?'),
        ("/v1/metrics/net_sale", 404, 'There is no metric "net_sale". Did you mean "net_sales"?'),
        ("/v1/analyses/kpis?sinse=2024-01-01", 400, 'There is no parameter "sinse".'),
        ("/v1/analyses/kpis?since=2024-13-01", 400, '"2024-13-01" is not a date.'),
        ("/v1/analyses/kpis?where=location", 400, '"location" is not a filter.'),
        ("/v1/analyses/kpis?where=location=Germny", 400, 'No location is "Germny".'),
        ("/v1/analyses/kpis?by=product", 400, 'kpis has no option "by".'),
        ("/v1/analyses/kpis?limit=0", 400, "limit: Input should be greater than or equal to 1."),
        ("/v2/analyses", 404, "There is nothing at /v2/analyses."),
    ],
)
def test_a_wrong_request_is_answered_with_what_to_correct(
    path: str, status: int, detail: str, api: Api
) -> None:
    response = api.analyst.get(path)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"].startswith(detail)
