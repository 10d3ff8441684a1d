"""What a signal and a finding are, and from which value on a signal is a finding."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Head
from trueshelf.models.gallery import SAME_PICTURE
from trueshelf.models.reasons import ReasonCode

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One number measured on a listing.

    Attributes:
        heads: the questions that it bears on.
        unit: of the number.
        meaning: what it says, in one sentence.
    """

    name: str
    heads: tuple[Head, ...]
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in a listing that a person can check.

    Attributes:
        evidence: what was found and where, as text.
        signals: the signals that hold what was found; without them, the finding said nothing to the model.
    """

    code: ReasonCode
    head: Head
    value: float
    threshold: float
    evidence: Mapping[str, str] = field(default_factory=dict)
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Readings:
    """All signals of a listing, float32 [K] in the order of `SIGNALS`; NaN where there was nothing to measure."""

    values: Floats
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a listing's signals by name, with what was found in them."""

    values: Mapping[str, float]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """From which value on a signal is a finding; `below` where small values are the notable ones."""

    head: Head
    threshold: float
    below: bool = False

    def reached(self, value: float) -> bool:
        """Whether a value is a finding; NaN never is."""
        return not math.isnan(value) and (value <= self.threshold if self.below else value >= self.threshold)


_FAKE, _POOR = Head.COUNTERFEIT, Head.LOW_QUALITY

LIMITS: Final[Mapping[ReasonCode, Limit]] = {
    ReasonCode.BRAND_LOOKALIKE: Limit(_FAKE, 1),  # names
    ReasonCode.BRAND_CONTRADICTED: Limit(_FAKE, 1),  # yes or no
    ReasonCode.REPLICA_TERM: Limit(_FAKE, 1),  # terms, weak ones counting half
    ReasonCode.AUTHENTICITY_INSISTED: Limit(_FAKE, 5),  # times
    ReasonCode.CONTACT_OUTSIDE: Limit(_FAKE, 1),  # invitations
    ReasonCode.LETTERS_DISGUISED: Limit(_FAKE, 1),  # words
    ReasonCode.PRICE_FAR_BELOW: Limit(_FAKE, 0.4, below=True),  # price by usual price
    ReasonCode.DISCOUNT_TOO_DEEP: Limit(_FAKE, 0.8),  # share of the former price
    ReasonCode.PHOTO_OF_KNOWN_FAKE: Limit(_FAKE, SAME_PICTURE),  # likeness of details
    ReasonCode.PHOTO_TAKEN_FROM_OTHERS: Limit(_FAKE, SAME_PICTURE),
    ReasonCode.PHOTO_STOCK: Limit(_POOR, SAME_PICTURE),
    ReasonCode.SHOP_FOUND_SELLING_FAKES: Limit(_FAKE, 1),  # earlier listings
    ReasonCode.SHOP_NEW_AND_UNCHECKED: Limit(_FAKE, 30, below=True),  # days since it was registered
    ReasonCode.SHOP_AUTHORISED: Limit(_FAKE, 1),  # yes or no
    ReasonCode.NO_PHOTO: Limit(_POOR, 0, below=True),  # photos
    ReasonCode.PHOTO_TINY: Limit(_POOR, 200, below=True),  # pixels along the shorter side
    ReasonCode.PHOTO_BLURRED: Limit(_POOR, 0.2, below=True),  # strongest edges by range of grey
    ReasonCode.PHOTO_BADLY_LIT: Limit(_POOR, 1),  # yes or no
    ReasonCode.PHOTO_BLOCKY: Limit(_POOR, 1.6),  # steps at block edges by steps elsewhere
    ReasonCode.PHOTO_WATERMARKED: Limit(_POOR, 0.45),  # share of even ground under thin marks
    ReasonCode.PHOTO_COLLAGE: Limit(_POOR, 0.96),  # share of a seam's length that is an edge
    ReasonCode.PHOTO_SCREENSHOT: Limit(_POOR, 0.04),  # share of the height that is bars with writing
    ReasonCode.PHOTO_REPEATED: Limit(_POOR, 1),  # photos
    ReasonCode.PHOTO_TEXT_CONTACT: Limit(_FAKE, 1),  # invitations
    ReasonCode.PHOTO_TEXT_REPLICA: Limit(_FAKE, 1),  # terms
    ReasonCode.PHOTO_TEXT_OTHER_BRAND: Limit(_FAKE, 1),  # brands
    ReasonCode.TITLE_EMPTY: Limit(_POOR, 0, below=True),  # words
    ReasonCode.TITLE_STUFFED: Limit(_POOR, 1),  # see `layout`
    ReasonCode.TITLE_SHOUTED: Limit(_POOR, 0.9),  # share of the letters
    ReasonCode.DESCRIPTION_MISSING: Limit(_POOR, 0, below=True),  # words
    ReasonCode.DESCRIPTION_COPIED: Limit(_POOR, 0.9),  # similarity
    ReasonCode.MARK_DIFFERS: Limit(_FAKE, 0.05, below=True),  # likeness
    ReasonCode.MARK_OF_ANOTHER_BRAND: Limit(_FAKE, 1),  # score; out of reach, as genuine listings have it as often
}
"""All thresholds from which a signal is shown to people; the model itself sees the plain numbers."""


def finding(code: ReasonCode, value: float, signals: Iterable[str], **evidence: str) -> tuple[Finding, ...]:
    """The finding, where the value reaches its limit; else nothing."""
    limit = LIMITS[code]
    if not limit.reached(value):
        return ()
    shown = {name: visible(text) for name, text in evidence.items()}
    return (Finding(code, limit.head, float(value), limit.threshold, shown, tuple(signals)),)


def visible(text: str) -> str:
    """A fragment with invisible characters written out, so that people see them and UTF-8 can hold them."""
    shown = [letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in " ".join(text.split())]
    return "".join(shown)
