"""Real photos of genuine and fake articles: what looking closely and fine-tuning bring on groups never seen.

    python -m benchmarks.real_photos --data DIR [--json] [--quick]

DIR holds `labels.csv` (columns image, label: fake or original, group: photos of one article) and `images/`. Every photo
is scored by a model that has seen no photo of its group, nor of a group with a near-duplicate of one of its photos.
Intervals are at 95 % by redrawing groups. The default takes an hour on two cores, `--quick` a few minutes.

The settings of the recipe `photos` were chosen on the folds of seed 0; the figures are from other folds.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.baselines import told
from benchmarks.group_folds import Photos, folds, imported
from training.activations import Activations, Maps, activations
from training.branched import Cut, cut
from training.close_reader import CloseReader, probed, said_by
from training.evaluation.bootstrap import intervals
from training.evaluation.metrics import Curve, Ranking
from training.probe import Floats, Ints, Probe
from training.recipes.photos import PhotosConfig
from training.settings import Settings, silence
from training.tails import Lesson, Tail, embedded, tune
from trueshelf.listings import Head

FALSE_ACTIONS = 0.05
FOLDS = 5
SEED = 1


@dataclass(frozen=True, slots=True)
class Bench:
    """What all models are made from.

    Attributes:
        seen: what the frozen stages made of every view of every photo.
        close_NOD: the frozen encoder's mean embedding of the close views, as they are and mirrored.
        whole_NOD: that of the photo as a whole.
    """

    photos: Photos
    config: PhotosConfig
    encoder: Cut
    seen: Activations
    close_NOD: Floats
    whole_NOD: Floats

    def logits(self, train: Ints, test: Ints) -> dict[str, Floats]:
        """Every model's logits of the photos in `test`, fitted on those in `train`."""
        close, whole, texture = (
            self.probe(each, train) for each in (self.close_NOD, self.whole_NOD, self.seen.textures_NOT)
        )
        reader = CloseReader(
            texture,
            self.tails(close, self.seen.close_NOWCHX, train),
            self.tails(whole, self.seen.whole_NO1CHX, train),
        )
        unseen = Activations(self.seen.maps_NOVCHX[test], self.seen.textures_NOT[test])
        said = {
            "whole photo, frozen": whole(self.whole_NOD[test, 0]),
            "close views, frozen": close(self.close_NOD[test, 0]),
            "texture of close views, frozen": texture(unseen.textures_NOT[:, 0]),
            "whole photo, fine-tuned": said_by(reader.whole, unseen.whole_NO1CHX),
            "close views, fine-tuned": said_by(reader.close, unseen.close_NOWCHX),
            "all three: the recipe": reader(unseen),
        }
        return {name: logits_NK[:, _HEAD] for name, logits_NK in said.items()}

    def tails(self, probe: Probe, maps: Maps, train: Ints) -> tuple[Tail, ...]:
        """Members, fine-tuned without photos held out: a fold has none to spare."""
        lesson = Lesson(maps, self.photos.answers_NK, train, held_out=np.empty(0, dtype=np.int64))
        with TemporaryDirectory() as work:
            return tuple(
                tune(
                    Tail(self.encoder.stages, probe),
                    lesson,
                    self.config.tune(member),
                    work=Path(work) / str(member),
                    report=_unheard,
                )
                for member in range(self.config.members)
            )

    def probe(self, embeddings_NOD: Floats, train: Ints) -> Probe:
        """Logistic regression on frozen embeddings."""
        return probed(embeddings_NOD[train], self.photos.answers_NK[train], strength=self.config.probe_strength)


_HEAD = list(Head).index(Head.COUNTERFEIT)


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="labels.csv and images/")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="two folds, one member, two epochs")
    parser.add_argument("--seed", type=int, default=SEED, help="of the folds")
    arguments = parser.parse_args()
    silence()
    found = measure(arguments.data, quick=arguments.quick, seed=arguments.seed)
    print(json.dumps(found) if arguments.json else table(found))


