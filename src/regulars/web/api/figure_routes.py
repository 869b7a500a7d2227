"""The routes of analyses, metrics and the values to filter by."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.analyses.define import Metric
from regulars.core.columns import ColumnCard
from regulars.core.errors import did_you_mean
from regulars.insights.table_file import known_cards
from regulars.warehouse.warehouse import Answer, Warehouse
from regulars.web.api.access import Caller
from regulars.web.api.answers import (
    MEDIA_TYPES,
    FileFormat,
    card_of,
    check_filters,
    columns_of,
    page_of,
    write_answer,
)
from regulars.web.api.problems import Problem
from regulars.web.api.queries import AnalysisQuery, Filters, Parameters
from regulars.web.api.service import Api, etag_of, is_known, json_response


def figure_routes(api: Api) -> APIRouter:
    """Return the routes of analyses and metrics."""
    routes = APIRouter(tags=["Figures"])
    by = Annotated[Caller, Depends(api.caller)]

    @routes.get("/analyses")
    def analyses(_query: Annotated[Parameters, Query()], _caller: by) -> Response:
        """List the analyses with their columns and options."""
        return json_response({"analyses": [card_of(one) for one in ANALYSES.values()]})

    @routes.get("/analyses/{name}")
    def analysis(
        name: str, query: Annotated[AnalysisQuery, Query()], request: Request, caller: by
    ) -> Response:
        """Run an analysis. Results with customer or order numbers need the role analyst."""
        if name not in ANALYSES:
            raise Problem(404, f'There is no analysis "{name}".{did_you_mean(name, ANALYSES)}')
        question = query.question(name)

        def run(warehouse: Warehouse, version: str) -> Response:
            answer = question.answer(warehouse, caller)
            etag = etag_of(version, request, caller)
            if is_known(request, etag):
                return Response(status_code=304, headers={"ETag": etag})
            if query.format != "json":
                return _file(answer, query.format, etag)
            rows, following = page_of(answer, query.offset, query.limit)
            body = {
                "analysis": name,
                "question": answer.card.question,
                "since": query.since,
                "until": query.until,
                "where": question.where,
                "options": question.options,
                "as_of": question.snapshot(warehouse),
                "currency": warehouse.facts.get("currency", ""),
                "version": version,
                "columns": columns_of(known_cards(answer.columns, answer.card.columns)),
                "rows": rows,
                "next_offset": following,
            }
            return json_response(body, etag)

        return api.run(run)

    @routes.get("/metrics")
    def metrics(_query: Annotated[Parameters, Query()], _caller: by) -> Response:
        """List the metrics with their definitions."""
        return json_response({"metrics": [_metric(one) for one in METRICS.values()]})

    @routes.get("/metrics/{name}")
    def metric(
        name: str, query: Annotated[Filters, Query()], request: Request, caller: by
    ) -> Response:
        """Return the value of a metric."""
        if name not in METRICS:
            raise Problem(404, f'There is no metric "{name}".{did_you_mean(name, METRICS)}')
        conditions = query.conditions()
        check_filters(conditions, caller)

        def run(warehouse: Warehouse, version: str) -> Response:
            etag = etag_of(version, request, caller)
            if is_known(request, etag):
                return Response(status_code=304, headers={"ETag": etag})
            [row] = warehouse.answers(
                (name,), since=query.since, until=query.until, as_of=query.as_of, where=conditions
            )
            currency = warehouse.facts.get("currency", "")
            body = {**_metric(METRICS[name]), "value": row[name], "currency": currency,
                    "version": version}  # fmt: skip
            return json_response(body, etag)

        return api.run(run)

    @routes.get("/values/{column}")
    def values(column: str, _query: Annotated[Parameters, Query()], caller: by) -> Response:
        """List the values of a column that results can be filtered by."""
        check_filters({column: None}, caller)
        found = api.run(lambda warehouse, _version: warehouse.values(column))
        return json_response({"column": column, "values": found})

    return routes


def _metric(metric: Metric) -> dict[str, str]:
    card = ColumnCard(metric.label, metric.unit, metric.description)
    [described] = columns_of({metric.name: card})
    return described


def _file(answer: Answer, file_format: FileFormat, etag: str) -> Response:
    path = write_answer(answer, file_format)
    return FileResponse(
        path, media_type=MEDIA_TYPES[file_format], filename=f"{answer.name}.{file_format}",
        headers={"ETag": etag}, background=BackgroundTask(path.unlink, missing_ok=True),
    )  # fmt: skip
