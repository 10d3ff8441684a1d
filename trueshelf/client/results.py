"""What the service says of a listing.

Codes, questions and categories are text, since a newer service may have some that this client does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from trueshelf.client.model import Model

Action = Literal["pass", "review", "act"]


@dataclass(frozen=True, slots=True)
class Labels:
    """A reason as a sentence."""

    staff: str
    seller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Something that moved the verdict, or that a reviewer should look at.

    Attributes:
        value: what was measured, in the unit of its code.
        threshold: from where it counts.
        contribution: what it adds to the log-odds of `head`; None where that was not measured.
        evidence: such as the words found, and the field where.
    """

    code: str
    head: str
    label: Labels
    value: float | None
    threshold: float | None
    contribution: float | None
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Note:
    """How the verdict was made; it speaks neither for the listing nor against it."""

    code: str
    field: str
    label: str


@dataclass(frozen=True, slots=True)
class HeadVerdict:
    """One question's answer.

    Attributes:
        threshold_category: the entry of the model's `categories` that decided; None where the head's own did.
    """

    probability: Annotated[float, Meta(ge=0, le=1)]
    action: Action
    threshold_category: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model says about a listing; `action` is the strongest of any head."""

    action: Action
    heads: Mapping[str, HeadVerdict]
    reasons: tuple[Reason, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class ListingError:
    """Why a listing has no verdict.

    Attributes:
        field: a path such as `photos[1]`.
        status: as HTTP has it: 4xx where the listing is at fault, 5xx where it is not and may be judged later.
    """

    field: str
    message: str
    status: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A listing with its verdict, and the model that gave it."""

    listing_id: str
    verdict: Verdict
    model: Model


@dataclass(frozen=True, slots=True)
class Failed:
    """A listing without a verdict."""

    listing_id: str
    error: ListingError


Result: TypeAlias = Judged | Failed
