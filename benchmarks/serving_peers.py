"""The same model behind FastAPI: one call of it for each request, in Starlette's threads.

    python -m benchmarks.serving_peers PORT

What the other peers share with it is here too. `BENCHMARK_BUNDLE` names the bundle, `BENCHMARK_LANES` how many workers
there may be.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from serving.classify.model import Predict
from serving.classify.wire import listing_from, photo_from_base64, result_of
from trueshelf.listings import Listing
from trueshelf.models.bundle import Bundle

BUNDLE: Final = "BENCHMARK_BUNDLE"
LANES: Final = "BENCHMARK_LANES"
AT_ONCE: Final = 8
PATIENCE: Final = 600


def load() -> Bundle:
    """The bundle that the environment names, on one thread."""
    return Bundle.load(Path(os.environ[BUNDLE]))


def lanes() -> int:
    """How many workers there may be."""
    return int(os.environ[LANES])


def listing_of(document: Mapping[str, Any]) -> Listing:
    """The listing of a request.

    Raises:
        ValueError: it is no valid one.
    """
    listing = listing_from(document, read_photo=photo_from_base64)
    if not isinstance(listing, Listing):
        raise ValueError(f"{listing.field}: {listing.message}")
    return listing


def judged(predict: Predict, documents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the model says of each, as JSON has it."""
    answers = predict([listing_of(document) for document in documents])
    return [result_of(answer).model_dump(mode="json") for answer in answers]


def main() -> None:
    """Serve with FastAPI."""
    import uvicorn
    from fastapi import Body, FastAPI

    bundle, app = load(), FastAPI()

    @app.post("/predict")
    def predict(document: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008 - FastAPI's own way
        return judged(bundle.predict, [document])[0]

    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
