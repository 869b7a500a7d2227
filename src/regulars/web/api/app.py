"""The API as an ASGI application. It describes itself at /v1/openapi.json."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from starlette.routing import Route

from regulars.warehouse.ledger import regulars_version
from regulars.web.api.access import ApiAccess
from regulars.web.api.figure_routes import figure_routes
from regulars.web.api.list_routes import list_routes
from regulars.web.api.problems import add_problem_handlers
from regulars.web.api.service import Api
from regulars.web.api.warehouse_routes import warehouse_routes
from regulars.web.result_cache import ResultCache

if TYPE_CHECKING:
    from regulars.web.mcp.http import McpEndpoint

_HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def api_app(results: ResultCache, access: ApiAccess) -> FastAPI:
    """Return the API of a warehouse as an ASGI application, with MCP at /mcp if it is installed."""
    api = Api(results, access)
    mcp = _mcp_endpoint(api)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if mcp is None:
            yield
        else:
            async with mcp.running():
                yield

    app = FastAPI(
        title="Regulars API", version=regulars_version() or "0", openapi_url="/v1/openapi.json",
        description="Figures, segments and lists of a shop, read-only.",
        docs_url=None, redoc_url=None,  # they load scripts from other servers
        lifespan=lifespan,
    )  # fmt: skip
    add_problem_handlers(app)
    if mcp is not None:
        app.router.routes.append(Route("/mcp", mcp, include_in_schema=False))
    for routes in (figure_routes(api), warehouse_routes(api), list_routes(api)):
        app.include_router(routes, prefix="/v1")

    @app.get("/health", include_in_schema=False)
    def health() -> Response:
        return Response("ok", media_type="text/plain")

    @app.middleware("http")
    async def with_headers(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app


def _mcp_endpoint(api: Api) -> "McpEndpoint | None":
    if find_spec("mcp") is None:
        return None
    from regulars.web.mcp.http import McpEndpoint

    return McpEndpoint(api)
