"""Takes what the followed address names into the slot that answers, and keeps what was good."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from serving.classify.following import Follower, Load, Watch
from serving.classify.last_good import Kept, LastGood
from serving.classify.metrics import Metrics
from serving.classify.mlflow_registry import MlflowRegistry
from serving.classify.model import Followed, ModelSlot, Refusal, ServedModel, Source, keep_from_collector, load_model
from serving.classify.prompt import Prompt
from serving.classify.registry import Registered, bundle_at, is_address
from serving.classify.remembering import Memory
from serving.settings import Settings

log = logging.getLogger(__name__)


class Champion:
    """The taker of the model that answers."""

    def __init__(self, slot: ModelSlot, last_good: LastGood, metrics: Metrics, *, address: str, load: Load) -> None:
        self._slot = slot
        self._last_good = last_good
        self._metrics = metrics
        self._address = address
        self._load = load

    @property
    def model(self) -> ServedModel | None:
        return self._slot.model

    def incoming(self) -> Path:
        return self._last_good.incoming()

    def take(self, model: ServedModel, found: Registered, bundle: Path) -> None:
        swapped = self.model is None or self.model.digest != model.digest
        self._slot.put(model, Source.REGISTRY)
        if swapped:
            self._metrics.model_met("served")
            keep_from_collector()
        try:
            self._last_good.keep(Kept(self._address, found, bundle))
        except OSError as error:  # it is served all the same
            log.error("the bundle cannot be kept", extra={"fields": {"why": str(error)}})

    def refuse(self, found: Registered, error: Exception) -> None:
        self._slot.refused = Refusal(found, str(error) or type(error).__name__, datetime.now(UTC))
        self._metrics.model_met("refused")
        fields = {"registered": found.version, "run": found.run_id, "why": str(error), "error": type(error).__name__}
        log.error("model refused", extra={"fields": fields})
        self._make_do(f"{self._address} is version {found.version}, which was refused: {error}")

    def absent(self, address: str) -> None:
        self.away(f"{address} cannot be found: no version has that name")

    def away(self, why: str | None) -> None:
        if why != self._slot.away:
            log.warning("the registry " + ("answers" if why is None else "is away"), extra={"fields": {"why": why}})
        self._slot.away = why
        self._metrics.registry_away(why is not None)
        if why is not None:
            self._make_do(why)

    def _make_do(self, why: str) -> None:
        """Where nothing is served yet, serve what was good last."""
        if self.model is not None:
            return
        for kept in self._last_good.kept():
            if kept.address == self._address and self._served(kept):
                return
        self._slot.fail(why)

    def _served(self, kept: Kept) -> bool:
        try:
            self._slot.put(replace(self._load(kept.bundle), registered=kept.found), Source.LAST_GOOD)
        except Exception as error:  # there may be an older one
            fields = {"registered": kept.found.version, "why": str(error), "error": type(error).__name__}
            log.error("the last good bundle cannot be served", extra={"fields": fields})
            return False
        keep_from_collector()
        return True


def follow_champion(slot: ModelSlot, settings: Settings, metrics: Metrics, memory: Memory | None) -> Watch:
    """What fills the slot with the model that the settings name, and keeps it up with the address where it is one."""
    load = partial(load_model, precision=settings.precision, threads=settings.threads, memory=memory)
    if not is_address(settings.model):

        def fill() -> None:
            slot.fill(lambda: load(bundle_at(settings.model)))
            keep_from_collector()

        return Watch(fill, seconds=0)
    slot.followed = Followed(settings.model, settings.follow)
    registry = MlflowRegistry(settings.tracking_uri)
    champion = Champion(slot, LastGood.of(settings), metrics, address=settings.model, load=load)
    follower = Follower(settings.model, Prompt(registry), champion, load=load)
    return Watch(follower.look, seconds=settings.follow, first=registry.prepare)
