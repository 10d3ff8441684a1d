"""Requests that were made on this machine."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from serving.access.loopback import is_loopback

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def is_local(scope: Scope) -> bool:
    """Whether a request was made on this machine: it came in on loopback, asks for it, and nobody passed it on.

    The name that it asks for counts, since a page in a browser may have a name of its own that resolves to loopback.
    """
    server, headers = scope.get("server"), Headers(scope=scope)
    return (
        server is not None
        and is_loopback(server[0])
        and is_loopback(_host(headers.get("host", "")))
        and not any(name in headers for name in _FORWARDED)
    )


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
