"""Follows an address of the registry: whenever it names another model, or the same one with other content, that is
fetched, loaded beside what there is, and taken or refused.

A look never raises, and what it finds wanting is not tried again until the address names something else.
"""

import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from serving.classify.logs import place_of
from serving.classify.model import ServedModel, load_unless_same
from serving.classify.registry import Registered, Registry, RegistryAway

log = logging.getLogger(__name__)

Load = Callable[[Path], ServedModel]
"""From a bundle folder to a model that has proved itself on its golden listings, and so has warmed every network."""


class Taker(Protocol):
    """For whom an address is followed."""

    @property
    def model(self) -> ServedModel | None:
        """What it has."""
        ...

    def incoming(self) -> Path:
        """A new folder for a version to be fetched into."""
        ...

    def take(self, model: ServedModel, found: Registered, bundle: Path) -> None:
        """The address names this model now."""
        ...

    def refuse(self, found: Registered, error: Exception) -> None:
        """The address names something that cannot be used; its folder is gone."""
        ...

    def absent(self, address: str) -> None:
        """The registry answers that no version has the name."""
        ...

    def away(self, why: str | None) -> None:
        """Why the registry could not be asked; None where it could."""
        ...


class Follower:
    """Looks at one address for one taker."""

    def __init__(self, address: str, registry: Registry, taker: Taker, *, load: Load) -> None:
        self._address = address
        self._registry = registry
        self._taker = taker
        self._load = load
        self._seen: Registered | None = None

    def look(self) -> None:
        """See what the address names, and see to it that it is used."""
        try:
            found = self._registry.find(self._address)
            if found is None:
                self._seen = None
                self._taker.absent(self._address)
                return
            if found != self._seen:
                self._meet(found)
        except RegistryAway as error:
            self._taker.away(str(error))
        except Exception as error:  # a disk that is full, for instance: whatever it is, what is served is served on
            log.error("the registry cannot be followed", extra={"fields": {"at": place_of(error), "why": str(error)}})
            self._taker.away(f"{self._address} cannot be followed: {error}")
        else:
            self._taker.away(None)

    def _meet(self, found: Registered) -> None:
        folder = self._taker.incoming()
        try:
            bundle = self._registry.fetch(found, into=folder)
            model = replace(load_unless_same(bundle, self._taker.model, self._load), registered=found)
        except RegistryAway:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        except Exception as error:  # whatever a bundle stumbles over must not reach what is served
            self._seen = found
            shutil.rmtree(folder, ignore_errors=True)
            self._taker.refuse(found, error)
        else:
            self._seen = found
            self._taker.take(model, found, bundle)


class Watch:
    """A thread that looks at once and then every so many seconds.

    Args:
        look: never raises.
        seconds: 0 for one look only.
        first: what is done before.
    """

    def __init__(self, look: Callable[[], None], *, seconds: float, first: Callable[[], None] = lambda: None) -> None:
        self.look = look
        self._first = first
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follow-registry", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that is under way is not waited for."""
        self._stopped.set()

    def join(self) -> None:
        """Wait for the last look."""
        self._thread.join()

    def _run(self) -> None:
        self._first()
        self.look()
        while self._seconds and not self._stopped.wait(self._seconds):
            self.look()
