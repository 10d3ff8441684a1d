"""Fakes for tests: a registry of folders, and a slot that follows it; manifests and files are really checked."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from serving.classify.champion import Champion
from serving.classify.following import Follower
from serving.classify.last_good import LastGood
from serving.classify.metrics import Metrics
from serving.classify.model import Followed, ModelSlot, ServedModel
from serving.classify.registry import Registered, RegistryAway
from trueshelf.listings import Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.encoders import ImageSpec, TextSpec, ViewSpec
from trueshelf.models.judgement import Judgement
from trueshelf.models.manifest import MANIFEST, Manifest, file_digest
from trueshelf.models.ngrams import NgramSpec
from trueshelf.models.precision import Precision
from trueshelf.testing import FakePredictor

ADDRESS = "models:/listing-risk@champion"


class FolderRegistry:
    """A registry whose versions are folders, that can be away."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.aliases: dict[str, str] = {}
        self.away = False

    def register(self, version: str, *, how: str = "well") -> Path:
        """Put a version there; `how` it behaves when it is loaded is what its one file says."""
        folder = self.root / version
        folder.mkdir(parents=True)
        (folder / "how.json").write_text(json.dumps({"version": version, "how": how}))
        files = {"how.json": file_digest(folder / "how.json")}
        (folder / MANIFEST).write_text(replace(_MANIFEST, files=files).to_json())
        return folder

    def find(self, address: str) -> Registered | None:
        if self.away:
            raise RegistryAway("the registry is down")
        version = self.aliases.get(address)
        if version is None:
            return None
        times = " ".join(str(path.stat().st_mtime_ns) for path in sorted((self.root / version).iterdir()))
        return Registered("listing-risk", version, f"run-{version}", times)

    def fetch(self, found: Registered, *, into: Path) -> Path:
        if self.away:
            raise RegistryAway("the registry went down")
        return Path(shutil.copytree(self.root / found.version, into / "bundle"))


class Scene:
    """A slot that follows a registry of folders, and how often something was loaded for it."""

    def __init__(self, registry: FolderRegistry, data: Path) -> None:
        self.registry = registry
        self.slot = ModelSlot(followed=Followed(ADDRESS, 15))
        self.metrics = Metrics(routes=())
        self.last_good = LastGood(data / "last-good")
        self.loaded: list[str] = []
        champion = Champion(self.slot, self.last_good, self.metrics, address=ADDRESS, load=self.load)
        self._follower = Follower(ADDRESS, registry, champion, load=self.load)

    def load(self, folder: Path) -> ServedModel:
        manifest = Manifest.from_json((folder / MANIFEST).read_text())
        version = json.loads((folder / "how.json").read_text())
        self.loaded.append(version["version"])
        manifest.verify(folder)
        if version["how"] != "well":
            raise RuntimeError(version["how"])
        return ServedModel(
            name="fake",
            digest=manifest.digest,
            precision="fp32",
            card=f"# Version {version['version']}",
            thresholds=FakePredictor.thresholds,
            prevalences=dict.fromkeys(Head),
            predict=FakePredictor().predict,
        )

    def look(self) -> None:
        self._follower.look()

    def promote(self, version: str) -> None:
        """Move the alias, and look."""
        self.registry.aliases[ADDRESS] = version
        self.look()

    @property
    def served(self) -> str | None:
        """The registry's version that answers."""
        model = self.slot.model
        return None if model is None or model.registered is None else model.registered.version

    def counted(self, name: str) -> float:
        return counted(self.metrics, name)


def counted(metrics: Metrics, name: str) -> float:
    """What a line of the metrics says; 0 where there is none."""
    told = metrics.exposition().decode().splitlines()
    lines = dict(line.rsplit(" ", 1) for line in told if not line.startswith("#"))
    return float(lines.get(name, 0))


_MANIFEST = Manifest(
    name="listing-risk",
    image=ImageSpec("none", 8, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 8),
    view=ViewSpec(2),
    text=TextSpec("none", 8, 8),
    ngrams=NgramSpec(),
    judgements={Precision.FP32: Judgement(dict.fromkeys(Head, Calibrator()), FakePredictor.thresholds)},
)
