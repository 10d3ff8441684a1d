"""The same listings scored by training's evaluation, by offline scoring and over HTTP: the largest difference.

    python -m benchmarks.parity --dataset datasets/market [--model models:/listing-risk@champion] [--json] [--quick]

The service is started for the purpose, on a free port, and stopped afterwards.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from training.evaluation.predictions import Predictions
from training.evaluation.run import evaluate_bundle
from training.registry import resolve
from training.settings import Settings, silence
from trueshelf.client import Client, Judged, Result
from trueshelf.listings import Dataset, Head, Split
from trueshelf.listings.tables import SHOP, context_to_row
from trueshelf.models.bundle import Bundle

PROMISED = 1e-4

Answers = Mapping[tuple[str, Head], float]


def main() -> None:
    """Measure, and print a sentence or one object; exit 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=Path("datasets/market"), help="a dataset folder with splits")
    parser.add_argument(
        "--model", default="models:/listing-risk@champion", help="a registered model or a bundle folder"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="64 listings instead of the whole test split")
    arguments = parser.parse_args()
    silence()
    bundle = resolve(arguments.model, Settings.read()).folder
    found = measure(Dataset.open(arguments.dataset), bundle, most=64 if arguments.quick else None)
    print(json.dumps(found) if arguments.json else sentence(found))
    sys.exit(0 if found["kept"] else 1)


def measure(dataset: Dataset, bundle: Path, *, most: int | None) -> dict[str, Any]:
    """Largest differences in any head's probability between the three ways."""
    evaluated = of_predictions(evaluate_bundle(Bundle.load(bundle), dataset, Split.TEST))
    splits = dataset.splits()
    chosen = [listing for listing in dataset.listings() if splits[listing.id] is Split.TEST][:most]
    ids = {listing.id for listing in chosen}
    with TemporaryDirectory() as scratch:
        offline = scored_offline(dataset, ids, bundle, Path(scratch))
    with service(bundle) as client:
        online = {
            (result.listing_id, head): result.verdict.heads[head].probability
            for result in map(judged, client.judge_all(chosen))
            for head in Head
        }
    pairs = {
        "training_offline": (evaluated, offline),
        "training_http": (evaluated, online),
        "offline_http": (offline, online),
    }
    largest = {name: max(abs(one[key] - other[key]) for key in online) for name, (one, other) in pairs.items()}
    return {
        "listings": len(chosen),
        "largest_difference": largest,
        "promised": PROMISED,
        "kept": max(largest.values()) <= PROMISED,
    }


def of_predictions(predictions: Predictions) -> Answers:
    """Probabilities by listing and head."""
    return {
        (str(listing), head): float(probability)
        for head, answers in predictions.heads.items()
        for listing, probability in zip(predictions.listing_N, answers.probability_N, strict=True)
    }


def scored_offline(dataset: Dataset, ids: set[str], bundle: Path, scratch: Path) -> Answers:
    """What `python -m serving score` answers about some of a dataset's listings."""
    table = dataset.table("listings")
    shops = [None if listing.shop is None else context_to_row(listing.shop) for listing in dataset.listings()]
    table = table.append_column(SHOP, pa.array(shops, SHOP.type))
    chosen = table.filter(pc.is_in(table["listing_id"], pa.array(sorted(ids))))
    pq.write_table(chosen, scratch / "listings.parquet")
    (scratch / "images").symlink_to((dataset.folder / "images").resolve())
    out = scratch / "verdicts.parquet"
    command = [sys.executable, "-m", "serving", "score", str(scratch / "listings.parquet"), "--out", str(out)]
    subprocess.run([*command, "--model", str(bundle)], check=True, stdout=sys.stderr)
    return {
        (row["listing_id"], head): row[f"{head.value}_probability"]
        for row in pq.read_table(out).to_pylist()
        for head in Head
    }


@contextmanager
def service(bundle: Path) -> Iterator[Client]:
    """A running service of the bundle, on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"TRUESHELF_MODEL": str(bundle), "TRUESHELF_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "serving", "serve"], env=environment, stdout=sys.stderr)
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            client.wait_until_ready(seconds=120)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=60)


def judged(result: Result) -> Judged:
    """A result that is a verdict."""
    if isinstance(result, Judged):
        return result
    raise SystemExit(f"listing {result.listing_id} has no verdict: {result.error.field}: {result.error.message}")


def sentence(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    differences = ", ".join(
        f"{name.replace('_', ' and ')} {value:.1e}" for name, value in found["largest_difference"].items()
    )
    kept = "kept" if found["kept"] else "BROKEN"
    return f"{found['listings']} listings; largest difference between {differences}; promise of {PROMISED:g} {kept}"


if __name__ == "__main__":
    main()
