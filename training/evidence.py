"""A training set's evidence as tables, for models that read all of it at once.

Shapes: N listings, D image dimensions, T text dimensions, K signals, M modalities, L n-grams.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from training.examples import Examples, Inputs

Floats = npt.NDArray[np.float32]

_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen in listings.

    Attributes:
        photos_ND: the mean whole view beside the mean close view, 2 D wide.
        wording: weighted n-grams, sparse, a column a bucket.
        signals_NK: standardised; NaN where there was nothing to measure.
        present_NM: whether a listing has a modality, in the order of `MODALITIES`.
    """

    photos_ND: Floats
    text_NT: Floats
    wording: csr_array
    signals_NK: Floats
    present_NM: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, examples: Examples, rows: npt.NDArray[np.intp], buckets: int) -> "Evidence":
        """The evidence of some listings, in the order asked for."""
        parts = list(_parts(examples, rows, buckets))
        photos, text, wording, signals, present = zip(*parts, strict=True)
        return cls(
            np.concatenate(photos),
            np.concatenate(text),
            csr_array(vstack(wording)),
            np.concatenate(signals),
            np.concatenate(present) > 0,
        )


def _parts(examples: Examples, rows: npt.NDArray[np.intp], buckets: int) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(rows), _AT_ONCE):
        inputs = examples.batch(rows[start : start + _AT_ONCE])
        values_BK, unknown_BK = np.split(inputs["signals_BK"], 2, axis=1)
        signals_BK = np.where(unknown_BK > 0, np.nan, values_BK).astype(np.float32)
        yield _mean_views(inputs), inputs["text_BT"], _sparse(inputs, buckets), signals_BK, inputs["present_BM"]


def _mean_views(inputs: Inputs) -> Floats:
    """As `trueshelf.models.network.mean_views`; zero where there are none."""
    shown_BP1 = inputs["photo_mask_BP"][..., None]
    photos_B1 = np.maximum(shown_BP1.sum(axis=1), 1)
    views_BPVD = inputs["views_BPVD"]
    whole_BD = (views_BPVD[:, :, 0] * shown_BP1).sum(axis=1) / photos_B1
    if views_BPVD.shape[2] == 1:
        return np.concatenate([whole_BD, np.zeros_like(whole_BD)], axis=1)
    close_BD = (views_BPVD[:, :, 1:].mean(axis=2) * shown_BP1).sum(axis=1) / photos_B1
    return np.concatenate([whole_BD, close_BD], axis=1)


def _sparse(inputs: Inputs, buckets: int) -> csr_array:
    """With indices of 32 bits, as the quicker solvers want them."""
    ids_BL, weights_BL = inputs["ngram_ids_BL"].astype(np.int32), inputs["ngram_weights_BL"]
    row_BL = np.broadcast_to(np.arange(len(ids_BL), dtype=np.int32)[:, None], ids_BL.shape)
    kept_BL = weights_BL > 0
    return csr_array((weights_BL[kept_BL], (row_BL[kept_BL], ids_BL[kept_BL])), shape=(len(ids_BL), buckets))
