"""Errors of the API, as RFC 9457 has them: a status and a sentence on what to do."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from regulars.core.errors import InputError, RegularsError
from regulars.web.result_cache import VersionChangedError

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818
    """A refused request."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Refuse a request with this status and sentence."""
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error with a problem."""

    @app.exception_handler(Problem)
    def refused(_request: Request, error: Problem) -> JSONResponse:
        return response_to(error)

    @app.exception_handler(RegularsError)
    def failed(_request: Request, error: RegularsError) -> JSONResponse:
        return _response(400 if isinstance(error, InputError) else 503, str(error))

    @app.exception_handler(VersionChangedError)
    def changing(_request: Request, _error: VersionChangedError) -> JSONResponse:
        detail = "A new version of the warehouse has just been published. Try again."
        return _response(503, detail, {"Retry-After": "1"})

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _response(400, " ".join(_sentence(one) for one in error.errors()))

    @app.exception_handler(HTTPException)
    def missing(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == HTTPStatus.NOT_FOUND:
            detail = f"There is nothing at {request.url.path}. See /v1/openapi.json."
            return _response(404, detail)
        return _response(error.status_code, f"{error.detail}.", error.headers)


def response_to(problem: Problem) -> JSONResponse:
    """Return the response to a refused request."""
    return _response(problem.status, problem.detail, problem.headers)


def _sentence(error: Mapping[str, object]) -> str:
    place = error["loc"]
    name = place[-1] if isinstance(place, tuple) and place else ""
    if error["type"] == "extra_forbidden":
        return f'There is no parameter "{name}".'
    return f"{name}: {error['msg']}."


def _response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)
