"""What a request gets that cannot be answered: one shape for every status (RFC 9457, problem details).

{"type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "…",
 "errors": [{"field": "price.amount", "message": "…"}], "request_id": "…"}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}  # RFC 9110's names, newer than Python's


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is a path such as `photos[1]` or `price.amount`."""

    field: str
    message: str


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 (the RFC's own word)
    """Raised anywhere below a route, answered by `problem_response`."""

    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def about(cls, status: int, where: str, message: str) -> "Problem":
        """A problem with one field."""
        return cls(status, f"{where}: {message}", (FieldError(where, message),))


def problem_response(problem: Problem, *, request_id: str | None) -> Response:
    """The HTTP answer for a problem."""
    content = {
        "type": "about:blank",
        "title": _TITLES.get(problem.status) or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [{"field": error.field, "message": error.message} for error in problem.errors],
        "request_id": request_id,
    }
    return Response(
        json.dumps(content, ensure_ascii=False).encode(errors="backslashreplace"),
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type=MEDIA_TYPE,
    )
