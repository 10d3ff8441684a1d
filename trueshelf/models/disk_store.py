"""What was worked out before, on disk: bytes by key, bounded in size, shared by processes, and never in the way.

An LMDB file with two generations. What is written goes into the young one; when that is full, the old one is dropped
and the young one takes its place; what was read from the old one meanwhile moves to the young one. So what nobody asks
for goes, and nothing has to be noted down at every look. Readers wait for nobody, and nothing waits for the disk: what
a crash of the machine loses is worked out again.
"""

import logging
import threading
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self

import lmdb

log = logging.getLogger(__name__)

UNBOUNDED: Final = 1 << 40
LEAST_BYTES: Final = 1 << 20

_FILE = "store-2.mdb"  # named by its format, so that no version reads another's
_GENERATIONS: Final = (b"one", b"two")
_YOUNG: Final = b"young"
_GENERATION: Final = 3 / 8  # of the file; the rest is for what a change needs while it is made
_LARGEST: Final = 1 / 16  # of the file, for one value
_CHECKSUM: Final = 4  # bytes before a value
_MOST_MOVED: Final = 512
_BEYOND_REPAIR: Final = (
    *(lmdb.CorruptedError, lmdb.InvalidError, lmdb.PageNotFoundError, lmdb.PanicError, lmdb.VersionMismatchError),
    *(lmdb.BadTxnError, lmdb.BadDbiError, lmdb.IncompatibleError),
)


