"""The same model behind LitServe, with its own batching and a worker for each lane.

    python -m benchmarks.serving_litserve PORT

Its workers are started anew and read their class from here, so it cannot be made where it is needed.
"""

import sys
from typing import Any

import litserve as ls

from benchmarks.serving_peers import AT_ONCE, PATIENCE, judged, lanes, load


class Judge(ls.LitAPI):  # type: ignore[misc]  # LitServe has no types
    """Calls the model with what came in together."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's signature
        self.bundle = load()

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return request

    def batch(self, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return inputs

    def predict(self, x: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return judged(self.bundle.predict, x)

    def unbatch(self, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return output

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        return output


if __name__ == "__main__":
    api = Judge(max_batch_size=AT_ONCE, batch_timeout=0.005)
    server = ls.LitServer(api, accelerator="cpu", workers_per_device=lanes(), timeout=PATIENCE)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
