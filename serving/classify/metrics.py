"""What `/metrics` tells Prometheus.

Labels come from fixed sets, so that nobody can fill the memory by asking for odd paths.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from serving.classify.judging import Answer
from trueshelf.models import Verdict

OTHER = "other"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts of requests and of answers.

    Args:
        routes: the paths that have a count of their own; all others share one.
        folder: where the processes of one service put their counts together; None where there is one process.
    """

    def __init__(self, *, routes: Iterable[str], folder: Path | None = None) -> None:
        self._routes = frozenset(routes)
        self._folder = folder
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("trueshelf_requests", "Answered requests.", ("route", "status"), registry=registry)
        self._seconds = Histogram(
            "trueshelf_request_seconds", "From request to answer.", ("route",), buckets=_SECONDS, registry=registry
        )
        self._running = Gauge(
            "trueshelf_requests_running", "Requests being answered.", registry=registry, multiprocess_mode="livesum"
        )
        self._verdicts = Counter("trueshelf_verdicts", "Judged listings by action.", ("action",), registry=registry)
        self._errors = Counter("trueshelf_listing_errors", "Listings without a verdict.", registry=registry)
        self._lookups = Counter(
            "trueshelf_cache_lookups",
            "Looks at what is remembered, by what it is and by whether it was there.",
            ("cache", "result"),
            registry=registry,
        )
        self._models = Counter(
            "trueshelf_models",
            "Models that the followed address named, by what became of them.",
            ("outcome",),
            registry=registry,
        )
        self._shadow = Counter(
            "trueshelf_shadow", "Listings for the challenger, by what became of them.", ("outcome",), registry=registry
        )
        self._away = Gauge(
            "trueshelf_registry_away",
            "1 while the registry cannot be asked.",
            registry=registry,
            multiprocess_mode="livemax",
        )

    def started(self) -> None:
        self._running.inc()

    def finished(self, path: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        route = path if path in self._routes else OTHER
        self._running.dec()
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answered(self, answers: Iterable[Answer]) -> None:
        """Count what became of listings."""
        for answer in answers:
            if isinstance(answer, Verdict):
                self._verdicts.labels(answer.action.value).inc()
            else:
                self._errors.inc()

    def looked_up(self, cache: str, found: bool) -> None:
        """Count a look at what is remembered; `cache` is one of a few names."""
        self._lookups.labels(cache, "hit" if found else "miss").inc()

    def model_met(self, outcome: Literal["served", "refused"]) -> None:
        """Count a model that the followed address named."""
        self._models.labels(outcome).inc()

    def registry_away(self, away: bool) -> None:
        self._away.set(away)

    def shadowed(self, outcome: str) -> None:
        """Count a listing for the challenger; `outcome` is one of a few names."""
        self._shadow.labels(outcome).inc()

    def exposition(self) -> bytes:
        """All counts in Prometheus' text format, those of the service's other processes included."""
        if self._folder is None:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(registry)