class DiskStore:
    """Bytes by key. Trouble with the disk is reported, each kind once, and what it hits counts as absent.

    A process opens a folder once; who is handed a store by another process opens it for itself.

    Args:
        most_bytes: what the file may take.
        report: told what is wrong.

    Raises:
        ValueError: `most_bytes` is too little.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int = UNBOUNDED, report: Callable[[str], None] = log.warning
    ) -> None:
        if most_bytes < LEAST_BYTES:
            raise ValueError(f"a store of {most_bytes} bytes is too small; the least is {LEAST_BYTES}")
        self._path = folder / _FILE
        self._most = most_bytes
        self._report = report
        self._reported: set[str] = set()
        self._lock = threading.Lock()
        self._old_but_used: set[bytes] = set()
        self._altered: set[bytes] = set()
        self._environment: Any = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._open()
        except (lmdb.Error, OSError) as error:
            self._trouble(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> "tuple[Callable[[Path, int], DiskStore], tuple[Path, int]]":
        return _store, (self._path.parent, self._most)

    def close(self) -> None:
        """Write everything to the disk; from now on everything is absent."""
        environment, self._environment = self._environment, None
        if environment is not None:
            try:
                environment.sync(True)
            except lmdb.Error as error:
                self._trouble(error)
            environment.close()

    def get(self, key: str) -> bytes | None:
        """What was put under a key, or None."""
        environment, named = self._environment, key.encode()
        if environment is None:
            return None
        try:
            with environment.begin(buffers=True) as transaction:
                young, old = self._by_age(transaction)
                found, is_old = transaction.get(named, db=young), False
                if found is None:
                    found, is_old = transaction.get(named, db=old), True
                value = None if found is None else bytes(found)
        except (lmdb.Error, OSError) as error:
            self._trouble(error)
            return None
        if value is None:
            return None
        if value[:_CHECKSUM] != _checksum(named, value[_CHECKSUM:]):
            self._say(f"{self._path} holds a value that was altered; it counts as absent")
            self._note(self._altered, named)
            return None
        if is_old:
            self._note(self._old_but_used, named)
        return value[_CHECKSUM:]

    def put(self, values: Mapping[str, bytes]) -> None:
        """Keep values under their keys; a key that is there already keeps its value, and very large ones are not
        kept."""
        environment = self._environment
        if environment is None:
            return
        try:
            with environment.begin(write=True) as transaction:
                self._tidy(transaction)
                for key, value in values.items():
                    if len(value) < self._most * _LARGEST:
                        named = key.encode()
                        self._make_room(transaction, len(value))
                        young, _ = self._by_age(transaction)
                        transaction.put(named, _checksum(named, value) + value, db=young, overwrite=False)
        except (lmdb.Error, OSError) as error:
            self._trouble(error)

    def _open(self) -> None:
        if self._path.exists() and self._path.stat().st_size > self._most:
            self._remove()  # it was made when more was allowed, and never shrinks
        try:
            self._environment = self._sound_environment()
        except _BEYOND_REPAIR as error:
            self._say(f"{self._path} is damaged and begun anew: {error}")
            self._remove()
            self._environment = self._sound_environment()
        self._generations = [self._environment.open_db(name) for name in _GENERATIONS]

    def _sound_environment(self) -> Any:
        """The file, opened.

        Raises:
            lmdb.Error: it cannot be; `CorruptedError` where its end is missing, which a process that reads it would not
                survive.
        """
        environment = lmdb.open(
            str(self._path),
            subdir=False,
            map_size=self._most,
            max_dbs=len(_GENERATIONS),
            sync=False,
            metasync=False,
            readahead=False,
        )
        pages, size = environment.info()["last_pgno"] + 1, environment.stat()["psize"]
        if self._path.stat().st_size < pages * size:
            environment.close()
            raise lmdb.CorruptedError(f"it lacks its end: {pages} pages of {size} bytes are more than it has")
        environment.reader_check()
        return environment

    def _by_age(self, transaction: Any) -> tuple[Any, Any]:
        """The young generation and the old one."""
        one, two = self._generations
        return (two, one) if transaction.get(_YOUNG) == _GENERATIONS[1] else (one, two)

    def _make_room(self, transaction: Any, size: int) -> None:
        """Drop the old generation where the young one is full."""
        young, old = self._by_age(transaction)
        if _bytes_of(transaction, young) + size <= self._most * _GENERATION:
            return
        transaction.drop(old, delete=False)
        transaction.put(_YOUNG, _GENERATIONS[self._generations.index(old)])

    def _tidy(self, transaction: Any) -> None:
        """Move what was read from the old generation to the young one, and forget what was altered."""
        with self._lock:
            moving, self._old_but_used = self._old_but_used, set()
            altered, self._altered = self._altered, set()
        for key in altered:
            for generation in self._generations:
                transaction.delete(key, db=generation)
        for key in moving - altered:
            young, old = self._by_age(transaction)
            value = transaction.get(key, db=old)
            if value is not None:
                transaction.put(key, value, db=young, overwrite=False)

    def _note(self, keys: set[bytes], key: bytes) -> None:
        with self._lock:
            if len(keys) < _MOST_MOVED:
                keys.add(key)

    def _trouble(self, error: Exception) -> None:
        self._say(f"{self._path} cannot be used: {error}")
        if isinstance(error, _BEYOND_REPAIR):
            # Others may be reading, so it is not closed; the next process that opens it begins anew.
            self._environment = None
            self._remove()

    def _say(self, what: str) -> None:
        if what not in self._reported:
            self._reported.add(what)
            self._report(what)

    def _remove(self) -> None:
        for path in (self._path, self._path.with_name(f"{_FILE}-lock")):
            path.unlink(missing_ok=True)


def _store(folder: Path, most_bytes: int) -> DiskStore:
    return DiskStore(folder, most_bytes=most_bytes)


def _checksum(key: bytes, value: bytes) -> bytes:
    """Of the value and of whose it is, so that no damage gives one key another's value."""
    return zlib.crc32(value, zlib.crc32(key)).to_bytes(_CHECKSUM, "little")


def _bytes_of(transaction: Any, generation: Any) -> int:
    held = transaction.stat(generation)
    pages: int = held["branch_pages"] + held["leaf_pages"] + held["overflow_pages"]
    size: int = held["psize"]
    return pages * size
