"""What every request passes first: its id, its line in the log, its count."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.classify.logs import place_of, request_id
from serving.classify.metrics import Metrics

log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"
IDEMPOTENCY_KEY = "Idempotency-Key"
"""What all attempts at one request share. It is logged and sent back, not kept: a verdict changes nothing, so that
asking twice does no harm."""

_PROBES = frozenset({"/livez", "/readyz", "/metrics"})
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Edge:
    """ASGI middleware around the whole API."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given, key = _request_id(headers.get(REQUEST_ID)), headers.get(IDEMPOTENCY_KEY, "")
        shared = {IDEMPOTENCY_KEY: key} if _ACCEPTED_ID.fullmatch(key) else {}
        state = scope.setdefault("state", {})
        state["request_id"] = given
        token = request_id.set(given)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update({REQUEST_ID: given, **shared})
            await send(message)

        started = time.perf_counter()
        self._metrics.started()
        fields: dict[str, object] = {"method": scope["method"], "path": scope["path"][:200]}
        fields |= {"idempotency_key": key} if shared else {}
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # nothing may reach the server, whose own log would quote the exception's message
            fields |= {"error": type(error).__name__, "at": place_of(error)}
        finally:
            seconds = time.perf_counter() - started
            self._metrics.finished(scope["path"], status, seconds)
            fields |= {"status": status, "ms": round(seconds * 1000, 1)}
            fields |= state.get("who", {}) | state.get("log", {})
            log.log(_level(fields), "request", extra={"fields": fields})
            request_id.reset(token)


def _level(fields: dict[str, object]) -> int:
    if "error" in fields:
        return logging.ERROR
    return logging.DEBUG if fields["path"] in _PROBES else logging.INFO


def _request_id(given: str | None) -> str:
    return given if given and _ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
