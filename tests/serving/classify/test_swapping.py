"""Twenty swaps of real bundles under load: nobody notices but by the version that answers."""

import gc
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from onnxruntime import InferenceSession

from serving.classify.api import create_app
from serving.classify.champion import follow_champion
from serving.classify.metrics import Metrics
from serving.classify.model import ModelSlot, ServedModel, load_model
from serving.settings import Settings
from training.registry import log_bundle
from training.settings import MODEL_NAME
from training.settings import Settings as TrainingSettings
from training.store import connect, experiment
from trueshelf.client.offers import document_of
from trueshelf.listings import Dataset, Listing
from trueshelf.models import Verdict
from trueshelf.testing import recalibrated

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("bundle"),
    pytest.mark.filterwarnings("ignore"),
]  # of MLflow itself

SWAPS = 20
CALLERS = 3
PAUSE = 0.05
"""Seconds between a caller's requests, so that loading comes to its turn on any machine."""


class Promotions:
    """The registry, in which two bundles are the champion in turn."""

    def __init__(self, data: Path, bundles: list[Path]) -> None:
        settings = TrainingSettings(data)
        self._client = connect(settings)
        import mlflow

        self._versions = []
        for bundle in bundles:
            with mlflow.start_run(experiment_id=experiment(self._client, settings)):
                self._versions.append(log_bundle(bundle))

    def promote(self, number: int) -> str:
        version = self._versions[number % len(self._versions)]
        self._client.set_registered_model_alias(MODEL_NAME, "champion", version)
        return version


@pytest.fixture(scope="module")
def bundles(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return [recalibrated(bundle_folder, folder / f"{offset}", offset=offset) for offset in (0.0, 0.5)]


def test_no_request_fails_and_every_verdict_is_of_the_version_that_it_names(
    bundles: list[Path], market: Dataset, run_app: Callable[..., AbstractContextManager[int]], tmp_path: Path
) -> None:
    gc.collect()
    others_networks = loaded_sessions()  # those of other tests, which may go meanwhile
    first, *others = list(market.listings())[:4]
    listings = [first, *(replace(listing, photos=()) for listing in others)]
    right = {model.version: expected(model, listings) for model in map(load_model, bundles)}
    one_bundles = sessions_of(bundles[0])
    promotions = Promotions(tmp_path, bundles)
    promotions.promote(0)
    settings = Settings(data=tmp_path, follow=0, lanes=2)
    slot, metrics = ModelSlot(), Metrics(routes=())
    watch = follow_champion(slot, settings, metrics, None)
    watch.look()
    over, versions = threading.Event(), []
    with (
        run_app(create_app(slot, settings, metrics=metrics)) as port,
        ThreadPoolExecutor(CALLERS) as callers,
    ):
        asking = [callers.submit(keep_asking, port, listings, over) for _ in range(CALLERS)]
        try:
            for number in range(1, SWAPS + 1):
                version = promotions.promote(number)
                watch.look()
                versions.append(model_at(port)["registered"]["version"] == version)
        finally:
            over.set()
        answers = [answer for caller in asking for answer in caller.result()]

    assert versions == [True] * SWAPS
    assert [content for status, content in answers if status != 200] == []
    assert {content["model"]["version"] for _, content in answers} == right.keys()
    for _, content in answers:
        assert len(content["results"]) == len(listings)
        for result in content["results"]:
            assert probabilities(result) == right[content["model"]["version"]][result["listing_id"]]
    assert f'trueshelf_models_total{{outcome="served"}} {SWAPS + 1}.0' in metrics.exposition().decode()
    assert 0 < loaded_sessions() <= others_networks + one_bundles


def keep_asking(port: int, listings: Sequence[Listing], over: threading.Event) -> list[tuple[int, dict[str, Any]]]:
    """All answers to a request that is sent again and again."""
    body = json.dumps({"listings": [document_of(listing, listing.photos) for listing in listings]}).encode()
    answers = []
    while not over.wait(PAUSE):
        answers.append(asked(port, "POST", "/v1/verdicts", body))
    return answers


def model_at(port: int) -> dict[str, Any]:
    return asked(port, "GET", "/v1/model")[1]


def asked(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    """The answer to one request, sent once: what a client that tries again would hide is seen."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def expected(model: ServedModel, listings: Sequence[Listing]) -> dict[str, dict[str, float]]:
    """The probabilities that a model gives by itself."""
    return {
        answer.listing_id: {head.value: verdict.probability for head, verdict in answer.heads.items()}
        for answer in model.predict(listings)
        if isinstance(answer, Verdict)
    }


def probabilities(result: dict[str, Any]) -> dict[str, float]:
    return {head: answer["probability"] for head, answer in result["verdict"]["heads"].items()}


def sessions_of(bundle: Path) -> int:
    """How many networks a loaded bundle holds."""
    before = loaded_sessions()
    model = load_model(bundle)
    found = loaded_sessions() - before
    del model
    return found


def loaded_sessions() -> int:
    """The networks in memory, without any help of the garbage collector."""
    gc.unfreeze()  # what is frozen is not listed
    return sum(type(each) is InferenceSession for each in gc.get_objects())  # asking some objects for more warns
