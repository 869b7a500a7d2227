"""The routes of saved customer lists."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from regulars.core.errors import did_you_mean
from regulars.lists.api import all_lists, export_list, list_results
from regulars.lists.saved import SavedList
from regulars.warehouse.warehouse import Warehouse
from regulars.web.api.access import Caller
from regulars.web.api.problems import Problem
from regulars.web.api.queries import ExportQuery, Parameters, ResultsQuery
from regulars.web.api.service import Api, json_response


def list_routes(api: Api) -> APIRouter:
    """Return the routes of saved customer lists."""
    routes = APIRouter(tags=["Lists"])
    by = Annotated[Caller, Depends(api.caller)]

    @routes.get("/lists")
    def lists(_query: Annotated[Parameters, Query()], caller: by) -> Response:
        """List the saved lists."""
        caller.require_customers()
        found = api.results.uncached(all_lists)
        return json_response({"lists": [_saved(one) for one in found]})

    @routes.get("/lists/{name}/results")
    def results(name: str, query: Annotated[ResultsQuery, Query()], caller: by) -> Response:
        """Compare what contacted customers bought since with the control group."""
        caller.require_customers()

        def run(warehouse: Warehouse) -> Any:
            _check_exists(warehouse, name)
            return list_results(warehouse, name, days=query.days)

        return json_response(asdict(api.results.uncached(run)))

    @routes.post("/lists/{name}/exports")
    def exports(name: str, query: Annotated[ExportQuery, Query()], caller: by) -> Response:
        """Export the customers to contact, as the dashboard does, and log the export."""
        caller.require_export()
        api.results.uncached(lambda warehouse: _check_exists(warehouse, name))
        folder = TemporaryDirectory(prefix="regulars-")
        path = Path(folder.name) / f"list.{query.file_type}"
        try:
            export_list(
                name, path, form=query.form, control=query.control, author=caller.name,
                warehouse=api.results.location, settings=api.results.settings,
            )  # fmt: skip
        except BaseException:
            folder.cleanup()
            raise
        return FileResponse(
            path, filename=f"{name}.{query.file_type}", background=BackgroundTask(folder.cleanup)
        )

    return routes


def _check_exists(warehouse: Warehouse, name: str) -> None:
    names = [one.name for one in all_lists(warehouse)]
    if name not in names:
        raise Problem(404, f'There is no list "{name}".{did_you_mean(name, names)}')


def _saved(saved: SavedList) -> dict[str, Any]:
    """Return a saved list without what reproduces its control group."""
    hidden = ("list_id", "seed")
    return {name: value for name, value in asdict(saved).items() if name not in hidden}
