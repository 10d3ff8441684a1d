"""The models that Trueshelf is measured against, each fitted on the training split and asked for others.

Shapes: N listings, D image dimensions, J columns.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from training.data.parts import UNKNOWN, Part
from trueshelf.listings import Listing
from trueshelf.listings.currencies import in_dollars
from trueshelf.models.perception import Percept

Floats = npt.NDArray[np.float64]

_MOST_CATEGORIES = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """A split with everything that a peer may look at."""

    part: Part
    percepts: Sequence[Percept]
    rates: Mapping[str, float]


Peer = Callable[[Seen, Sequence[Seen], int], list[Floats]]
"""Fits one head (by its place) on the first split, and gives a score for every listing of each of the others."""


def words(train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
    """TF-IDF of words and of characters within words, and logistic regression on it."""
    model = make_pipeline(
        make_union(
            TfidfVectorizer(analyzer="word", min_df=2, sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, max_features=200_000),
        ),
        LogisticRegression(C=10, max_iter=1000, class_weight="balanced"),
    )
    rows = _known(train, head)
    texts = [_text(listing) for listing in train.part.listings]
    model.fit([texts[row] for row in rows], train.part.answers_NH[rows, head])
    return [model.decision_function([_text(listing) for listing in other.part.listings]) for other in others]


def columns(train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
    """Gradient boosting on the listing's columns: prices, counts, lengths, brand, category, language, currency."""
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=_MOST_CATEGORIES,
    )
    encoder.fit(_categories(train))
    rows = _known(train, head)
    table_NJ = np.column_stack([_numbers(train), encoder.transform(_categories(train))])
    numbers = _numbers(train).shape[1]
    model = HistGradientBoostingClassifier(
        categorical_features=list(range(numbers, table_NJ.shape[1])), early_stopping=True, random_state=0
    )
    model.fit(table_NJ[rows], train.part.answers_NH[rows, head])
    return [
        model.decision_function(np.column_stack([_numbers(other), encoder.transform(_categories(other))]))
        for other in others
    ]


def photos(train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
    """Logistic regression on the mean embedding of the whole photos and that of their close views."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500, class_weight="balanced"))
    rows = _known(train, head)
    model.fit(_image(train)[rows], train.part.answers_NH[rows, head])
    return [model.decision_function(_image(other)) for other in others]


PEERS: dict[str, Peer] = {
    "tf-idf + logistic regression": words,
    "gradient boosting on columns": columns,
    "image only": photos,
}


def _known(seen: Seen, head: int) -> npt.NDArray[np.intp]:
    return np.flatnonzero(seen.part.answers_NH[:, head] != UNKNOWN)


def _text(listing: Listing) -> str:
    return f"{listing.title} {listing.description} {listing.brand or ''}"


def _numbers(seen: Seen) -> Floats:
    return np.array(
        [
            [
                _log(in_dollars(listing.price, seen.rates)),
                _log(in_dollars(listing.list_price, seen.rates)),
                len(listing.title),
                len(listing.description),
                len(listing.photos),
                len(listing.attributes),
                listing.brand is None,
            ]
            for listing in seen.part.listings
        ],
        dtype=np.float64,
    )


def _categories(seen: Seen) -> list[list[str]]:
    return [
        [
            listing.brand or "",
            listing.category or "",
            listing.language or "",
            listing.price.currency if listing.price else "",
        ]
        for listing in seen.part.listings
    ]


def _image(seen: Seen) -> Floats:
    """[N, 2 D]; zeros for a listing without photos, and for close views that were not taken."""
    rows = []
    for percept in seen.percepts:
        views_PVD = percept.views_PVD.astype(np.float64)
        dim = views_PVD.shape[2]
        whole_D = views_PVD[:, 0].mean(axis=0) if len(views_PVD) else np.zeros(dim)
        close_D = views_PVD[:, 1:].mean(axis=(0, 1)) if len(views_PVD) and views_PVD.shape[1] > 1 else np.zeros(dim)
        rows.append(np.concatenate([whole_D, close_D]))
    return np.array(rows)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan
