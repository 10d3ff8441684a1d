"""Fits boosted trees to embedded listings.

Trees cannot make much of 65,536 n-grams, or of 2,560 dimensions of photos, with some thousand listings to learn from;
linear models can, and the trees read what these say beside the signals (`training.hearing`).

Shapes: N listings, H heads, J columns, M modalities; of a tree I splits, L leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from training.abreast import abreast
from training.bins import Bins
from training.hearing import VOICES, Heard
from trueshelf.listings import Head
from trueshelf.models.boosted import BoostedTrees, Linear
from trueshelf.models.forest import Forest, Tree
from trueshelf.models.modality import Modality
from trueshelf.models.network import Sizes

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BoostConfig:
    """How trees are grown.

    Attributes:
        rounds: trees of each head.
        absence: the weight of a copy of every listing without one modality, so that verdicts bear its absence.
    """

    rounds: int = 250
    learning_rate: float = 0.05
    leaves: int = 8
    smallest_leaf: int = 20
    ridge: float = 5.0
    columns: float = 0.5
    absence: float = 0.1
    seed: int = 0


def boosted(heads: Sequence[Heard], sizes: Sizes, config: BoostConfig) -> BoostedTrees:
    """Trees for every head, in the order of `Head`; a head that was not taught both answers says nothing."""
    forests = abreast(lambda place: _head(heads[place], place, config), range(len(heads)))
    said = {modality: [heard.voices[modality] for heard in heads] for modality in VOICES}
    linear = {
        modality: Linear(
            np.stack([each.weight_D for each in voices]), np.array([each.bias for each in voices], dtype=np.float32)
        )
        for modality, voices in said.items()
    }
    return BoostedTrees(
        sizes,
        photos=linear[Modality.PHOTOS],
        text=linear[Modality.TEXT],
        wording=linear[Modality.WORDING],
        forests=forests,
    )


def _head(heard: Heard, place: int, config: BoostConfig) -> Forest:
    """The forest of one head over signals and voices."""
    if not heard.yes_N.any() or heard.yes_N.all():
        return Forest([], 0.0)
    bins = Bins.of(heard.table_NJ)
    model = _grown(bins(heard.table_NJ), heard.yes_N, heard.trust_N, config)
    return _forest(model, bins, heard.table_NJ.shape[1] - len(VOICES), place)


def _grown(
    binned_NJ: Floats, yes_N: npt.NDArray[np.bool_], trust_N: Floats, config: BoostConfig
) -> HistGradientBoostingClassifier:
    """Grown on every listing as it is, and on lighter copies without each modality."""
    signals = binned_NJ.shape[1] - len(VOICES)
    absent = [[signals + place] for place in range(len(VOICES))] + [list(range(signals))]
    copies = [binned_NJ] + [_without(binned_NJ, columns) for columns in absent]
    stacked_NJ = np.concatenate(copies)
    never_J = np.isnan(stacked_NJ).all(axis=0)
    stacked_NJ[:, never_J] = 0  # scikit-learn cannot bin a column of which nothing is known
    weight_N = np.concatenate([trust_N, *(config.absence * trust_N for _ in absent)])
    return ungrown(config).fit(stacked_NJ, np.tile(yes_N, len(copies)), sample_weight=weight_N)


def ungrown(config: BoostConfig) -> HistGradientBoostingClassifier:
    """Trees that are yet to be grown."""
    return HistGradientBoostingClassifier(
        max_iter=config.rounds,
        learning_rate=config.learning_rate,
        max_leaf_nodes=config.leaves,
        min_samples_leaf=config.smallest_leaf,
        l2_regularization=config.ridge,
        max_features=config.columns,
        early_stopping=False,
        random_state=config.seed,
    )


def _without(binned_NJ: Floats, columns: list[int]) -> Floats:
    copy_NJ = binned_NJ.copy()
    copy_NJ[:, columns] = np.nan
    return copy_NJ


def _forest(model: HistGradientBoostingClassifier, bins: Bins, signals: int, place: int) -> Forest:
    """The grown trees as tensors that read values, not bins; `place` is the head's, among the log odds behind the
    signals."""
    moved_J = np.array([*range(signals), *(signals + len(Head) * voice + place for voice in range(len(VOICES)))])
    # scikit-learn shows the trees of this estimator nowhere else; `tests/training/test_boosting.py` holds them to it.
    grown = [predictor.nodes for (predictor,) in model._predictors]  # noqa: SLF001
    return Forest([_tree(nodes, bins, moved_J) for nodes in grown], float(model._baseline_prediction.item()))  # noqa: SLF001


def _tree(nodes: Any, bins: Bins, moved_J: npt.NDArray[np.int64]) -> Tree:
    splits, leaves = np.flatnonzero(nodes["is_leaf"] == 0), np.flatnonzero(nodes["is_leaf"])
    path_LI = np.zeros((len(leaves), len(splits)), dtype=np.float32)
    for column, split in enumerate(splits):
        for side, sign in (("left", 1), ("right", -1)):
            path_LI[np.isin(leaves, list(_below(nodes, int(nodes[split][side])))), column] = sign
    return Tree(
        column_I=moved_J[nodes["feature_idx"][splits]],
        threshold_I=bins.thresholds(nodes["feature_idx"][splits], nodes["num_threshold"][splits]),
        missing_left_I=nodes["missing_go_to_left"][splits] > 0,
        path_LI=path_LI,
        value_L=nodes["value"][leaves].astype(np.float32),
    )


def _below(nodes: Any, start: int) -> set[int]:
    """The node and all under it."""
    if nodes[start]["is_leaf"]:
        return {start}
    return {start} | _below(nodes, int(nodes[start]["left"])) | _below(nodes, int(nodes[start]["right"]))
