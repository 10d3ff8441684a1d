"""A challenger of flesh and blood: a real bundle in a process of its own."""

from pathlib import Path

import psutil
import pytest

from serving.classify.apart import ModelApart
from serving.classify.challenger import Challenger, follow_challenger
from serving.classify.comparisons import Comparisons
from serving.classify.following import Follower
from serving.classify.metrics import Metrics
from serving.classify.model import load_model
from serving.classify.registry import Registered
from serving.classify.shadow import Shadow
from serving.settings import Settings
from serving.testing import FolderRegistry
from trueshelf.listings import Dataset
from trueshelf.models import Verdict
from trueshelf.testing import recalibrated

ADDRESS = "models:/listing-risk@challenger"


@pytest.fixture
def shadow(tmp_path: Path) -> Shadow:
    return Shadow(Comparisons(tmp_path / "shadow.db"), Metrics(routes=()), share=1.0)


@pytest.mark.parametrize(("model", "share"), [("models:/listing-risk@champion", 0.0), ("a/folder", 0.1)])
def test_without_a_share_or_a_registry_no_challenger_is_followed(shadow: Shadow, model: str, share: float) -> None:
    assert follow_challenger(shadow, Settings(data=Path(), model=model, shadow=share)) is None


@pytest.mark.slow  # a process is started at the lowest priority
def test_a_challenger_that_is_unsound_is_refused_and_told(
    registry: FolderRegistry, shadow: Shadow, tmp_path: Path
) -> None:
    (registry.register("bad") / "how.json").write_text("{}")
    registry.aliases[ADDRESS] = "bad"
    challenger = Challenger(shadow, tmp_path / "challenger", precision="fp32")
    Follower(ADDRESS, registry, challenger, load=challenger.load).look()

    assert shadow.challenger is None
    assert shadow.refused is not None
    assert "how.json" in shadow.refused.why
    assert list((tmp_path / "challenger").iterdir()) == []


@pytest.mark.slow
@pytest.mark.xdist_group("bundle")
def test_a_real_challenger_is_compared_with_a_real_champion(
    bundle_folder: Path, market: Dataset, registry: FolderRegistry, shadow: Shadow, tmp_path: Path
) -> None:
    recalibrated(bundle_folder, registry.root / "7", offset=0.5)
    registry.aliases[ADDRESS] = "7"
    challenger = Challenger(shadow, tmp_path / "challenger", precision="fp32")
    follower = Follower(ADDRESS, registry, challenger, load=challenger.load)
    follower.look()
    champion, right = load_model(bundle_folder), load_model(registry.root / "7")
    assert shadow.challenger is not None
    assert (shadow.challenger.version, shadow.challenger.registered) == (right.version, registry.find(ADDRESS))
    assert isinstance(shadow.challenger.registered, Registered)
    assert not (tmp_path / "challenger").exists()
    (process,) = [each for each in psutil.Process().children() if each.nice() == 19]

    listings = list(market.listings())[:3]
    answers = champion.predict(listings)
    shadow.start()
    shadow.saw(listings, champion, answers, [0.1] * 3)
    shadow.settle()

    rows = Comparisons(tmp_path / "shadow.db").rows()
    assert len(rows) == 3
    for row, answer, other in zip(rows, answers, right.predict(listings), strict=True):
        assert isinstance(answer, Verdict)
        assert isinstance(other, Verdict)
        first, second = row.said
        assert second is not None
        for head in answer.heads:
            assert first[head].probability == answer.heads[head].probability
            assert second[head].probability == other.heads[head].probability
    registry.aliases.clear()
    follower.look()
    assert shadow.challenger is None
    process.wait(timeout=60)
    shadow.stop()


@pytest.mark.slow  # a process is started at the lowest priority
def test_a_bundle_that_cannot_be_loaded_apart_leaves_no_process(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bundle"):
        ModelApart(tmp_path, precision="fp32")
