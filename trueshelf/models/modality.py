"""The four ways in which a listing speaks, each of which a verdict can do without."""

from enum import StrEnum


class Modality(StrEnum):
    """One kind of evidence; the order is that of the fusion network's inputs."""

    PHOTOS = "photos"
    TEXT = "text"
    WORDING = "wording"
    SIGNALS = "signals"


MODALITIES: tuple[Modality, ...] = tuple(Modality)
