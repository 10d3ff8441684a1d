"""What every request passes before the API: who asks, and whether they ask too often. No body has been read yet."""

import math

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from serving.access.buckets import Buckets
from serving.access.caller import Caller, refused, unknown
from serving.access.local import is_local
from serving.access.loopback import is_loopback
from serving.access.refreshed import UnavailableError
from serving.access.ring import KeyRing
from serving.access.scopes import Scope
from serving.access.store import KeyStore
from serving.access.tokens import Tokens
from serving.classify.problems import Problem, problem_response
from serving.settings import Settings

HEALTH = frozenset({"/livez", "/readyz"})
"""What anybody may ask: an orchestrator has no key."""

_COME_BACK = {"Retry-After": "5"}


class Gatekeeper:
    """Tells who asks.

    Args:
        opened: what anybody may, known or not.
    """

    def __init__(
        self, *, ring: KeyRing | None = None, tokens: Tokens | None = None, opened: frozenset[Scope] = frozenset()
    ) -> None:
        self._ring, self._tokens, self._opened = ring, tokens, opened
        self._buckets = Buckets()

    @classmethod
    def of(cls, settings: Settings) -> "Gatekeeper":
        """As the settings have it.

        Raises:
            ValueError: nothing says who may call a service that others can reach.
        """
        check_somebody_may_call(settings)
        ring = None if settings.keys is None else KeyRing(KeyStore(settings.keys), rate=settings.rate)
        tokens = None if settings.issuer is None else Tokens(settings.issuer, rate=settings.rate)
        return cls(ring=ring, tokens=tokens, opened=settings.opened)

    async def admit(self, connection: Connection) -> Caller:
        """Who asks, once they may.

        Raises:
            Problem: 401, they are not known; 429, they ask too often; 503, whether they are known cannot be told now.
        """
        try:
            caller = await self._caller(connection)
        except UnavailableError as error:
            raise Problem(503, f"{error} cannot be had now", headers=_COME_BACK) from error
        if caller.rate is not None and (wait := self._buckets.take(caller.name, rate=caller.rate)):
            detail = f"more than the {caller.rate} requests a minute that this caller has"
            raise Problem(429, detail, headers={"Retry-After": str(math.ceil(wait))})
        return caller

    async def _caller(self, connection: Connection) -> Caller:
        shown = Headers(scope=connection).getlist("authorization")
        if not shown:
            return await self._stranger(connection)
        kind, _, text = shown[0].partition(" ")
        if len(shown) > 1 or kind.lower() != "bearer" or not text.strip():
            raise refused("Authorization is not one `Bearer` with a key or a token")
        text = text.strip()
        if text.startswith("tsk_") and self._ring is not None:
            return await self._ring.caller_of(text)
        if self._tokens is not None:
            return await self._tokens.caller_of(text)
        raise refused("the key is not known")

    async def _stranger(self, connection: Connection) -> Caller:
        """Somebody who shows nothing: with all scopes on this machine until there is a key or an issuer."""
        closed = self._tokens is not None or (self._ring is not None and await self._ring.holds_any())
        scopes = self._opened if closed or not is_local(connection) else frozenset(Scope)
        if not scopes:
            raise unknown()
        client = connection.get("client")
        return Caller(f"address:{client[0] if client else ''}", scopes, known=False)


class Gate:
    """ASGI middleware: hands on who asks as `request.state.caller`; routes say which scope they need."""

    def __init__(self, app: ASGIApp, keeper: Gatekeeper) -> None:
        self._app, self._keeper = app, keeper

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in HEALTH:
            state = scope["state"]
            try:
                caller = await self._keeper.admit(scope)
            except Problem as problem:
                await problem_response(problem, request_id=state["request_id"])(scope, receive, send)
                return
            state["caller"] = caller
            if caller.known:
                state["who"] = {"caller": caller.name} | ({"key": caller.key} if caller.key else {})
        await self._app(scope, receive, send)


def check_somebody_may_call(settings: Settings) -> None:
    """Refuse to listen where others can call while nothing says who may.

    Raises:
        ValueError: with what to do.
    """
    if settings.issuer or settings.opened or is_loopback(settings.host):
        return
    if settings.keys is not None and KeyStore(settings.keys).all():
        return
    raise ValueError(
        f"TRUESHELF_HOST is {settings.host!r}, where others can call, and nothing says who may: make a key with "
        "`python -m serving keys add NAME`, name an issuer with TRUESHELF_OIDC_ISSUER, or open parts to everybody with "
        "TRUESHELF_OPEN"
    )
