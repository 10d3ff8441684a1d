import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.classify.api import create_app
from serving.classify.model import ModelSlot, Predict, ServedModel
from serving.settings import Settings
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict
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
    }
