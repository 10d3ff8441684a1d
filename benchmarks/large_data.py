"""How much memory training takes as the dataset grows: the same command on generated datasets of several sizes.

    python -m benchmarks.large_data [--listings 1000000] [--json] [--quick]

Listings refer to 48 photos and say one of 400 things, so that embedding costs the same at every size. Each size is
trained for one epoch with `python -m training train` in a process of its own, whose peak resident memory is measured;
the slope between the smallest and the largest is what one more listing costs.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.invented import invented
from benchmarks.processes import training
from training.settings import silence

_SHARES = (0.05, 0.2, 1.0)
_SETTINGS = ("epochs=1", "members=1", "grid=0")
_QUICK = 20_000


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=1_000_000, help="of the largest dataset")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} listings at most")
    arguments = parser.parse_args()
    silence()
    most = min(arguments.listings, _QUICK) if arguments.quick else arguments.listings
    found = measure([int(share * most) for share in _SHARES])
    sys.stdout.write((json.dumps(found) if arguments.json else table(found)) + "\n")


def measure(sizes: Sequence[int]) -> dict[str, Any]:
    """Peak memory at every size, in ascending order, and the slope from the first to the last."""
    rows = []
    with TemporaryDirectory() as scratch:
        for size in sizes:
            folder = Path(scratch) / f"invented-{size}"
            invented(folder, size)
            settings = [part for setting in _SETTINGS for part in ("--set", setting)]
            ran = training(["train", "--dataset", str(folder), "--json", *settings], data=Path(scratch))
            rows.append(
                {
                    "listings": size,
                    "peak_mb": ran.peak_mb,
                    "seconds": ran.seconds,
                    "stages": json.loads(ran.output)["seconds"],
                    "table_mb": (folder / "listings.parquet").stat().st_size / 2**20,
                }
            )
    first, last = rows[0], rows[-1]
    slope = (last["peak_mb"] - first["peak_mb"]) / (last["listings"] - first["listings"]) * 100_000
    return {"sizes": rows, "mb_per_100_000_listings": slope}


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{'listings':>10}  {'peak memory':>12}  {'seconds':>8}"]
    lines += [f"{row['listings']:>10}  {row['peak_mb']:>9.0f} MB  {row['seconds']:>8.0f}" for row in found["sizes"]]
    return "\n".join([*lines, f"{found['mb_per_100_000_listings']:.1f} MB for every 100,000 listings more"])


if __name__ == "__main__":
    main()
