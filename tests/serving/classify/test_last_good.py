from pathlib import Path

import pytest

from serving.classify.last_good import MOST
from serving.testing import FolderRegistry, Scene


def test_no_more_is_kept_than_the_last_two_whatever_was_served_or_refused(scene: Scene, tmp_path: Path) -> None:
    scene.registry.register("bad", how="ill")
    for version in ("1", "2", "bad", "3", "4", "bad", "5"):
        scene.promote(version)

    assert [kept.found.version for kept in scene.last_good.kept()] == ["5", "4"]
    assert len(list((tmp_path / "data" / "last-good").glob("bundle-*"))) == MOST


def test_where_the_newest_has_suffered_the_one_before_is_served(
    scene: Scene, registry: FolderRegistry, tmp_path: Path
) -> None:
    scene.promote("1")
    scene.promote("2")
    (scene.last_good.kept()[0].bundle / "how.json").write_text("{}")
    registry.away = True
    later = Scene(registry, tmp_path / "data")
    later.look()

    assert later.served == "1"


@pytest.mark.parametrize("content", ["", "[{}]", '{"a": 1}', "[1]", "\x00"])
def test_a_damaged_index_counts_as_none_and_is_written_anew(scene: Scene, tmp_path: Path, content: str) -> None:
    scene.promote("1")
    (tmp_path / "data" / "last-good" / "index.json").write_text(content)

    assert scene.last_good.kept() == []
    scene.promote("2")
    assert [kept.found.version for kept in scene.last_good.kept()] == ["2"]


def test_what_a_crash_left_is_removed_with_the_next_that_is_kept(scene: Scene) -> None:
    left = scene.last_good.incoming()
    scene.promote("1")

    assert not left.exists()
