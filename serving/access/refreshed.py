"""A value from elsewhere that is loaded again now and then."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import anyio.to_thread

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_NEVER: Final = float("-inf")


class UnavailableError(Exception):
    """There is no value that is new enough to be trusted."""


class Refreshed(Generic[_T]):
    """What `load` gives, loaded in a thread by whoever asks first once it is too old.

    Where it cannot be loaded, or while somebody else loads it, the last value stands.

    Args:
        what: for the log.
        every: seconds after which it is loaded again.
        again: seconds between two attempts, at least.
        keep: seconds for which the last value stands where it cannot be loaded.
    """

    def __init__(
        self,
        load: Callable[[], _T],
        *,
        what: str,
        every: float,
        again: float,
        keep: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load, self._what, self._clock = load, what, clock
        self._every, self._again, self._keep = every, again, keep
        self._lock = threading.Lock()
        self._value: _T | None = None
        self._loaded = self._tried = _NEVER

    async def get(self, *, within: float | None = None) -> _T:
        """The value, not older than `within` seconds (`every`, by default) where that can be had.

        Raises:
            UnavailableError: there is none, or it is older than `keep` seconds.
        """
        if self._is_due(self._every if within is None else within):
            await anyio.to_thread.run_sync(self._refresh)
        value, age = self._value, self._clock() - self._loaded
        if value is None or age > self._keep:
            raise UnavailableError(self._what)
        return value

    def _is_due(self, within: float) -> bool:
        now = self._clock()
        return now - self._loaded >= within and now - self._tried >= self._again

    def _refresh(self) -> None:
        if not self._lock.acquire(blocking=self._value is None):
            return  # somebody is at it
        try:
            if not self._is_due(0):
                return  # somebody was quicker
            self._tried = self._clock()
            self._value = self._load()
            self._loaded = self._clock()
        except Exception:
            log.warning("%s cannot be loaded", self._what, exc_info=True)
        finally:
            self._lock.release()
