"""What all routes share: the warehouse, the caller, JSON and ETags."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from regulars.warehouse.warehouse import Warehouse
from regulars.web.api.access import ApiAccess, Caller
from regulars.web.api.answers import to_json
from regulars.web.result_cache import MAX_PARALLEL_QUERIES, ResultCache, VersionChangedError

T = TypeVar("T")
_bearer = HTTPBearer(auto_error=False, description="A token made by `regulars tokens add`.")


@dataclass(frozen=True)
class Api:
    """The warehouse behind the routes, and who may call them."""

    results: ResultCache
    access: ApiAccess
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MAX_PARALLEL_QUERIES))

    def run(self, query: Callable[[Warehouse, str], T]) -> T:
        """Run a query on the latest version; few at a time, as each may use every core.

        Raises WarehouseError if there is no warehouse, VersionChangedError if it keeps changing.
        """
        with self._slots:
            try:
                return self._run(query)
            except VersionChangedError:
                return self._run(query)

    def _run(self, query: Callable[[Warehouse, str], T]) -> T:
        version = self.results.version()
        with self.results.borrow(version) as warehouse:
            return query(warehouse, version)

    def caller(
        self,
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Caller:
        """Return who makes a request."""
        return self.access.caller(request, credentials)


def json_response(body: Mapping[str, Any], etag: str | None = None) -> Response:
    headers = {"ETag": etag} if etag else {}
    return Response(to_json(body), media_type="application/json", headers=headers)


def etag_of(version: str, request: Request, caller: Caller) -> str:
    """Return a tag that stays the same until the warehouse, the request or the role changes."""
    parts = (version, request.url.path, request.url.query, caller.role.value)
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    tags = request.headers.get("if-none-match", "").split(",")
    return bool({tag.strip().removeprefix("W/") for tag in tags} & {etag, "*"})
