from pathlib import Path

import numpy as np

from trueshelf.models.disk_cache import DiskCache


def test_arrays_survive_a_restart_with_their_shape(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    with DiskCache(tmp_path / "cache") as cache:
        cache.put({"a": array, "empty": np.zeros((0, 4), dtype=np.float32)})
    with DiskCache(tmp_path / "cache") as cache:
        found, empty = cache.get("a"), cache.get("empty")
        assert found is not None
        assert empty is not None
        np.testing.assert_array_equal(found, array)
        assert empty.shape == (0, 4)
        assert cache.get("b") is None


def test_the_first_array_of_a_key_stays(tmp_path: Path) -> None:
    with DiskCache(tmp_path / "cache") as cache:
        cache.put({"a": np.ones(2, dtype=np.float32)})
        cache.put({"a": np.zeros(2, dtype=np.float32)})
        found = cache.get("a")
        assert found is not None
        assert found.tolist() == [1, 1]
