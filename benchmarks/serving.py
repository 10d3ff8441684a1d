"""What the service makes of the machine: beside the model without a server, beside other servers, and overloaded.

    python -m benchmarks.serving [--bundle DIR] [--dataset DIR] [--json] [--quick]

By default the champion judges the test split of `datasets/market`; where there is no champion, a small model is trained
on a small market first. Everything runs here and takes turns, so that what else the machine does hits all alike. Where
other programs are busy, whoever has the most threads gets the most of the machine: then only processor times compare.
"""

import argparse
import json
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from benchmarks.serving_memory import rescored
from benchmarks.serving_spans import model_share, spans
from benchmarks.serving_stages import alone, in_the_open, overload, throughput
from benchmarks.serving_systems import OURS, PEERS, bare, running
from benchmarks.serving_table import table
from serving.classify.model import load_model
from serving.settings import Settings as ServingSettings
from training.registry import resolve
from training.settings import Settings, silence
from training.testing import small_bundle, small_market
from trueshelf.client.offers import document_of
from trueshelf.listings import Dataset, Split
from trueshelf.models.bundle import Bundle

CHAMPION: Final = "models:/listing-risk@champion"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        rounds: in which everything that is compared has its turn.
        seconds: of a turn.
        alone: requests, one at a time.
    """

    listings: int
    rounds: int
    seconds: float
    alone: int
    open_seconds: float
    overload_seconds: float


FULL: Final = Size(listings=256, rounds=5, seconds=20, alone=100, open_seconds=90, overload_seconds=60)
QUICK: Final = Size(listings=96, rounds=3, seconds=5, alone=24, open_seconds=20, overload_seconds=10)


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="a bundle's folder, instead of the champion")
    parser.add_argument("--dataset", type=Path, default=Path("datasets/market"), help="whose test listings are judged")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="a few seconds of everything")
    arguments = parser.parse_args()
    silence()
    with TemporaryDirectory() as scratch:
        bundle, dataset, which = asked_about(arguments, Path(scratch))
        busy, own, started = _processor_seconds(), _own_seconds(), time.perf_counter()
        found = measure(bundle, dataset, Path(scratch), QUICK if arguments.quick else FULL)
        seconds = time.perf_counter() - started
        others = (_processor_seconds() - busy - (_own_seconds() - own)) / seconds
    found |= {"others_processors": others}
    found = {"model": which, "quick": arguments.quick} | found
    sys.stdout.write((json.dumps(found) if arguments.json else table(found)) + "\n")


def asked_about(arguments: argparse.Namespace, scratch: Path) -> tuple[Path, Dataset, str]:
    """The bundle, the dataset and what to call the model."""
    if arguments.bundle is not None:
        return arguments.bundle, Dataset.open(arguments.dataset), f"the bundle in {arguments.bundle}"
    try:
        bundle = resolve(CHAMPION, Settings.read()).folder
    except ValueError:
        market = small_market(scratch / "market")
        bundle = small_bundle(market, run=scratch / "run", shared=scratch / "shared")
        return bundle, market, "a small one, trained for the purpose"
    return bundle, Dataset.open(arguments.dataset), "the champion"


def measure(bundle: Path, dataset: Dataset, scratch: Path, size: Size) -> dict[str, Any]:
    """Everything, stage by stage."""
    splits, lanes = dataset.splits(), os.cpu_count() or 1
    listings = list(islice((each for each in dataset.listings() if splits[each.id] is Split.TEST), size.listings))
    documents = [document_of(listing, listing.photos) for listing in listings]
    bodies = [json.dumps(each).encode() for each in documents]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(system, documents, bundle=bundle, lanes=lanes, scratch=scratch))
            for system in (OURS, *PEERS)
        ]
        ours, loops = servers[0], {}
        for name, processes, threads in (("bare, in processes", lanes, 1), ("bare, in threads", 1, lanes)):
            loop = bare(bundle, ours.bodies, processes=processes, threads=threads)
            loops[name] = stack.enter_context(loop)
        rates = throughput(loops, servers, rounds=size.rounds, seconds=size.seconds)
        single = alone(ours, Bundle.load(bundle), documents[: size.alone])
        capacity, single_ms = rates[OURS.name]["rate"], single["served_ms"]
        singles = single.pop("served_seconds")
        opened = in_the_open(ours, capacity=capacity, singles=singles, lanes=lanes, seconds=size.open_seconds)
        flooded = overload(ours, bodies[0], single_ms=single_ms, seconds=size.overload_seconds)
    again = rescored(bundle, [each for each in listings if each.photos][: size.alone], scratch)
    parts = spans(load_model(bundle), bodies[: size.alone], ServingSettings(data=scratch))
    return {
        "listings": len(listings),
        "photos": sum(len(listing.photos) for listing in listings),
        "lanes": lanes,
        "throughput": rates,
        "alone": single,
        "open": opened,
        "overload": flooded,
        "rescored": again,
        "spans_ms": parts,
        "model_share": model_share(parts),
    }


def _processor_seconds() -> float:
    """What all processors of the machine have worked so far."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def _own_seconds() -> float:
    """What this process and those that it has ended have taken so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    main()
