"""The routes of the warehouse itself and of its segments."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from regulars.analyses.segments.segment_map import segment_map
from regulars.warehouse.warehouse import Warehouse
from regulars.web.api.access import Caller
from regulars.web.api.queries import Parameters
from regulars.web.api.service import Api, json_response


def warehouse_routes(api: Api) -> APIRouter:
    """Return the routes of the warehouse itself and of its segments."""
    routes = APIRouter(tags=["Warehouse"])
    by = Annotated[Caller, Depends(api.caller)]

    @routes.get("/warehouse")
    def state(_query: Annotated[Parameters, Query()], _caller: by) -> Response:
        """Return which data the warehouse has, and the conventions it follows."""

        def run(warehouse: Warehouse, version: str) -> Response:
            facts = warehouse.facts
            first, last = warehouse.observed_days
            return json_response({
                "version": version,
                "shop": facts.get("shop", ""),
                "engine": warehouse.engine.name,
                "currency": facts.get("currency", ""),
                "conventions": facts["conventions"],
                "built_at": facts["built_at"],
                "first_day": first,
                "last_day": last,
                "schema_version": facts["schema_version"],
            })  # fmt: skip

        return api.run(run)

    @routes.get("/loads")
    def loads(_query: Annotated[Parameters, Query()], _caller: by) -> Response:
        """List all loads, oldest first, with the rows and money they read."""
        return json_response({"loads": api.run(lambda warehouse, _version: warehouse.loads())})

    @routes.get("/segments")
    def segments(_query: Annotated[Parameters, Query()], _caller: by) -> Response:
        """List the segments by precedence: the first that covers a customer's scores applies."""
        found = [
            {
                "name": one.name,
                "scores": [{"r": r, "f": f} for r, f in sorted(one.cells)],
                "reason": one.reason,
                "action": one.action,
                "offer": one.offer,
                "channel": one.channel,
            }
            for one in segment_map()
        ]
        return json_response({"segments": found})

    return routes
