"""Who asks through MCP, and how their questions are answered."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from regulars.core.errors import RegularsError
from regulars.web.api.access import Caller
from regulars.web.api.answers import to_json
from regulars.web.api.problems import Problem
from regulars.web.api.service import Api

Values = str | list[str]
Where = dict[str, Values] | str
"""Filters by column. Some models write them as a JSON string."""

CALLER = "regulars.caller"
"""Where a request over HTTP has its caller."""


@dataclass(frozen=True)
class Asker:
    """Answers the questions of whoever calls a tool.

    local  who calls without HTTP; None if everyone needs a token
    """

    api: Api
    local: Caller | None = None

    def caller(self, context: "Context[Any, Any]") -> Caller:
        """Return who calls a tool."""
        request = context.request_context.request
        caller = self.local if request is None else request.scope.get(CALLER)
        if caller is None:
            raise ToolError("Send a valid token.")
        return caller

    def answer(self, question: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Return an answer as JSON has it. Raises ToolError with what to correct."""
        try:
            answered: dict[str, Any] = json.loads(to_json(question()))
        except (RegularsError, Problem) as error:
            # The SDK hides the words of every other exception.
            raise ToolError(str(error)) from None
        return answered


def conditions_of(where: Where | None) -> dict[str, list[str]]:
    """Return filters as lists of accepted values. Raises ToolError if they are not filters."""
    given: Any = where or {}
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise ToolError('where must be an object such as {"location": ["UK"]}.') from None
    if not isinstance(given, Mapping):
        raise ToolError('where must be an object such as {"location": ["UK"]}.')
    return {str(column): [str(one) for one in _listed(values)] for column, values in given.items()}


def _listed(values: Any) -> Sequence[Any]:
    return values if isinstance(values, list) else [values]
