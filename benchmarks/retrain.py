"""How long a retrain takes, stage by stage: with every embedding in the cache, and with none.

    python -m benchmarks.retrain [--dataset datasets/market] [--listings 20000] [--cold] [--json] [--quick]

A dataset of the size asked for is made of the one named: its listings again and again under other ids, shops and
prices, each in its own split, so that texts and photos are as varied as there and no more. `--cold` begins without a
cache; else a run over the dataset as it is fills it first. Processor seconds tell what a quiet machine would take where
this one is busy.
"""

import argparse
import json
import resource
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.processes import training
from training.data.folder import write_dataset
from training.settings import Settings, silence
from training.stopwatch import profile
from trueshelf.listings import Dataset, Listing, Money
from trueshelf.listings.tables import label_to_row, listing_to_row

_QUICK = 5000


def main() -> None:
    """Measure, and print the profile or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=Path("datasets/market"), help="a dataset folder with splits")
    parser.add_argument("--listings", type=int, default=20_000, help="to train on")
    parser.add_argument("--cold", action="store_true", help="begin without any embedding")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="of the recipe's config")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} listings and two epochs")
    arguments = parser.parse_args()
    silence()
    settings = [*arguments.set, *(["epochs=2"] if arguments.quick else [])]
    listings = min(arguments.listings, _QUICK) if arguments.quick else arguments.listings
    found = measure(Dataset.open(arguments.dataset), listings, settings, cold=arguments.cold)
    sys.stdout.write((json.dumps(found) if arguments.json else table(found)) + "\n")


def measure(dataset: Dataset, listings: int, settings: list[str], *, cold: bool) -> dict[str, Any]:
    """One retrain's seconds by stage."""
    asked = [part for setting in settings for part in ("--set", setting)]
    with TemporaryDirectory() as scratch:
        data = Path(scratch)
        repeated(dataset, data / "repeated", listings)
        if not cold:
            shared = Settings.read().work
            (data / ".trueshelf").mkdir()
            for name in ("embeddings", "encoders"):
                (shared / name).mkdir(parents=True, exist_ok=True)
                (data / ".trueshelf" / name).symlink_to(shared / name)
            quickly = ["--set", "epochs=1", "--set", "members=1"]
            training(["train", "--dataset", str(dataset.folder), "--json", *asked, *quickly], data=data)
        before = _processor_seconds()
        ran = training(["train", "--dataset", str(data / "repeated"), "--json", *asked], data=data)
        return {
            "listings": listings,
            "cold": cold,
            "seconds": ran.seconds,
            "processor_seconds": _processor_seconds() - before,
            "peak_mb": ran.peak_mb,
            "stages": json.loads(ran.output)["seconds"],
        }


def repeated(dataset: Dataset, folder: Path, listings: int) -> Dataset:
    """The dataset's listings in their order, begun anew as often as it takes to have so many."""
    splits, shops = dataset.split_table().to_pylist(), dataset.shops()
    rounds = range(-(-listings // len(splits)))
    (folder / "images").parent.mkdir(parents=True)
    (folder / "images").symlink_to((dataset.folder / "images").resolve())
    chosen = {f"{row['listing_id']}-{turn}" for row, turn in islice(_turns(splits, len(rounds)), listings)}
    return write_dataset(
        folder,
        name=dataset.name,
        card={"source": dataset.name, "licence": "as there", "made": "by a benchmark", "generated": True},
        listings=(row for row in _listings(dataset, len(rounds)) if row["listing_id"] in chosen),
        shops=({"shop_id": f"{name}-{turn}", "name": shops[name].name} for turn in rounds for name in shops),
        labels=(
            row
            for turn in rounds
            for label in dataset.labels()
            if (row := label_to_row(replace(label, listing_id=f"{label.listing_id}-{turn}")))["listing_id"] in chosen
        ),
        splits=(
            {"listing_id": name, "split": row["split"], "reason": None}
            for row, turn in _turns(splits, len(rounds))
            if (name := f"{row['listing_id']}-{turn}") in chosen
        ),
        rates=dataset.rates,
    )


def table(found: Mapping[str, Any]) -> str:
    """The profile for people."""
    how = "without any embedding" if found["cold"] else "with every embedding in the cache"
    return (
        f"{found['listings']} listings, {how}: {found['seconds']:.0f} s, of which processors were busy for "
        f"{found['processor_seconds']:.0f} s; peak memory {found['peak_mb']:.0f} MB\n\n{profile(found['stages'])}"
    )


def _turns(rows: list[dict[str, str]], turns: int) -> Iterator[tuple[dict[str, str], int]]:
    return ((row, turn) for turn in range(turns) for row in rows)


def _listings(dataset: Dataset, turns: int) -> Iterator[dict[str, Any]]:
    numbers = count()
    for turn in range(turns):
        for listing in dataset.listings():
            photos = [str(Path(photo.source).relative_to(dataset.folder)) for photo in listing.photos]  # type: ignore[arg-type]
            yield listing_to_row(_again(listing, turn, next(numbers)), photos=photos)


def _again(listing: Listing, turn: int, number: int) -> Listing:
    """The listing under another id, of another shop, at another price."""
    price = listing.price and Money(round(listing.price.amount * (1 + number % 7 / 100), 2), listing.price.currency)
    shop = listing.shop_id and f"{listing.shop_id}-{turn}"
    return replace(listing, id=f"{listing.id}-{turn}", shop_id=shop, price=price)


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
