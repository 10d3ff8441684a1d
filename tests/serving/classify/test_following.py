"""What becomes of the model that answers when the address names another one, something unsound, or nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.classify.api import create_app
from serving.classify.following import Watch
from serving.settings import Settings
from serving.testing import ADDRESS, FolderRegistry, Scene


def client_of(scene: Scene) -> TestClient:
    return TestClient(create_app(scene.slot, Settings(data=Path()), metrics=scene.metrics), base_url="http://127.0.0.1")


def test_the_model_moves_with_the_alias(scene: Scene) -> None:
    for version in ("1", "2", "1"):
        scene.promote(version)
        assert scene.served == version
    scene.look()

    assert scene.loaded == ["1", "2", "1"]
    assert scene.counted('trueshelf_models_total{outcome="served"}') == 3
    found = client_of(scene).get("/v1/model").json()
    assert found["registered"] == {"version": "1", "run_id": "run-1"}
    assert found["digest"].startswith(found["version"])
    assert (found["source"], found["card"], found["refused"]) == ("registry", "# Version 1", None)
    assert found["followed"] == {"address": ADDRESS, "seconds": 15, "away": None}


def test_since_when_a_model_serves_changes_with_the_model_only(scene: Scene) -> None:
    scene.promote("1")
    client = client_of(scene)
    since = client.get("/v1/model").json()["serving_since"]
    shutil.copytree(scene.registry.root / "1", scene.registry.root / "1-again")
    scene.promote("1-again")

    again = client.get("/v1/model").json()

    assert (again["serving_since"], again["registered"]["version"], scene.loaded) == (since, "1-again", ["1"])
    scene.promote("2")
    assert client.get("/v1/model").json()["serving_since"] > since


def raising(scene: Scene) -> None:
    scene.registry.register("bad", how="does not load")


def altered(scene: Scene) -> None:
    (scene.registry.register("bad") / "how.json").write_text('{"version": "bad", "how": "ill"}')


def cut_off(scene: Scene) -> None:
    (scene.registry.register("bad") / "bundle.json").write_text('{"format": 2')


def empty(scene: Scene) -> None:
    (scene.registry.root / "bad").mkdir()


@pytest.mark.parametrize("spoil", [raising, altered, cut_off, empty])
def test_what_is_unsound_is_refused_told_and_not_tried_again(scene: Scene, spoil: Callable[[Scene], None]) -> None:
    scene.promote("1")
    spoil(scene)
    scene.promote("bad")
    for _ in range(3):
        scene.look()

    assert scene.served == "1"
    assert scene.counted('trueshelf_models_total{outcome="refused"}') == 1
    client = client_of(scene)
    refused = client.get("/v1/model").json()["refused"]
    assert (refused["version"], refused["run_id"]) == ("bad", "run-bad")
    assert refused["why"]
    assert client.post("/v1/verdicts", json={"listing_id": "a"}).status_code == 200
    assert [kept.found.version for kept in scene.last_good.kept()] == ["1"]
    scene.promote("2")
    assert scene.served == "2"
    assert client.get("/v1/model").json()["refused"] == refused


def test_what_was_refused_is_tried_again_when_its_content_changes(scene: Scene) -> None:
    scene.promote("1")
    altered(scene)
    scene.promote("bad")
    assert scene.served == "1"
    shutil.rmtree(scene.registry.root / "bad")
    scene.registry.register("bad")

    scene.look()

    assert scene.served == "bad"


def test_content_that_is_spoilt_where_it_lies_does_not_reach_what_is_served(scene: Scene) -> None:
    scene.promote("1")
    (scene.registry.root / "1" / "how.json").write_text("{}")

    scene.look()

    assert scene.served == "1"
    assert scene.slot.refused is not None
    assert "was altered" in scene.slot.refused.why
    assert len(scene.last_good.kept()) == 1


def test_a_registry_that_is_away_stops_nothing_and_is_followed_when_it_is_back(scene: Scene) -> None:
    scene.promote("1")
    scene.registry.away = True
    scene.promote("2")
    client = client_of(scene)

    assert scene.served == "1"
    assert client.get("/v1/model").json()["followed"]["away"] == "the registry is down"
    assert client.get("/readyz").json()["registry_away"] == "the registry is down"
    assert client.post("/v1/verdicts", json={"listing_id": "a"}).status_code == 200
    assert scene.counted("trueshelf_registry_away") == 1

    scene.registry.away = False
    scene.look()

    assert scene.served == "2"
    assert client.get("/readyz").json()["registry_away"] is None
    assert scene.counted("trueshelf_registry_away") == 0


def test_a_service_that_starts_while_the_registry_is_away_serves_what_was_good_last(
    scene: Scene, registry: FolderRegistry, tmp_path: Path
) -> None:
    scene.promote("1")
    scene.promote("2")
    registry.away = True
    later = Scene(registry, tmp_path / "data")
    later.look()

    assert later.served == "2"
    ready = client_of(later).get("/readyz").json()
    assert (ready["source"], ready["registry_away"]) == ("last good", "the registry is down")

    registry.away = False
    later.look()
    assert later.loaded == ["2"]  # it is the one that the registry names, and no other is loaded
    assert client_of(later).get("/v1/model").json()["source"] == "registry"
    later.promote("3")
    assert later.served == "3"


def test_a_service_that_starts_while_the_champion_is_unsound_serves_what_was_good_last(
    scene: Scene, registry: FolderRegistry, tmp_path: Path
) -> None:
    scene.promote("1")
    raising(scene)
    scene.promote("bad")
    later = Scene(registry, tmp_path / "data")
    later.look()

    assert later.served == "1"
    assert later.slot.refused is not None
    assert client_of(later).get("/v1/model").json()["source"] == "last good"


def test_where_nothing_was_good_the_service_waits_for_something_that_is(scene: Scene) -> None:
    scene.registry.away = True
    scene.look()
    client = client_of(scene)

    assert client.get("/readyz").json()["detail"] == "there is no model: the registry is down"
    scene.registry.away = False
    scene.look()
    assert "no version has that name" in client.get("/readyz").json()["detail"]
    raising(scene)
    scene.promote("bad")
    assert "is version bad, which was refused: does not load" in client.get("/readyz").json()["detail"]
    scene.promote("1")
    assert client.get("/readyz").status_code == 200


def test_an_alias_that_is_taken_away_leaves_the_model_in_place(scene: Scene) -> None:
    scene.promote("1")
    scene.registry.aliases.clear()
    scene.look()

    assert scene.served == "1"
    assert client_of(scene).get("/readyz").json()["registry_away"].endswith("no version has that name")


def test_a_disk_that_takes_nothing_stops_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.promote("1")

    def full() -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scene.last_good, "incoming", full)
    scene.promote("2")

    assert scene.served == "1"
    assert "No space left on device" in str(scene.slot.away)


def test_a_watch_looks_until_it_is_stopped() -> None:
    looks: list[str] = []

    def look() -> None:
        looks.append("look")
        if len(looks) == 3:
            watch.stop()

    watch = Watch(look, seconds=0.001, first=lambda: looks.append("first"))
    watch.start()
    watch.join()

    assert looks == ["first", "look", "look"]
