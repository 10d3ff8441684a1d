"""Fits a small network in as many processes as it is started in, and prints the loss curve; for `test_ranks`."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.examples import Examples, Held
from training.fit import Epoch, FitConfig, fit, help_out
from training.ranks import joined
from trueshelf.models.fusion import Features, FeatureSizes
from trueshelf.models.network import Sizes
from trueshelf.models.ngrams import Ngrams

SIZES = Sizes(image=8, text=4, buckets=64, signals=6, hidden=16, ngram=8)
CONFIG = FitConfig(hidden=16, batch=24, epochs=4, learning_rate=3e-3, dropout=0.0, modality_dropout=0.0, auxiliary=0.5)


def examples(count: int, seed: int) -> Examples:
    """Listings whose signals tell both answers, some unknown, with trust that differs, and what else is asked."""
    rng = np.random.default_rng(seed)
    answers_NH = rng.integers(0, 2, size=(count, 2))
    features = [
        Features(
            views_PVD=rng.standard_normal((rng.integers(0, 3), 2, 8), dtype=np.float32),
            text_T=rng.standard_normal(4, dtype=np.float32),
            ngrams=Ngrams(rng.integers(0, 64, 3), np.full(3, 0.5, dtype=np.float32)),
            signals_K=np.concatenate([answers_H, rng.standard_normal(4)]).astype(np.float32),
        )
        for answers_H in answers_NH
    ]
    unknown_NH = np.where(rng.random(answers_NH.shape) < 0.3, -1, answers_NH)
    trust_NH = rng.choice([0.3, 1.0], size=answers_NH.shape).astype(np.float32)
    targets_NA = rng.integers(-1, 3, size=(count, 2))
    rows = Held(features, FeatureSizes(views=2, image=8, text=4))
    return Examples(rows, unknown_NH.astype(np.int64), trust_NH, targets_NA.astype(np.int64))


def main(work: Path, accumulate: int, fail: bool) -> None:
    """The last batch has one listing, so that a process has none of its own."""
    curve: list[Epoch] = []

    def report(epoch: Epoch) -> None:
        curve.append(epoch)
        if fail:
            raise RuntimeError("the leader fell")

    with joined() as here:
        if not here.leads:
            help_out(here)
            return
        config = replace(CONFIG, accumulate=accumulate)
        fit(examples(97, 0), examples(60, 1), sizes=SIZES, config=config, work=work, report=report)
    assert not group_threads()
    sys.stdout.write(json.dumps([epoch.measures for epoch in curve]))


def group_threads() -> list[str]:
    """The threads of a process group that have not ended; on Linux, where they have names."""
    names = [file.read_text().strip() for file in Path("/proc/self/task").glob("*/comm")]
    return [name for name in names if "gloo" in name]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), bool(int(sys.argv[3])))
