"""A registry that answers in time, or counts as away: a locked database or a server that is down holds up nobody."""

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from serving.classify.registry import Registered, Registry, RegistryAway

ASK_SECONDS: Final = 10.0
"""How long a registry may think about what an address stands for."""

FETCH_SECONDS: Final = 300.0
"""How long a bundle may take to come."""

_Found = TypeVar("_Found")


class Prompt:
    """Asks in a thread, since a thread that hangs cannot be ended: it is let go, and no other is started beside it."""

    def __init__(self, registry: Registry, *, ask: float = ASK_SECONDS, fetch: float = FETCH_SECONDS) -> None:
        self._registry = registry
        self._ask = ask
        self._fetch = fetch
        self._late: SimpleQueue[tuple[Any, Exception | None]] | None = None  # where an answer is still owed

    def find(self, address: str) -> Registered | None:
        return self._in_time(lambda: self._registry.find(address), seconds=self._ask)

    def fetch(self, found: Registered, *, into: Path) -> Path:
        return self._in_time(lambda: self._registry.fetch(found, into=into), seconds=self._fetch)

    def _in_time(self, work: Callable[[], _Found], *, seconds: float) -> _Found:
        if self._late is not None and self._late.empty():
            raise RegistryAway("the registry has not answered an earlier question yet")
        self._late = None
        answers: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

        def ask() -> None:
            try:
                answers.put((work(), None))
            except Exception as error:  # raised where it was asked
                answers.put((None, error))

        threading.Thread(target=ask, name="ask-registry", daemon=True).start()
        try:
            found, error = answers.get(timeout=seconds)
        except Empty:
            self._late = answers
            raise RegistryAway(f"the registry has not answered in {seconds:g} s") from None
        if error is not None:
            raise error
        answer: _Found = found
        return answer
