"""Takes what the alias `challenger` names into the shadow of the model that answers."""

import logging
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from serving.classify.apart import ModelApart
from serving.classify.following import Follower, Watch
from serving.classify.mlflow_registry import MlflowRegistry
from serving.classify.model import Refusal, ServedModel
from serving.classify.prompt import Prompt
from serving.classify.registry import Registered, challenger_of, is_address
from serving.classify.shadow import Judge, Shadow
from serving.settings import Settings

log = logging.getLogger(__name__)


class Challenger:
    """The taker of the model in the shadow. Bundles lie in a folder until they are loaded."""

    def __init__(self, shadow: Shadow, folder: Path, *, precision: str) -> None:
        self._shadow = shadow
        self._folder = folder
        self._precision = precision
        self._loaded: Judge | None = None
        shutil.rmtree(folder, ignore_errors=True)  # what a crash has left

    @property
    def model(self) -> ServedModel | None:
        return self._shadow.challenger

    def load(self, bundle: Path) -> ServedModel:
        """Load a bundle in a process of its own, which goes into the shadow when it is taken."""
        self._loaded = ModelApart(bundle, precision=self._precision)
        return self._loaded.model

    def incoming(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="bundle-", dir=self._folder))

    def take(self, model: ServedModel, found: Registered, bundle: Path) -> None:  # noqa: ARG002
        shutil.rmtree(self._folder, ignore_errors=True)
        self._shadow.registered = found
        if self._loaded is None:  # another version of the same bundle
            return
        self._shadow.put(self._loaded)
        self._loaded = None
        log.info("challenger taken", extra={"fields": {"version": model.version, "registered": found.version}})

    def refuse(self, found: Registered, error: Exception) -> None:
        self._shadow.put(None)
        self._shadow.refused = Refusal(found, str(error) or type(error).__name__, datetime.now(UTC))
        log.error("challenger refused", extra={"fields": {"registered": found.version, "why": str(error)}})

    def absent(self, address: str) -> None:
        if self.model is not None:
            log.info("no challenger any more", extra={"fields": {"address": address}})
        self._shadow.put(None)

    def away(self, why: str | None) -> None:
        """The champion's taker tells that; the challenger is kept."""


def follow_challenger(shadow: Shadow, settings: Settings) -> Watch | None:
    """What keeps the shadow up with the alias `challenger`; None where there is no registry or no share for it."""
    if not is_address(settings.model) or not settings.shadow:
        return None
    registry = MlflowRegistry(settings.tracking_uri)
    challenger = Challenger(shadow, settings.service_folder / "challenger", precision=settings.precision)
    follower = Follower(challenger_of(settings.model), Prompt(registry), challenger, load=challenger.load)
    return Watch(follower.look, seconds=settings.follow, first=registry.prepare)