def measure(data: Path, *, quick: bool, seed: int) -> dict[str, Any]:
    """Every figure of this benchmark as one object."""
    config = PhotosConfig()
    if quick:
        config = replace(config, members=1, epochs=2)
    with TemporaryDirectory() as scratch:
        bench = prepared(imported(data, Path(scratch) / "dataset"), config, shared=Settings.read().work)
        fold_N = folds(bench.photos, count=2 if quick else FOLDS, seed=seed)
        scores = unseen(bench, fold_N)
    return {
        "photos": len(fold_N),
        "fakes": int(bench.photos.fake_N.sum()),
        "groups": int(bench.photos.group_N.max()) + 1,
        "groups_joined_by_near_duplicates": bench.photos.joined,
        "folds": int(fold_N.max()) + 1,
        "fold_seed": seed,
        "models": figures(bench.photos, scores),
    }


def prepared(photos: Photos, config: PhotosConfig, *, shared: Path) -> Bench:
    """Look at every photo with the frozen stages, whole and closely."""
    encoder = cut(config.image_encoder, size=config.size, stages=config.stages)
    folder = shared / "activations"
    seen = activations(encoder, config.view, photos.photos, textured=True, folder=folder, progress=told)
    close_NOD, whole_NOD = (embedded(encoder.stages, maps) for maps in (seen.close_NOWCHX, seen.whole_NO1CHX))
    return Bench(photos, config, encoder, seen, close_NOD, whole_NOD)


def unseen(bench: Bench, fold_N: Ints) -> dict[str, Floats]:
    """Every model's logit of every photo, fitted on the other folds."""
    logits: dict[str, Floats] = {}
    count = int(fold_N.max()) + 1
    for fold in range(count):
        test = np.flatnonzero(fold_N == fold)
        for name, logit_N in bench.logits(np.flatnonzero(fold_N != fold), test).items():
            logits.setdefault(name, np.zeros(len(fold_N), dtype=np.float32))[test] = logit_N
        told(f"fold {fold + 1} of {count}", 1, 1)
    return logits


def figures(photos: Photos, scores: Mapping[str, Floats]) -> dict[str, Any]:
    """ROC-AUC and recall at the false-action rate of every model, and how much better it is than the first."""
    rankings = {name: Ranking.of(photos.fake_N, logit_N.astype(np.float64)) for name, logit_N in scores.items()}
    first = next(iter(rankings))

    def measures(weight_RN: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
        found = {}
        for name, ranking in rankings.items():
            curve = ranking.curve(weight_RN)
            found[f"{name}/roc_auc"] = curve.roc_auc()
            found[f"{name}/recall_at_5"] = recall_at_false_rate(curve, FALSE_ACTIONS)
            found[f"{name}/roc_auc_gain"] = found[f"{name}/roc_auc"] - found[f"{first}/roc_auc"]
        return found

    found = intervals(measures, photos.group_N)
    return {
        name: {measure: found[f"{name}/{measure}"].to_dict() for measure in ("roc_auc", "recall_at_5", "roc_auc_gain")}
        for name in rankings
    }


def recall_at_false_rate(curve: Curve, rate: float) -> npt.NDArray[np.float64]:
    """The highest recall at any score above which at most `rate` of the genuine lie, [R]."""
    allowed_RT = curve.false_RT <= rate * curve.false_RT[:, -1:]
    recall_R: npt.NDArray[np.float64] = np.where(allowed_RT, curve.true_RT, 0).max(axis=1) / curve.true_RT[:, -1]
    return recall_R


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    data = f"{found['photos']} photos, {found['fakes']} of fakes, in {found['groups']} groups"
    joined = f"{found['groups_joined_by_near_duplicates']} joined to another by near-duplicates"
    lines = [
        f"{data} ({joined}); {found['folds']} folds disjoint by group, seed {found['fold_seed']}",
        "",
        f"{'':<38}{'ROC-AUC':>22}{'recall at 5 % false actions':>30}{'ROC-AUC gained':>26}",
    ]
    for name, measured in found["models"].items():
        columns = [_shown(measured[each]) for each in ("roc_auc", "recall_at_5", "roc_auc_gain")]
        lines.append(f"{name:<38}{columns[0]:>22}{columns[1]:>30}{columns[2]:>26}")
    lines += ["", "95 % intervals by redrawing groups"]
    return "\n".join(lines)


def _shown(measure: Mapping[str, float]) -> str:
    return f"{measure['value']:.3f} ({measure['low']:.3f}–{measure['high']:.3f})"


def _unheard(epoch: int, loss: float) -> None:
    del epoch, loss


if __name__ == "__main__":
    main()
