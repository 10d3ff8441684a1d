"""The keys that the service knows, read anew every few seconds."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

import anyio.to_thread

from serving.access.caller import Caller, refused
from serving.access.keys import Key, id_of
from serving.access.refreshed import Refreshed
from serving.access.store import KeyStore

log = logging.getLogger(__name__)

EVERY: Final = 2.0
"""Seconds after which a key that was made or revoked counts."""

KEEP: Final = 60.0
"""Seconds for which keys are believed while the store does not answer: a revoked one must not live on."""

_HOUR: Final = 3600


class KeyRing:
    """All keys of a store, in memory: nobody can keep the store busy by trying keys that do not exist.

    Args:
        rate: requests a minute of keys that have none of their own.
    """

    def __init__(
        self, store: KeyStore, *, rate: int, every: float = EVERY, clock: Callable[[], float] = time.time
    ) -> None:
        self._store, self._rate, self._clock = store, rate, clock
        self._keys: Refreshed[Mapping[str, Key]] = Refreshed(
            self._load, what="the keys", every=every, again=every, keep=KEEP
        )
        self._had_keys = False
        self._noted: dict[str, int] = {}

    async def holds_any(self) -> bool:
        """Whether there is or was a key. That stays so when all have been revoked, or the file was deleted.

        Raises:
            UnavailableError: the store does not answer.
        """
        await self._keys.get()
        return self._had_keys

    async def caller_of(self, text: str) -> Caller:
        """Who shows a key.

        Raises:
            Problem: 401, it is no key of ours, or one that has ended.
            UnavailableError: the store does not answer.
        """
        key = (await self._keys.get()).get(id_of(text) or "")
        if key is None or not key.is_of(text):
            raise refused("the key is not known")
        if (state := key.state(self._clock())) != "live":
            raise refused(f"the key {key.id} is {state}")
        await self._note(key)
        return Caller(f"key:{key.name}", key.scopes, rate=key.rate or self._rate, key=key.id)

    def _load(self) -> Mapping[str, Key]:
        keys = {key.id: key for key in self._store.all()}
        self._had_keys = self._had_keys or bool(keys)
        return keys

    async def _note(self, key: Key) -> None:
        """Write the hour of a use down, once an hour."""
        hour = int(self._clock()) // _HOUR * _HOUR
        if max(key.used_at or 0, self._noted.get(key.id, 0)) >= hour:
            return
        self._noted[key.id] = hour
        try:
            await anyio.to_thread.run_sync(lambda: self._store.used(key.id, hour=hour))
        except ValueError:
            log.warning("the use of a key was not noted", exc_info=True, extra={"fields": {"key": key.id}})
