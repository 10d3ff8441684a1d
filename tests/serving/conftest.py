import base64
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from serving.classify.api import create_app
from serving.classify.model import ModelSlot, Predict, ServedModel
from serving.settings import Settings
from trueshelf.client import Client
from trueshelf.listings import Head, Listing
from trueshelf.models import ItemError, Prevalence, Verdict
from trueshelf.testing import FakePredictor, make_photo

ServedBy = Callable[[Predict], ServedModel]
RunApp = Callable[..., AbstractContextManager[int]]


@pytest.fixture(scope="session")
def served_by() -> ServedBy:
    """Makes a model of anything that predicts."""

    def served(predict: Predict) -> ServedModel:
        return ServedModel(
            name="fake",
            digest="1",
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
    return TestClient(create_app(ModelSlot(model), Settings(data=Path())), base_url="http://127.0.0.1")


@pytest.fixture(scope="session")
def stumbling_client(served_by: ServedBy) -> TestClient:
    """The API with a model that fails on listings titled "stumble"."""

    def predict(listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        if any(listing.title == "stumble" for listing in listings):
            raise RuntimeError("stumbled over secret-title")
        return FakePredictor().predict(listings)

    return TestClient(create_app(ModelSlot(served_by(predict)), Settings(data=Path())), base_url="http://127.0.0.1")


@pytest.fixture(scope="module")
def running_slot(model: ServedModel) -> ModelSlot:
    return ModelSlot(model)


@contextmanager
def running_app(app: ASGIApp, **options: Any) -> Iterator[int]:
    """An app on a real socket; its port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    yield port
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def run_app() -> RunApp:
    return running_app


@pytest.fixture(scope="module")
def port(running_slot: ModelSlot) -> Iterator[int]:
    """Where the API with a fake model is."""
    with running_app(create_app(running_slot, Settings(data=Path()))) as found:
        yield found


@pytest.fixture(scope="module")
def running(port: int) -> Iterator[Client]:
    """A client of the API with a fake model."""
    with Client(f"http://127.0.0.1:{port}") as client:
        yield client


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
