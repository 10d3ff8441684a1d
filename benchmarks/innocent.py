"""What must not happen: photos that people took of their own things, judged as counterfeits or as of low quality.

    python -m benchmarks.innocent --photos DIR --model latest [--json] [--quick]

DIR has `labels.csv` with the columns `image`, `category` and `photographer`, and `images/`. Every photo is judged as
the one photo of an ordinary listing by a private seller. Nobody claims a brand and nobody says that the goods are
copies, so every `act` is a false action and every `review` costs somebody's time. Intervals are at 95 % by
redrawing photographers.
"""

import argparse
import csv
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.baselines import told
from training.evaluation.bootstrap import clusters, intervals
from training.evaluation.metrics import rate
from training.evaluation.table import interval_text
from training.registry import resolve
from training.settings import Settings, silence
from trueshelf.listings import Head, Listing, Money, Photo
from trueshelf.models.bundle import Bundle
from trueshelf.models.reasons import MODALITIES
from trueshelf.models.verdict import Action, Verdict

Floats = npt.NDArray[np.float64]

_AT_ONCE = 64
_QUICK = 200


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="a folder with labels.csv and images/")
    parser.add_argument("--model", default="latest", help="a version, an alias, or a bundle's folder")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help=f"the first {_QUICK} photos")
    arguments = parser.parse_args()
    silence()
    model = resolve(arguments.model, Settings.read())
    bundle = Bundle.load(model.folder, threads=os.cpu_count() or 1)
    found = measure(bundle, arguments.photos, most=_QUICK if arguments.quick else None)
    print(json.dumps(found) if arguments.json else table(found))


def measure(bundle: Bundle, photos: Path, *, most: int | None) -> dict[str, Any]:
    """Every figure of this benchmark as one object."""
    rows = innocent_rows(photos)[:most]
    verdicts: list[Verdict] = []
    for start in range(0, len(rows), _AT_ONCE):
        part = [innocent(row, photos) for row in rows[start : start + _AT_ONCE]]
        verdicts += [answer for answer in bundle.predict(part) if isinstance(answer, Verdict)]
        told("judge photos", min(start + _AT_ONCE, len(rows)), len(rows))
    by_listing = {row["image"]: row["photographer"] for row in rows}
    cluster_N = clusters([by_listing[verdict.listing_id] for verdict in verdicts])
    return {
        "photos": len(rows),
        "errors": len(rows) - len(verdicts),
        "photographers": int(cluster_N.max()) + 1,
        "heads": {head.value: _head(head, verdicts, cluster_N) for head in Head},
    }


def innocent_rows(photos: Path) -> list[dict[str, str]]:
    """The rows of `labels.csv`.

    Raises:
        ValueError: a column is missing, or there is no row.
    """
    with (photos / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for column in ("image", "category", "photographer"):
        if not rows or column not in rows[0]:
            raise ValueError(f"{photos / 'labels.csv'} has no rows with a column {column!r}")
    return rows


def innocent(row: Mapping[str, str], photos: Path) -> Listing:
    """An ordinary listing by a private seller that shows one photo."""
    path = photos / "images" / Path(row["image"]).name
    kind = row["category"]
    return Listing(
        id=row["image"],
        title=f"{kind}, second hand, good condition",
        description=f"I wore this {kind.lower()} a few times last summer and it no longer fits me. No stains or holes. "
        "It comes from a home without pets, and I send it within two days.",
        category=kind,
        price=Money(15.0, "USD"),
        photos=(Photo.of(path.read_bytes()),),
        language="en",
    )


def _head(head: Head, verdicts: Sequence[Verdict], cluster_N: npt.NDArray[np.intp]) -> dict[str, Any]:
    action_N = np.array([verdict.heads[head].action.value for verdict in verdicts])
    everything_N = np.ones(len(action_N), dtype=bool)

    def shares(weight_RN: Floats) -> Mapping[str, Floats]:
        actions = (Action.ACT.value, Action.REVIEW.value)
        return {action: rate(action_N == action, everything_N, weight_RN) for action in actions}

    probability_N = np.array([verdict.heads[head].probability for verdict in verdicts])
    reasons = Counter(
        reason.code.value
        for verdict in verdicts
        for reason in verdict.reasons
        if reason.head is head and reason.code not in MODALITIES
    )
    return {
        **{name: share.to_dict() for name, share in intervals(shares, cluster_N).items()},
        "median_probability": float(np.median(probability_N)),
        "reasons": {code: count / len(verdicts) for code, count in reasons.most_common()},
    }


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{found['photos']} photos by {found['photographers']} people, {found['errors']} not judged"]
    for head, measures in found["heads"].items():
        lines += ["", f"{head:<16}{'acted upon':>26}{'sent to review':>26}{'median probability':>22}"]
        shares = "".join(f"{interval_text(measures[name]):>26}" for name in ("act", "review"))
        lines.append(f"{'':<16}{shares}{measures['median_probability']:>22.3f}")
        lines += [f"  {code:<28}{share:>8.1%} of the photos" for code, share in measures["reasons"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
