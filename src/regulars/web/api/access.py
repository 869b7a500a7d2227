"""Who may call the API: whoever has a token; without tokens, everyone on this machine.

The roles are those of the dashboard.
"""

from dataclasses import dataclass
from math import ceil

from fastapi import Request
from fastapi.security import HTTPAuthorizationCredentials

from regulars.web.api.problems import Problem
from regulars.web.api.rate_limit import RateLimit
from regulars.web.api.tokens import TokenFile
from regulars.web.http_request import client_address, is_for_localhost
from regulars.web.roles import Role


@dataclass(frozen=True)
class Caller:
    """Who makes a request: the name of their token, and its role."""

    name: str
    role: Role

    def require_customers(self) -> None:
        """Raise Problem unless the caller may see customer and order numbers."""
        if not self.role.may_see_customers:
            raise Problem(403, "Viewers cannot see customers. Use a token of an analyst.")

    def require_export(self) -> None:
        """Raise Problem unless the caller may export customer lists."""
        if not self.role.may_export:
            raise Problem(403, "Exporting a list takes a token of an exporter or an admin.")


class ApiAccess:
    """Access by token, with a rate limit for each."""

    def __init__(self, tokens: TokenFile | None, limit: RateLimit) -> None:
        """Without tokens, everyone who can reach this machine's own address is an admin."""
        self.tokens, self._limit = tokens, limit

    def caller(self, request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
        """Return who makes a request, and count it.

        Raises Problem if they have no valid token or make too many requests.
        """
        caller = self._known_caller(request, credentials)
        key = f"token {caller.name}" if caller else f"address {client_address(request)}"
        if wait := self._limit.wait(key):
            seconds = ceil(wait)
            raise Problem(
                429, f"Too many requests. Try again in {seconds} s.", {"Retry-After": str(seconds)}
            )
        if caller is None:
            raise Problem(
                401,
                "Send a valid token in the header Authorization: Bearer TOKEN. "
                "`regulars tokens add NAME` makes one.",
                {"WWW-Authenticate": "Bearer"},
            )
        return caller

    def _known_caller(
        self, request: Request, credentials: HTTPAuthorizationCredentials | None
    ) -> Caller | None:
        if self.tokens is None:
            if not is_for_localhost(request):
                raise Problem(403, "Without tokens, the API answers only at http://localhost.")
            return Caller("this machine", Role.ADMIN)
        token = self.tokens.find(credentials.credentials) if credentials else None
        return Caller(token.name, token.role) if token else None
