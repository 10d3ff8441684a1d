import errno
import multiprocessing
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from trueshelf.models.disk_store import LEAST_BYTES, DiskStore

SPAWN = multiprocessing.get_context("spawn")
VALUE = bytes(10_000)


def file_of(folder: Path) -> Path:
    (path,) = folder.glob("*.mdb")
    return path


def test_values_survive_a_restart(tmp_path: Path) -> None:
    with DiskStore(tmp_path) as store:
        store.put({"a": b"one", "empty": b""})
    with DiskStore(tmp_path) as store:
        assert (store.get("a"), store.get("empty"), store.get("b")) == (b"one", b"", None)


def test_the_first_value_of_a_key_stays(tmp_path: Path) -> None:
    with DiskStore(tmp_path) as store:
        store.put({"a": b"one"})
        store.put({"a": b"two"})
        assert store.get("a") == b"one"


def test_the_file_stays_within_its_bound_and_the_newest_values_in_it(tmp_path: Path) -> None:
    with DiskStore(tmp_path, most_bytes=LEAST_BYTES) as store:
        for number in range(1000):
            store.put({str(number): VALUE})
        assert store.get("0") is None
        assert store.get("999") == VALUE
    assert file_of(tmp_path).stat().st_size <= LEAST_BYTES


def test_what_is_used_outlives_what_is_not(tmp_path: Path) -> None:
    with DiskStore(tmp_path, most_bytes=LEAST_BYTES) as store:
        store.put({"used": b"yes", "unused": b"no"})
        for number in range(1000):
            assert store.get("used") == b"yes"
            store.put({str(number): VALUE})
        assert store.get("unused") is None


def test_a_value_too_large_for_the_store_is_not_kept(tmp_path: Path) -> None:
    with DiskStore(tmp_path, most_bytes=LEAST_BYTES) as store:
        store.put({"small": b"1", "large": bytes(LEAST_BYTES)})
        assert (store.get("small"), store.get("large")) == (b"1", None)


def test_a_store_that_may_take_less_than_it_does_is_begun_anew(tmp_path: Path) -> None:
    with DiskStore(tmp_path, most_bytes=8 * LEAST_BYTES) as store:
        store.put({str(number): VALUE for number in range(200)})
    with DiskStore(tmp_path, most_bytes=LEAST_BYTES) as store:
        store.put({"new": b"1"})
        assert store.get("new") == b"1"
    assert file_of(tmp_path).stat().st_size <= LEAST_BYTES


def test_too_small_a_bound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a store of 1000 bytes is too small"):
        DiskStore(tmp_path, most_bytes=1000)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no store" * 4096),
        lambda path: os.truncate(path, 3 * 4096),
        lambda path: os.truncate(path, 100),
    ],
    ids=["overwritten", "without its end", "without anything"],
)
def test_a_damaged_store_is_told_and_begun_anew(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    with DiskStore(tmp_path) as store:
        store.put({str(number): VALUE for number in range(100)})
    damage(file_of(tmp_path))
    told: list[str] = []

    with DiskStore(tmp_path, report=told.append) as store:
        assert store.get("1") is None
        store.put({"1": b"new"})
        assert store.get("1") == b"new"

    assert len(told) == 1
    assert "damaged" in told[0]


def test_an_altered_value_is_told_counts_as_absent_and_is_replaced(tmp_path: Path) -> None:
    with DiskStore(tmp_path) as store:
        store.put({"a": b"find me" * 2000, "b": b"beside"})
    path = file_of(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"find me", b"find it"))
    told: list[str] = []

    with DiskStore(tmp_path, report=told.append) as store:
        assert (store.get("a"), store.get("b")) == (None, b"beside")
        store.put({"a": b"right"})
        assert store.get("a") == b"right"

    assert len(told) == 1
    assert "altered" in told[0]


def test_a_folder_that_cannot_be_written_to_is_told_and_remembers_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told: list[str] = []

    with DiskStore(tmp_path / "file", report=told.append) as store:
        store.put({"a": b"1"})
        assert store.get("a") is None

    assert len(told) == 1


def _fill_a_small_disk(folder: Path, told: "multiprocessing.Queue[list[object]]") -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    said: list[object] = []
    store = DiskStore(folder, report=said.append)
    store.put({"before": b"1"})
    size = file_of(folder).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # what a full disk does, to this process alone
    for number in range(100):
        store.put({str(number): VALUE})
    told.put([store.get("before"), store.get("99"), *said])


def test_a_full_disk_is_told_once_and_what_is_there_can_still_be_read(tmp_path: Path) -> None:
    found: multiprocessing.Queue[list[object]] = SPAWN.Queue()
    process = SPAWN.Process(target=_fill_a_small_disk, args=(tmp_path, found))
    process.start()
    before, after, *told = found.get()
    process.join()

    assert (before, after) == (b"1", None)
    assert len(told) == 1
    assert os.strerror(errno.EFBIG) in str(told[0])


def _put_many(folder: Path, name: str) -> None:
    with DiskStore(folder, most_bytes=64 * LEAST_BYTES) as store:
        for number in range(200):
            store.put({f"{name}{number}": f"{name}{number}".encode()})


def test_several_processes_share_it(tmp_path: Path) -> None:
    processes = [SPAWN.Process(target=_put_many, args=(tmp_path, name)) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    with DiskStore(tmp_path, most_bytes=64 * LEAST_BYTES) as store:
        for key in (f"{name}{number}" for name in "ab" for number in range(200)):
            assert store.get(key) == key.encode()


def test_another_process_opens_it_for_itself(tmp_path: Path) -> None:
    with DiskStore(tmp_path, most_bytes=LEAST_BYTES) as store:
        store.put({"a": b"1"})
        sent = pickle.dumps(store)
    with pickle.loads(sent) as opened:  # noqa: S301 - our own
        assert opened.get("a") == b"1"
