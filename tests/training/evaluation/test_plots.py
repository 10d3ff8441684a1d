from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.evaluation.plots import evaluation_plots, training_curves
from training.evaluation.predictions import HeadPredictions, Predictions
from training.testing import ACTING, WATCHING, make_predictions
from trueshelf.listings import Head
from trueshelf.models.prevalence import Prevalence


def inked(path: Path) -> float:
    """The share of pixels that are not white."""
    with Image.open(path) as image:
        assert image.width >= 700
        return float((np.asarray(image.convert("L")) < 250).mean())


def test_a_figure_for_each_question_is_written_and_not_empty(tmp_path: Path) -> None:
    paths = evaluation_plots(make_predictions(), ACTING, tmp_path / "plots", note="generated data")
    assert [path.name for path in paths] == ["precision_recall.png", "reliability.png", "scores.png"]
    assert all(inked(path) > 0.01 for path in paths)


def test_reliability_is_shown_at_the_prevalence_that_was_stated(tmp_path: Path) -> None:
    stated = dict.fromkeys(Head, Prevalence(0.02, stated=True))
    plain = evaluation_plots(make_predictions(), ACTING, tmp_path / "a")
    moved = evaluation_plots(make_predictions(), ACTING, tmp_path / "b", prevalences=stated)
    differs = [one.name for one, other in zip(plain, moved, strict=True) if one.read_bytes() != other.read_bytes()]
    assert differs == ["reliability.png"]


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (evaluation_plots(make_predictions(), ACTING, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize("label", [-1, 0, 1])
def test_labels_of_one_kind_or_none_still_give_figures(tmp_path: Path, label: int) -> None:
    some = make_predictions(shops=10, thresholds=WATCHING)
    heads = {
        head: HeadPredictions(a.logit_N, a.probability_N, np.full_like(a.label_N, label), a.action_N)
        for head, a in some.heads.items()
    }
    predictions = Predictions(some.listing_N, some.shop_N, heads, some.slices)
    assert all(path.exists() for path in evaluation_plots(predictions, WATCHING, tmp_path))


def test_training_curves_draw_every_measure(tmp_path: Path) -> None:
    history = {"training_loss": [0.7, 0.5, 0.4], "validation_loss": [0.7, 0.6, 0.65], "validation_pr_auc": []}
    assert inked(training_curves(history, tmp_path / "curves.png", best=1, note="generated data")) > 0.005
