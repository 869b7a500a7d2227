"""The MCP server of a single agent on this machine, over standard input and output."""

from regulars.core.settings import load_settings
from regulars.web.api.access import ApiAccess, Caller
from regulars.web.api.rate_limit import RateLimit
from regulars.web.api.service import Api
from regulars.web.mcp.asker import Asker
from regulars.web.mcp.tools import mcp_server
from regulars.web.result_cache import ResultCache
from regulars.web.roles import Role

_UNLIMITED = 1_000_000_000


def serve_stdio(warehouse: str | None, role: Role) -> None:
    """Answer the questions of one agent with this role until it closes the connection."""
    settings = load_settings()
    results = ResultCache(warehouse or settings.warehouse, settings)
    api = Api(results, ApiAccess(None, RateLimit(_UNLIMITED)))
    try:
        mcp_server(Asker(api, Caller("agent", role))).run("stdio")
    finally:
        results.shut_down(seconds=0)
