"""How much memory each step takes as the dataset grows: the same commands on generated datasets of several sizes.

    python -m benchmarks.large_data [--listings 1000000] [--without train] [--json] [--quick]

Listings refer to 48 photos and say one of 400 things, so that embedding costs the same at every size. Each step runs in
a process of its own, whose peak resident memory is measured; the slope between the smallest and the largest size is
what more listings cost. Training is of one epoch, scoring by a fake model.
Distinct texts and photos cost more: see decision 17.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.processes import Ran, run, training

STEPS = ("write", "check", "split", "import", "read", "score", "train")

_SHARES = (0.25, 0.5, 1.0)
_SETTINGS = ("epochs=1", "members=1", "grid=0")
_QUICK = 20_000


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=1_000_000, help="of the largest dataset")
    parser.add_argument("--without", action="append", default=[], choices=STEPS[1:], help="a step that is left out")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} listings at most")
    arguments = parser.parse_args()
    most = min(arguments.listings, _QUICK) if arguments.quick else arguments.listings
    steps = [step for step in STEPS if step not in arguments.without]
    found = measure([int(share * most) for share in _SHARES], steps)
    sys.stdout.write((json.dumps(found) if arguments.json else table(found)) + "\n")


def measure(sizes: Sequence[int], steps: Sequence[str]) -> dict[str, Any]:
    """Peak memory of every step at every size, in ascending order, and the slope from the first to the last."""
    rows = [row for size in sizes for row in _measured(size, steps)]
    peaks = {step: {row["listings"]: row["peak_mb"] for row in rows if row["step"] == step} for step in steps}
    slopes = {step: (of[sizes[-1]] - of[sizes[0]]) / (sizes[-1] - sizes[0]) * 100_000 for step, of in peaks.items()}
    return {"steps": rows, "mb_per_100_000_listings": slopes}


def _measured(size: int, steps: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    with TemporaryDirectory() as scratch:
        for step in steps:
            ran = _ran(step, Path(scratch) / f"invented-{size}", size)
            found.append({"step": step, "listings": size, "peak_mb": ran.peak_mb, "seconds": ran.seconds})
            print(f"{size} listings: {step}: {ran.peak_mb:.0f} MB, {ran.seconds:.0f} s", file=sys.stderr)
    return found


def _ran(step: str, folder: Path, size: int) -> Ran:
    match step:
        case "check":
            # 1: the few texts are in all parts, so that leaks are found
            return training(["dataset", "check", str(folder), "--json"], data=folder.parent, good=(0, 1))
        case "import":
            _stage("table", folder, size)
            images = ["--images", str(folder), "--currency", "USD"]
            out = ["--out", str(folder.with_name("imported"))]
            return training(["dataset", "import", str(folder.with_suffix(".csv")), *images, *out], data=folder.parent)
        case "train":
            settings = [part for setting in _SETTINGS for part in ("--set", setting)]
            return training(["train", "--dataset", str(folder), "--json", *settings], data=folder.parent)
        case _:
            return _stage(step, folder, size)


def _stage(stage: str, folder: Path, size: int) -> Ran:
    return run([sys.executable, "-m", "benchmarks.large_stages", stage, str(folder), str(size)], environment=os.environ)


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    sizes = list(dict.fromkeys(row["listings"] for row in found["steps"]))
    peaks = {(row["step"], row["listings"]): row["peak_mb"] for row in found["steps"]}
    lines = [f"{'peak memory in MB':<20}" + "".join(f"{size:>10}" for size in sizes) + f"{'for 100,000 more':>20}"]
    for step, slope in found["mb_per_100_000_listings"].items():
        lines.append(f"{step:<20}" + "".join(f"{peaks[step, size]:>10.0f}" for size in sizes) + f"{slope:>20.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
