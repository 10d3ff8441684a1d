"""What a reviewer should know of how a verdict was made, and nothing that is held against or for the listing."""

from dataclasses import dataclass
from enum import StrEnum


class NoteCode(StrEnum):
    """What there is to know; codes stay as they are once a bundle has been served with them."""

    PHOTO_NOT_JUDGED = "photo_not_judged"


@dataclass(frozen=True, slots=True)
class Note:
    """A note about a part of a listing; `field` is its path, such as `photos[1]`."""

    code: NoteCode
    field: str


LABELS_FOR_STAFF: dict[NoteCode, str] = {
    NoteCode.PHOTO_NOT_JUDGED: (
        "This photo is unlike those that the model learned from, so its looks were not judged. "
        "What is measured on it, such as its size and writing, still counts."
    ),
}
"""Notes as sentences. There are none for sellers: a note asks nothing of them."""
