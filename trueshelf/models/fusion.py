"""The fusion network at inference: one ONNX graph that answers with all evidence, and without each modality in turn.

Shapes: B listings, P photos, V views of a photo, D image dimensions, T text dimensions, L n-grams, K signals, M
modalities, H heads, C cases (all modalities, then all but one).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from trueshelf.models.modality import MODALITIES
from trueshelf.models.ngrams import Ngrams

Floats = npt.NDArray[np.float32]

OUTPUTS = ("logits_BCH", "judged_BP")
"""What the graph answers; the second only where photos unlike those of training are not judged by their looks."""


@dataclass(frozen=True, slots=True)
class Features:
    """Everything that the fusion network reads of one listing.

    Attributes:
        views_PVD: an embedding of every view of every photo; P = 0 without photos.
        text_T: the title's and description's embedding; None without text.
        ngrams: weighted n-grams; empty without text.
        signals_K: standardised signals and, behind them, their missing-value flags.
    """

    views_PVD: Floats
    text_T: Floats | None
    ngrams: Ngrams
    signals_K: Floats

    @property
    def present_M(self) -> Floats:
        """1 for every modality that the listing has."""
        return np.array(
            [len(self.views_PVD) > 0, self.text_T is not None, len(self.ngrams.ids) > 0, True], dtype=np.float32
        )


@dataclass(frozen=True, slots=True)
class FeatureSizes:
    """The fixed dimensions of the features, for batches in which a modality is absent throughout."""

    views: int
    image: int
    text: int


def collate(
    features: Sequence[Features], sizes: FeatureSizes
) -> dict[str, npt.NDArray[np.float32] | npt.NDArray[np.int64]]:
    """The network's named inputs, padded to the batch's most photos and n-grams (at least one of each)."""
    photos = max([1, *(len(item.views_PVD) for item in features)])
    grams = max([1, *(len(item.ngrams.ids) for item in features)])
    views_BPVD = np.zeros((len(features), photos, sizes.views, sizes.image), dtype=np.float32)
    photo_mask_BP = np.zeros((len(features), photos), dtype=np.float32)
    text_BT = np.zeros((len(features), sizes.text), dtype=np.float32)
    ngram_ids_BL = np.zeros((len(features), grams), dtype=np.int64)
    ngram_weights_BL = np.zeros((len(features), grams), dtype=np.float32)
    for row, item in enumerate(features):
        views_BPVD[row, : len(item.views_PVD)] = item.views_PVD
        photo_mask_BP[row, : len(item.views_PVD)] = 1
        if item.text_T is not None:
            text_BT[row] = item.text_T
        ngram_ids_BL[row, : len(item.ngrams.ids)] = item.ngrams.ids
        ngram_weights_BL[row, : len(item.ngrams.ids)] = item.ngrams.weights
    return {
        "views_BPVD": views_BPVD,
        "photo_mask_BP": photo_mask_BP,
        "text_BT": text_BT,
        "ngram_ids_BL": ngram_ids_BL,
        "ngram_weights_BL": ngram_weights_BL,
        "signals_BK": np.stack([item.signals_K for item in features]),
        "present_BM": np.stack([item.present_M for item in features]),
    }


class Fusion:
    """The fusion graph, loaded."""

    def __init__(self, session: ort.InferenceSession, sizes: FeatureSizes) -> None:
        self._session = session
        self._sizes = sizes
        self._inputs = {entry.name for entry in session.get_inputs()}

    @classmethod
    def open(cls, path: Path, sizes: FeatureSizes, *, threads: int = 1) -> "Fusion":
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return cls(ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]), sizes)

    def __call__(self, features: Sequence[Features]) -> Floats:
        """Logits [B, C, H]: case 0 has all evidence, case 1 + m lacks modality m."""
        if not features:
            return np.zeros((0, 1 + len(MODALITIES), 0), dtype=np.float32)
        return self.answer(collate(features, self._sizes))

    def answer(self, inputs: Mapping[str, npt.NDArray[Any]]) -> Floats:
        """The same from inputs that are collated already."""
        return self._outputs(inputs)[0]

    def judged(self, features: Sequence[Features]) -> tuple[Floats, list[npt.NDArray[np.bool_]]]:
        """Logits [B, C, H], and for every listing which of its photos were judged by their looks."""
        logits_BCH, *masks = self._outputs(collate(features, self._sizes))
        shown = [len(item.views_PVD) for item in features]
        mask_BP = masks[0] > 0 if masks else np.ones((len(features), max(shown, default=0)), dtype=bool)
        return logits_BCH, [mask_P[:photos] for mask_P, photos in zip(mask_BP, shown, strict=True)]

    def _outputs(self, inputs: Mapping[str, npt.NDArray[Any]]) -> list[Floats]:
        read = {name: value for name, value in inputs.items() if name in self._inputs}
        found: list[Floats] = self._session.run(None, read)
        return found
