"""Gradient boosting over what the fusion network reads.

Trees cannot make much of 65,536 n-grams or of 2,560 dimensions of photos with some thousand listings to learn from. So
the signals are read as they are, missing ones as missing; photos and text by their first principal components; and of
wording, photos and text the trees also get what a linear model makes of each. For the training listings that comes
from folds that share no seller: a linear model knows its own training listings too well (Wolpert, "Stacked
generalization", Neural Networks 5(2), 1992).

Shapes: N listings, K signals, D dimensions of an embedding, G components, L n-grams.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.peers import Floats, known
from benchmarks.seen import Seen
from trueshelf.models.ngrams import NgramSpec

_FOLDS = 5
_COMPONENTS = 24
_STRENGTH = {"wording": 10.0, "photos": 0.003, "text": 0.03}
"""The inverse of the penalty of each linear model."""


def boosting(train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
    """The trees' log odds."""
    rows = known(train, head)
    answers_N = train.part.answers_NH[rows, head]
    seller_N = np.array([who or f"nobody-{row}" for row, who in enumerate(train.behind)], dtype=object)[rows]
    evidence = {name: read(train)[rows] for name, read in _EVIDENCE.items()}
    voices = {name: _Voice.fit(evidence[name], answers_N, seller_N, strength) for name, strength in _STRENGTH.items()}
    main = {name: _Main.fit(evidence[name]) for name in ("photos", "text")}
    table = [_signals(train)[rows], *(voice.unseen_N[:, None] for voice in voices.values())]
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=250,
        max_leaf_nodes=8,
        max_features=0.5,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=0,
    )
    trees.fit(np.hstack([*table, *(part(evidence[name]) for name, part in main.items())]), answers_N)

    def answer(seen: Seen) -> Floats:
        found = {name: read(seen) for name, read in _EVIDENCE.items()}
        said = [voice(found[name])[:, None] for name, voice in voices.items()]
        return np.asarray(
            trees.decision_function(
                np.hstack([_signals(seen), *said, *(part(found[name]) for name, part in main.items())])
            )
        )

    return [answer(other) for other in others]


@dataclass(frozen=True, slots=True)
class _Voice:
    """A linear model of one kind of evidence.

    Attributes:
        unseen_N: its log odds for each training listing from a model that has not seen the listing's seller.
    """

    model: Any
    unseen_N: Floats

    @classmethod
    def fit(
        cls, evidence_ND: Any, answers_N: npt.NDArray[np.int64], seller_N: npt.NDArray[np.object_], strength: float
    ) -> "_Voice":
        def fitted(rows: npt.NDArray[np.intp]) -> Any:
            model = LogisticRegression(C=strength, max_iter=1000, class_weight="balanced")
            scaled = model if isinstance(evidence_ND, csr_array) else make_pipeline(StandardScaler(), model)
            return scaled.fit(evidence_ND[rows], answers_N[rows])

        present_N = _present(evidence_ND)
        unseen_N = np.full(len(answers_N), np.nan)
        folds = GroupKFold(_FOLDS, shuffle=True, random_state=0)
        for inside, outside in folds.split(answers_N, answers_N, seller_N):
            unseen_N[outside] = cls(fitted(inside[present_N[inside]]), unseen_N)(evidence_ND[outside])
        return cls(fitted(np.flatnonzero(present_N)), unseen_N)

    def __call__(self, evidence_ND: Any) -> Floats:
        """Log odds [N]; NaN where there is no evidence."""
        present_N = _present(evidence_ND)
        said_N = np.full(evidence_ND.shape[0], np.nan)
        said_N[present_N] = self.model.decision_function(evidence_ND[present_N])
        return said_N


@dataclass(frozen=True, slots=True)
class _Main:
    """The first principal components of an embedding."""

    model: Any

    @classmethod
    def fit(cls, evidence_ND: Floats) -> "_Main":
        model = make_pipeline(StandardScaler(), PCA(_COMPONENTS, random_state=0))
        return cls(model.fit(evidence_ND[_present(evidence_ND)]))

    def __call__(self, evidence_ND: Floats) -> Floats:
        """[N, G]; NaN where there is no evidence."""
        present_N = _present(evidence_ND)
        part_NG = np.full((len(evidence_ND), _COMPONENTS), np.nan)
        part_NG[present_N] = self.model.transform(evidence_ND[present_N])
        return part_NG


def _present(evidence_ND: Any) -> npt.NDArray[np.bool_]:
    if isinstance(evidence_ND, csr_array):
        return np.asarray(np.diff(evidence_ND.indptr) > 0)
    return np.asarray(~np.isnan(evidence_ND[:, 0]))


def _wording(seen: Seen) -> csr_array:
    ngrams = [item.ngrams for item in seen.features]
    ends = np.cumsum([0, *(len(each.ids) for each in ngrams)])
    values = np.concatenate([each.weights for each in ngrams]).astype(np.float64)
    places = np.concatenate([each.ids for each in ngrams])
    return csr_array((values, places, ends), shape=(len(ngrams), NgramSpec().buckets))


def _photos(seen: Seen) -> Floats:
    """[N, 2 D]: the mean whole view beside the mean close view, zeros where no close views were taken."""
    rows = []
    for item in seen.features:
        views_PVD = item.views_PVD.astype(np.float64)
        if not len(views_PVD):
            rows.append(np.full(2 * views_PVD.shape[2], np.nan))
            continue
        whole_D = views_PVD[:, 0].mean(axis=0)
        close_D = views_PVD[:, 1:].mean(axis=(0, 1)) if views_PVD.shape[1] > 1 else np.zeros_like(whole_D)
        rows.append(np.concatenate([whole_D, close_D]))
    return np.array(rows)


def _text(seen: Seen) -> Floats:
    texts = [item.text_T for item in seen.features]
    dim = max(len(text_T) for text_T in texts if text_T is not None)
    return np.array([np.full(dim, np.nan) if text_T is None else text_T for text_T in texts], dtype=np.float64)


def _signals(seen: Seen) -> Floats:
    """[N, K]; NaN where the flag behind the signals says that there was nothing to measure."""
    both_NK = np.stack([item.signals_K for item in seen.features]).astype(np.float64)
    values_NK, unknown_NK = np.split(both_NK, 2, axis=1)
    return np.where(unknown_NK > 0, np.nan, values_NK)


_EVIDENCE: Mapping[str, Callable[[Seen], Any]] = {"wording": _wording, "photos": _photos, "text": _text}
