"""Brand marks: how many are found and where, how well true and altered ones are told apart, and what it costs.

    python -m benchmarks.marks [--photos DIR …] [--dataset datasets/market] [--json] [--quick]

Marks are drawn on grounds made by code, those of held-out brands by networks that have never seen them (which are
trained first, if need be). `--photos` are folders of real photos, on which every find is reported; `--dataset` is a
dataset folder, on whose validation split the mark signals alone rank counterfeits. The default dataset is generated.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score

from benchmarks.baselines import told
from training.data.parts import read_parts
from training.evaluation.metrics import average_precision
from training.marks.graphs import marks_folder
from training.marks.icons import brand_icons, drawn
from training.marks.scenes import Studio, posed
from training.settings import Settings, silence
from trueshelf.listings import BrandTable, Dataset, Head, Split, decode
from trueshelf.models.marks import Box, FoundMark, MarkReader, SeenMarks
from trueshelf.models.signals.marks import SPECS, measure_marks
from trueshelf.models.signals.spec import LIMITS
from trueshelf.models.signals.writing import Writing

HELD_OUT = ("Nike", "Puma", "Sony", "JBL", "BMW", "Xiaomi", "Reebok", "Dior")
_POSED = 24
_HEAD = list(Head).index(Head.COUNTERFEIT)

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="folders of real photos")
    parser.add_argument("--dataset", type=Path, default=None, help="a dataset folder with splits")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="a fifth of the photos, no networks with brands held out")
    arguments = parser.parse_args()
    silence()
    found = measure(arguments.photos, arguments.dataset, quick=arguments.quick)
    print(json.dumps(found) if arguments.json else table(found))


def measure(folders: Sequence[Path], dataset: Path | None, *, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark as one object."""
    shared = Settings.read().work
    reader = MarkReader.open(marks_folder(shared, told))
    found: dict[str, Any] = {"seen brands": posed_marks(reader, list(brand_icons())[::4])}
    if not quick:
        unseen = MarkReader.open(marks_folder(shared, told, held_out=HELD_OUT))
        found["held-out brands"] = posed_marks(unseen, HELD_OUT)
    step = 5 if quick else 1
    found |= {str(folder): real_photos(reader, sorted(folder.rglob("*.jpg"))[::step]) for folder in folders}
    if dataset is not None:
        found["dataset"] = ranking(reader, Dataset.open(dataset), step=step)
    return found


def posed_marks(reader: MarkReader, brands: Sequence[str]) -> dict[str, float]:
    """Pictures of true and of altered marks of these brands, whose places are known."""
    icons = brand_icons()
    studio = Studio.of(torch.from_numpy(drawn([icons[brand] for brand in brands])).float()[:, None] / 255)
    overlaps, likeness, answers, named = [], [], [], []
    for number, brand in enumerate(brands):
        for altered in (False, True):
            random = torch.Generator().manual_seed(1_000 + number)
            pictures, boxes = posed(studio, number, _POSED, random, wrong=altered)
            for picture, box in zip(pictures, boxes, strict=True):
                seen = reader.seen(reader(Image.fromarray(picture)))
                best = max((overlap(mark.box, box) for mark in seen.found), default=0.0)
                own = [mark for mark in seen.found if mark.brand == brand]
                overlaps.append(best)
                named.append(bool(own))
                if own:
                    likeness.append(own[0].likeness)
                    answers.append(not altered)
    return {
        "pictures": len(overlaps),
        "found": float(np.mean(np.array(overlaps) > 0.3)),
        "found_and_named": float(np.mean(named)),
        "overlap": float(np.mean([each for each in overlaps if each > 0.3] or [0.0])),
        "true_or_altered_roc_auc": float(roc_auc_score(answers, likeness)) if len(set(answers)) == 2 else float("nan"),
    }


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / max(1e-9, one.width * one.height + other.width * other.height - shared)


def real_photos(reader: MarkReader, paths: Sequence[Path]) -> dict[str, Any]:
    """What is found in real photos, how sure of it, and how long it takes; decoding is not counted."""
    finds: list[FoundMark] = []
    seconds = []
    for seen, took in _searched(reader, paths):
        finds += seen.found
        seconds.append(took)
    brands, counts = np.unique([mark.brand for mark in finds], return_counts=True)
    return {
        "photos": len(paths),
        "finds_per_photo": len(finds) / max(1, len(paths)),
        "sure_finds_per_photo": sum(mark.score >= 0.9 for mark in finds) / max(1, len(paths)),
        "median_ms": 1e3 * float(np.median(seconds)),
        "commonest": {brand: int(count) for count, brand in sorted(zip(counts, brands, strict=True))[::-1][:5]},
    }


def _searched(reader: MarkReader, paths: Sequence[Path]) -> Iterator[tuple[SeenMarks, float]]:
    for path in paths:
        image = decode(path.read_bytes(), shortest=448).image
        start = time.perf_counter()
        found_FX = reader(image)
        yield reader.seen(found_FX), time.perf_counter() - start


def ranking(reader: MarkReader, dataset: Dataset, *, step: int) -> dict[str, Any]:
    """How far mark signals alone rank counterfeits of the validation split, and how often each reason is given."""
    part, brands = read_parts(dataset)[Split.VALIDATION], BrandTable.default()
    rows, answers, codes = [], [], []
    for listing, answer in list(zip(part.listings, part.answers_NH[:, _HEAD].tolist(), strict=True))[::step]:
        seen = [reader.seen(reader(decode(photo.read(), shortest=448).image)) for photo in listing.photos]
        measured = measure_marks(Writing.of(listing), seen, brands)
        rows.append([measured.values[spec.name] for spec in SPECS])
        codes.append({finding.code.value for finding in measured.findings})
        answers.append(answer)
    values_NK, answers_N = np.array(rows), np.array(answers)
    reasons = {code.value for code in LIMITS if code.startswith("mark_")}
    return {
        "signals": {
            spec.name: _ranks(values_NK[:, place], answers_N, falling=place in (0, 1, 2))
            for place, spec in enumerate(SPECS)
        },
        "reasons": {
            code: {
                name: float(
                    np.mean([code in found for found, each in zip(codes, answers, strict=True) if each == kind])
                )
                for name, kind in (("counterfeit", 1), ("genuine", 0))
            }
            for code in sorted(reasons)
        },
    }


def _ranks(values_N: Floats, answers_N: npt.NDArray[np.int64], *, falling: bool) -> dict[str, float]:
    known_N = np.isfinite(values_N) & (answers_N >= 0)
    scores_N = (-values_N if falling else values_N)[known_N]
    if len(set(answers_N[known_N].tolist())) < 2:
        return {"listings": int(known_N.sum())}
    return {
        "listings": int(known_N.sum()),
        "prevalence": float(answers_N[known_N].mean()),
        "roc_auc": float(roc_auc_score(answers_N[known_N], scores_N)),
        "pr_auc": average_precision(answers_N[known_N], scores_N) or 0.0,
    }


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = []
    for name, figures in found.items():
        lines.append(name)
        for key, value in figures.items():
            shown = json.dumps(value) if isinstance(value, dict) else f"{value:.3f}"
            lines.append(f"    {key:<26} {shown}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
