"""One JSON object a line on stdout, without anything that a listing says: an exception's message may quote it, so only
its type and place are told."""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

ROOT = "serving"

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being answered, in its own thread and in those that work for it; set by the edge."""


class JsonFormatter(logging.Formatter):
    """A record as JSON with the request's id; what `extra={"fields": {…}}` holds becomes members of the object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if (answering := request_id.get()) is not None:
            line["request_id"] = answering
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"error": type(record.exc_info[1]).__name__, "at": place_of(record.exc_info[1])}
        return json.dumps(line, ensure_ascii=False).encode(errors="backslashreplace").decode()


def configure_logs(level: int = logging.INFO) -> None:
    """Send this app's logs to stdout as JSON; called once, when the service starts."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger(ROOT)
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False


def place_of(error: BaseException) -> list[str]:
    """Where an exception came from, innermost last, as file:line of at most eight frames."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename}:{frame.lineno}" for frame in frames]
