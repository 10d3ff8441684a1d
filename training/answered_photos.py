"""The photos of a split that have answers, one row a photo."""

import numpy as np

from training.data.parts import UNKNOWN, Part
from training.probe import Ints
from trueshelf.listings import Head, Photo


def answered_photos(part: Part) -> tuple[list[Photo], Ints]:
    """Every photo of every listing that has an answer, with its listing's answers [N,K]."""
    answered = (part.answers_NH != UNKNOWN).any(axis=1)
    pairs = [
        (photo, answers_H)
        for listing, answers_H, known in zip(part.listings, part.answers_NH, answered, strict=True)
        for photo in listing.photos
        if known
    ]
    answers_NK = np.array([answers for _, answers in pairs], dtype=np.int64).reshape(-1, len(Head))
    return [photo for photo, _ in pairs], answers_NK
