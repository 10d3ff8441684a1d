"""Brand marks: how many are found, named and told from altered ones, what is found where none is, and the cost.

    python -m benchmarks.marks [--photos DIR …] [--dataset datasets/market] [--json] [--quick]

Marks are drawn on grounds made by code: those of the table's brands, and as many icons that the networks have never
learnt from, each among true marks of its own kind. `--photos` are folders of real photos, on which every find is
reported; `--dataset` is a dataset folder, on whose validation split each mark signal alone ranks counterfeits. Costs
are milliseconds of processor time, without decoding. The default dataset is generated.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score

from training.data.parts import read_parts
from training.evaluation.metrics import average_precision
from training.marks.folder import marks_folder, put_together
from training.marks.icons import brand_icons, unseen_icons
from training.marks.scenes import posed
from training.marks.studio import Studio
from training.settings import Settings, silence
from trueshelf.listings import BrandTable, Dataset, Head, Split, decode
from trueshelf.models.marks import Box, FoundMark, MarkReader, SeenMarks
from trueshelf.models.signals.marks import SPECS, SURE, measure_marks
from trueshelf.models.signals.spec import LIMITS
from trueshelf.models.signals.writing import Writing

_POSED = 8
_SHORTEST = 448
_HEAD = list(Head).index(Head.COUNTERFEIT)

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="folders of real photos")
    parser.add_argument("--dataset", type=Path, default=None, help="a dataset folder with splits")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="a fifth of the brands, photos and listings")
    arguments = parser.parse_args()
    silence()
    found = measure(arguments.photos, arguments.dataset, step=5 if arguments.quick else 1)
    print(json.dumps(found) if arguments.json else table(found))


def measure(folders: Sequence[Path], dataset: Path | None, *, step: int) -> dict[str, Any]:
    """Every figure of this benchmark as one object; of brands, photos and listings every `step`-th."""
    reader = MarkReader.open(marks_folder(Settings.read().work))
    found: dict[str, Any] = {"brands of the table": posed_marks(reader, brand_icons(), step=step)}
    icons = {icon: icon for icon in unseen_icons()[: len(brand_icons())]}
    with tempfile.TemporaryDirectory() as work:
        put_together(Path(work) / "marks", icons, frozenset())
        found["marks never seen"] = posed_marks(MarkReader.open(Path(work) / "marks"), icons, step=step)
    found |= {str(folder): real_photos(reader, sorted(folder.rglob("*.jpg"))[::step]) for folder in folders}
    if dataset is not None:
        found["dataset"] = ranking(reader, Dataset.open(dataset), step=step)
    return found


def posed_marks(reader: MarkReader, icons: dict[str, str], *, step: int) -> dict[str, float]:
    """Pictures of true and of altered marks of these brands, whose places are known."""
    studio = Studio.of(tuple(icons.values()), foremost=len(icons))
    overlaps, likeness, answers, named, seconds = [], [], [], [], []
    for number, brand in list(enumerate(icons))[::step]:
        for altered in (False, True):
            random = torch.Generator().manual_seed(1_000 + number)
            pictures, boxes = posed(studio, number, _POSED, random, wrong=altered)
            for picture, box in zip(pictures, boxes, strict=True):
                start = time.process_time()
                found = reader.seen(reader(Image.fromarray(picture))).found
                seconds.append(time.process_time() - start)
                overlaps.append(max((overlap(mark.box, box) for mark in found), default=0.0))
                own = [mark for mark in found if mark.brand == brand]
                named.append(bool(found) and found[0].brand == brand)
                likeness += [mark.likeness for mark in own]
                answers += [not altered] * len(own)
    return {
        "pictures": len(overlaps),
        "found": float(np.mean(np.array(overlaps) > 0.3)),
        "found_and_named_first": float(np.mean(named)),
        "true_or_altered_roc_auc": float(roc_auc_score(answers, likeness)) if len(set(answers)) == 2 else float("nan"),
        "median_ms": 1e3 * float(np.median(seconds)),
    }


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / max(1e-9, one.width * one.height + other.width * other.height - shared)


def real_photos(reader: MarkReader, paths: Sequence[Path]) -> dict[str, Any]:
    """What is found in real photos, how sure of it, and what it costs."""
    finds: list[FoundMark] = []
    seconds = []
    for seen, took in _searched(reader, paths):
        finds += seen.found
        seconds.append(took)
    sure = [mark for mark in finds if mark.score >= SURE]
    brands, counts = np.unique([mark.brand for mark in sure], return_counts=True)
    return {
        "photos": len(paths),
        "finds_per_photo": len(finds) / max(1, len(paths)),
        "sure_finds_per_photo": len(sure) / max(1, len(paths)),
        "median_ms": 1e3 * float(np.median(seconds)),
        "commonest": {brand: int(count) for count, brand in sorted(zip(counts, brands, strict=True))[::-1][:5]},
    }


def _searched(reader: MarkReader, paths: Sequence[Path]) -> Iterator[tuple[SeenMarks, float]]:
    for path in paths:
        image = decode(path.read_bytes(), shortest=_SHORTEST).image
        start = time.process_time()
        found_FX = reader(image)
        yield reader.seen(found_FX), time.process_time() - start


def ranking(reader: MarkReader, dataset: Dataset, *, step: int) -> dict[str, Any]:
    """How far mark signals alone rank counterfeits of the validation split, and how often each reason is given."""
    part, brands = read_parts(dataset)[Split.VALIDATION], BrandTable.default()
    rows, answers, codes = [], [], []
    for listing, answer in list(zip(part.listings, part.answers_NH[:, _HEAD].tolist(), strict=True))[::step]:
        seen = [reader.seen(reader(decode(photo.read(), shortest=_SHORTEST).image)) for photo in listing.photos]
        measured = measure_marks(Writing.of(listing), seen, brands)
        rows.append([measured.values[spec.name] for spec in SPECS])
        codes.append({finding.code.value for finding in measured.findings})
        answers.append(answer)
    values_NK, answers_N = np.array(rows), np.array(answers)
    reasons = sorted(code.value for code in LIMITS if code.startswith("mark_"))
    return {
        **{
            spec.name: _ranks(values_NK[:, place], answers_N, falling=place in (0, 1, 2))
            for place, spec in enumerate(SPECS)
        },
        **{code: _shares([code in found for found in codes], answers) for code in reasons},
    }


def _shares(given: Sequence[bool], answers: Sequence[int]) -> dict[str, float]:
    pairs = list(zip(given, answers, strict=True))
    return {
        name: float(np.mean([found for found, answer in pairs if answer == kind]))
        for name, kind in (("counterfeit", 1), ("genuine", 0))
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
