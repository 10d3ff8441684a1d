"""What the service remembers: what is seen in photos and texts, and verdicts.

What is seen is kept by content and by what looked at it; a verdict by every field of its listing, the model's bundle,
its precision, and the code that judged. So nothing is ever answered for another listing or by another model.
"""

import functools
import hashlib
import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Final

import trueshelf
from serving.classify.model import Predict
from serving.settings import Settings
from trueshelf.listings import Listing
from trueshelf.listings.digest import listing_digest
from trueshelf.models import ItemError, Verdict
from trueshelf.models.disk_cache import ArrayCache, Bytes, Floats
from trueshelf.models.disk_store import DiskStore
from trueshelf.models.verdict_record import from_bytes, to_bytes

log = logging.getLogger(__name__)

VERDICTS: Final = "verdicts"
SEEN: Final = ("views", "facts", "imprint", "inscriptions", "marks", "text", "comparison")
"""What is looked up of photos and texts, by the first part of its key."""

OTHER: Final = "other"
_VERDICTS_SHARE: Final = 16  # of the bytes on disk, one part is for verdicts
_WAITING: Final = 256  # changes that wait for the disk; more are dropped
_JUDGING: Final = ("numpy", "onnxruntime", "pillow", "tokenizers")

LookedUp = Callable[[str, bool], None]
"""Told of each look what it was for and whether it was found."""


class Behind:
    """A store that is written to by a thread of its own, so that no request waits for the disk."""

    def __init__(self, store: DiskStore) -> None:
        self._store = store
        self._waiting: queue.Queue[Mapping[str, bytes] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._work, name="remember", daemon=True)
        self._thread.start()

    def get(self, key: str) -> bytes | None:
        return self._store.get(key)

    def put(self, values: Mapping[str, bytes]) -> None:
        """Keep values in a while, if the disk keeps up."""
        try:
            self._waiting.put_nowait(values)
        except queue.Full:
            log.debug("the disk is too slow to remember everything")

    def settle(self) -> None:
        """Wait until everything so far is kept."""
        self._waiting.join()

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()
        self._store.close()

    def _work(self) -> None:
        while (values := self._waiting.get()) is not None:
            try:
                self._store.put(values)
            finally:
                self._waiting.task_done()
        self._waiting.task_done()


class Seen(ArrayCache):
    """The embedding cache of all models of this process, with its looks counted."""

    def __init__(self, store: Bytes, looked_up: LookedUp) -> None:
        super().__init__(store)
        self._looked_up = looked_up

    def get(self, key: str) -> Floats | None:
        found = super().get(key)
        kind = key.partition("/")[0]
        self._looked_up(kind if kind in SEEN else OTHER, found is not None)
        return found


class Memory:
    """Everything that this process remembers, opened once.

    Args:
        most_bytes: of all files together.
        looked_up: told of every look.
    """

    def __init__(self, folder: Path, *, most_bytes: int, looked_up: LookedUp) -> None:
        for_verdicts = most_bytes // _VERDICTS_SHARE
        self._verdicts = Behind(DiskStore(folder / VERDICTS, most_bytes=for_verdicts, report=_report))
        self._seen = Behind(DiskStore(folder / "seen", most_bytes=most_bytes - for_verdicts, report=_report))
        self._looked_up = looked_up
        self.seen = Seen(self._seen, looked_up)

    def verdicts(self, predict: Predict, *, digest: str, precision: str) -> Predict:
        """The same answers as those of a model, without asking it again about a listing that it has judged.

        Args:
            digest: of the model's whole bundle.
        """
        judge = hashlib.sha256("\n".join((digest, precision, code_digest())).encode()).hexdigest()

        def remembered(listings: Sequence[Listing]) -> Sequence[Verdict | ItemError]:
            keys = {listing.id: f"{judge}/{listing_digest(listing)}" for listing in listings}
            known = {each: verdict for each, key in keys.items() if (verdict := self._verdict(each, key)) is not None}
            unknown = [listing for listing in listings if listing.id not in known]
            answers = list(predict(unknown)) if unknown else []
            verdicts = [each for each in answers if isinstance(each, Verdict) and each.listing_id in keys]
            new = {keys[each.listing_id]: to_bytes(each) for each in verdicts}
            if new:
                self._verdicts.put(new)
            return [*known.values(), *answers]

        return remembered

    def settle(self) -> None:
        """Wait until everything so far is on disk."""
        self._verdicts.settle()
        self._seen.settle()

    def close(self) -> None:
        self._verdicts.close()
        self._seen.close()

    def _verdict(self, listing_id: str, key: str) -> Verdict | None:
        content = self._verdicts.get(key)
        verdict = None
        if content is not None:
            try:
                verdict = from_bytes(content)
            except ValueError:
                log.warning("a remembered verdict cannot be read")
        found = verdict is not None and verdict.listing_id == listing_id
        self._looked_up(VERDICTS, found)
        return verdict if found else None


def open_memory(settings: Settings, *, looked_up: LookedUp) -> Memory | None:
    """What the settings say is to be remembered; None for nothing."""
    if not settings.cache_mb:
        return None
    folder = settings.data / ".trueshelf" / "served"
    return Memory(folder, most_bytes=settings.cache_mb * 2**20, looked_up=looked_up)


@functools.cache
def code_digest() -> str:
    """What names the code that judges: the library's files, and the versions of what it computes with."""
    digest = hashlib.sha256()
    root = Path(trueshelf.__file__).parent
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".toml"}:
            digest.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    digest.update("\n".join(f"{name} {installed(name)}" for name in _JUDGING).encode())
    return digest.hexdigest()


def _report(what: str) -> None:
    log.warning("cache trouble", extra={"fields": {"what": what}})
