"""What linear models of each modality say of the training listings, as if they had not seen them, beside the signals.

Shapes: N listings of which a head's answer is known, H heads, J columns, M modalities.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.abreast import abreast
from training.data.parts import UNKNOWN
from training.evidence import Evidence
from training.examples import Examples
from training.voices import Voice, voice
from trueshelf.listings import Head
from trueshelf.models.modality import MODALITIES, Modality

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

Behind = Callable[[npt.NDArray[np.intp]], Sequence[str | None]]
"""Who stands behind the training listings in some rows; None where that is not known."""

VOICES: Mapping[Modality, float] = {Modality.PHOTOS: 0.003, Modality.TEXT: 0.03, Modality.WORDING: 10.0}
"""The modalities that have a voice, each with its strength."""

_MOST = 20_000
"""At most so many training listings are read, drawn at random: they are held in memory."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One head's training listings, those of which the answer is known.

    Attributes:
        rows_N: their rows among all training listings.
        table_NJ: their signals, then what each voice says of them without having seen their seller; NaN for nothing.
        trust_N: how much each answer counts.
        seller_N: a number for each seller.
    """

    rows_N: npt.NDArray[np.intp]
    voices: Mapping[Modality, Voice]
    table_NJ: Floats
    yes_N: npt.NDArray[np.bool_]
    trust_N: Floats
    seller_N: Ints


def heard(train: Examples, behind: Behind, *, buckets: int, seed: int = 0, most: int = _MOST) -> list[Heard]:
    """What is heard of each head, in the order of `Head`.

    Args:
        buckets: of n-grams.
        seed: of the draw where there are more than `most` training listings.
    """
    rows = np.random.default_rng(seed).permutation(len(train))[:most]
    rows.sort()
    evidence = Evidence.of(train, rows, buckets)
    seller_N = _numbered(behind(rows))
    answers_NH, trust_NH = train.answers_NH[rows], train.weights(rows)
    return abreast(
        lambda place: _head(evidence, rows, answers_NH[:, place], trust_NH[:, place], seller_N), range(len(Head))
    )


def _head(evidence: Evidence, rows: npt.NDArray[np.intp], answers_N: Ints, trust_N: Floats, seller_N: Ints) -> Heard:
    known = np.flatnonzero(answers_N != UNKNOWN)
    yes_N, present_NM = answers_N[known] == 1, evidence.present_NM[known]
    kinds = {
        Modality.PHOTOS: evidence.photos_ND,
        Modality.TEXT: evidence.text_NT,
        Modality.WORDING: evidence.wording,
    }
    voices = {
        modality: voice(
            kinds[modality][known],
            present_NM[:, MODALITIES.index(modality)],
            yes_N,
            seller_N[known],
            trust_N[known],
            strength=strength,
        )
        for modality, strength in VOICES.items()
    }
    table_NJ = np.column_stack([evidence.signals_NK[known], *(each.unseen_N for each in voices.values())])
    return Heard(rows[known], voices, table_NJ, yes_N, trust_N[known], seller_N[known])


def _numbered(sellers: Sequence[str | None]) -> Ints:
    """A number for each seller; who is not known is a seller of their own."""
    names = [f"\0{row}" if seller is None else seller for row, seller in enumerate(sellers)]
    numbers: Ints = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return numbers
