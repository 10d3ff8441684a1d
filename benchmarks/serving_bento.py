"""The same model under BentoML's own batching: `bentoml serve benchmarks.serving_bento:Batchable`."""

from typing import Any

import bentoml

from benchmarks.serving_peers import AT_ONCE, PATIENCE, judged, lanes, load


@bentoml.service(workers=lanes(), traffic={"timeout": PATIENCE})
class Batchable:
    """A worker for each lane; the most that a request may wait is set so high that none is dropped."""

    def __init__(self) -> None:
        self.bundle = load()

    @bentoml.api(batchable=True, max_batch_size=AT_ONCE, max_latency_ms=PATIENCE * 1000)  # type: ignore[untyped-decorator]
    def judge(self, listings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the model says of each listing."""
        return judged(self.bundle.predict, listings)
