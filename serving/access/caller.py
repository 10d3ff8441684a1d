"""Who asks, and what they may."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request

from serving.access.scopes import Scope
from serving.classify.problems import Problem

CHALLENGE = 'Bearer realm="trueshelf"'


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks.

    Attributes:
        name: with its kind before it, such as `key:pipeline`, so that no two of different kinds share one.
        rate: requests a minute; None where nobody counts them.
        key: the id of the key that they showed.
        known: False for whoever showed nothing.
    """

    name: str
    scopes: frozenset[Scope]
    rate: int | None = None
    key: str | None = None
    known: bool = True

    def require(self, scope: Scope) -> None:
        """Raise a problem where the caller may not use a part of the API: 401 for somebody unknown, else 403."""
        if self.scopes & {scope, Scope.ADMIN}:
            return
        if not self.known:
            raise unknown()
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
        raise Problem(403, f"this needs the scope {scope!s}", headers={"WWW-Authenticate": challenge})


def needs(scope: Scope) -> Callable[[Request], Awaitable[None]]:
    """What a route depends on that needs a scope."""

    async def check(request: Request) -> None:
        caller: Caller = request.state.caller
        caller.require(scope)

    return check


def unknown() -> Problem:
    """That nobody showed who they are."""
    detail = "who asks is not known: send a key or a token as Authorization: Bearer …"
    return Problem(401, detail, headers={"WWW-Authenticate": CHALLENGE})


def refused(detail: str) -> Problem:
    """That what somebody showed is not accepted."""
    return Problem(401, detail, headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'})
