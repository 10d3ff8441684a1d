import base64
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from serving.classify.api import create_app
from serving.classify.model import ModelSlot, Predict, ServedModel
from serving.client import Client
from serving.settings import Settings
from trueshelf.listings import Head, Listing
from trueshelf.models import ItemError, Prevalence, Verdict
from trueshelf.testing import FakePredictor, make_photo

ServedBy = Callable[[Predict], ServedModel]


@pytest.fixture(scope="session")
def served_by() -> ServedBy:
    """Makes a model of anything that predicts."""

    def served(predict: Predict) -> ServedModel:
        return ServedModel(
            name="fake",
            version="1",
            precision="fp32",
            card="# A fake",
            thresholds=FakePredictor.thresholds,
            prevalences={Head.COUNTERFEIT: Prevalence(0.02, stated=True), Head.LOW_QUALITY: None},
            predict=predict,
        )

    return served


@pytest.fixture(scope="session")
def model(served_by: ServedBy) -> ServedModel:
    return served_by(FakePredictor().predict)


@pytest.fixture(scope="session")
def client(model: ServedModel) -> TestClient:
    """The API with a fake model; a fault of ours would be raised, or be answered with 500."""
    return TestClient(create_app(ModelSlot(model), Settings(data=Path())))


@pytest.fixture(scope="session")
def stumbling_client(served_by: ServedBy) -> TestClient:
    """The API with a model that fails on listings titled "stumble"."""

    def predict(listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        if any(listing.title == "stumble" for listing in listings):
            raise RuntimeError("stumbled over secret-title")
        return FakePredictor().predict(listings)

    return TestClient(create_app(ModelSlot(served_by(predict)), Settings(data=Path())))


@pytest.fixture(scope="module")
def running_slot(model: ServedModel) -> ModelSlot:
    return ModelSlot(model)


@pytest.fixture(scope="module")
def running(running_slot: ModelSlot) -> Iterator[Client]:
    """The API with a fake model, on a free port."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(running_slot, Settings(data=Path())), port=0, log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Client("127.0.0.1", port)
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def photo() -> bytes:
    return make_photo(120, 90).read()


@pytest.fixture
def document(photo: bytes) -> dict[str, Any]:
    """A listing as the API takes it, with one photo."""
    return {
        "listing_id": "L-1",
        "shop_id": "S-1",
        "title": "Canvas running shoes",
        "description": "Light shoes for summer.",
        "brand": "Nike",
        "category": "shoes",
        "price": {"amount": 35.0, "currency": "USD"},
        "list_price": {"amount": 60, "currency": "USD"},
        "photos": [base64.b64encode(photo).decode()],
        "attributes": {"size": "42"},
        "listed_at": "2025-03-14T09:26:53Z",
        "language": "en",
        "shop": {
            "registered_at": "2024-01-05T00:00:00+01:00",
            "certification": "basic",
            "authorised_brands": ["Nike"],
            "listings": 12,
            "listings_30_days": 2,
            "found_counterfeit": 1,
            "found_genuine": 4,
        },
    }
