"""What the API answers, as pydantic models: they make the documentation, and nothing else can leave."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.classify.model import Source
from trueshelf.listings import Head
from trueshelf.models import Action, NoteCode, ReasonCode


class _Outbound(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")


class GuaranteeOut(_Outbound):
    """How often automatic action may hit a listing that does not deserve it."""

    holds: bool
    alpha: float = Field(description="The highest rate of false actions.")
    confidence: float = Field(description="How sure that is, over the draw of the calibration listings.")
    n: int = Field(description='Calibration listings that people answered "no".')
    group: str | None = Field(
        description="The category that it is about; null for all listings whose category has no guarantee of its own."
    )
    groups: int = Field(description="How many categories or rests have a guarantee; `confidence` is of all at once.")
    per_shop: bool = Field(description="Whether each of the n is of another shop, so that alike listings count once.")
    why_not: str | None = Field(description="Why there is no automatic action; null where there is.")


class ThresholdsOut(_Outbound):
    """How a probability becomes an action."""

    review_above: float
    act_above: float | None = Field(description="Null where no guarantee holds: nothing is acted on then.")
    guarantee: GuaranteeOut


class PrevalenceOut(_Outbound):
    """The share of "yes" among listings at which probabilities are right; where fewer are, they are too high."""

    share: float
    stated: bool = Field(
        description="Whether it was stated of the field; otherwise it is that of the answers of the dataset."
    )


class HeadModelOut(ThresholdsOut):
    """How one question's probability becomes an action."""

    prevalence: PrevalenceOut | None = Field(description='What share of "yes" probabilities are for; null if unknown.')
    categories: dict[str, ThresholdsOut] = Field(description="For categories with thresholds of their own.")


class ModelOut(_Outbound):
    """The model that answered."""

    name: str
    version: str = Field(description="The bundle's digest: the same version gives the same answers.")
    precision: str
    heads: dict[Head, HeadModelOut]


class LimitsOut(_Outbound):
    """What one request may have."""

    listings: int
    photos_per_listing: int
    photo_bytes: int
    photo_pixels: int = Field(description="Of a JPEG that is not progressive.")
    photo_whole_pixels: int = Field(description="Of any other photo, which can only be decoded whole.")
    request_pixels: int = Field(description="Of all photos together; a JPEG that is not progressive counts a quarter.")
    body_bytes: int


class RegisteredOut(_Outbound):
    """A version of a model in the registry."""

    version: str
    run_id: str | None


class FollowedOut(_Outbound):
    """The address in the registry whose model is served."""

    address: str
    seconds: int = Field(description="Between looks at it; 0 where it was looked at once.")
    away: str | None = Field(description="Why the registry could not be asked when it was last; null where it could.")


class RefusedOut(RegisteredOut):
    """A version that the address named and that is not served."""

    why: str
    at: datetime


class ChallengerOut(_Outbound):
    """The model that judges a share of the listings too, unheard."""

    version: str | None = Field(description="Null where there is none now.")
    registered: RegisteredOut | None
    share: float
    refused: RefusedOut | None = Field(description="What was refused last.")


class ModelDetailsOut(ModelOut):
    """The model that answers, with its card and what a request may have."""

    digest: str = Field(description="The SHA-256 of the bundle's manifest; `version` is its start.")
    source: Source = Field(description='"last good": the registry could not be asked, or named nothing sound.')
    registered: RegisteredOut | None = Field(description="Where the registry has it; null for a folder.")
    serving_since: datetime
    followed: FollowedOut | None = Field(description="Null for a folder, which nothing replaces.")
    refused: RefusedOut | None = Field(description="What was refused last.")
    challenger: ChallengerOut
    limits: LimitsOut
    card: str = Field(description="The model card, as Markdown.")


class LabelsOut(_Outbound):
    """A reason as a sentence."""

    staff: str
    seller: str


class ReasonOut(_Outbound):
    """Something that moved the verdict, or that a reviewer should look at."""

    code: ReasonCode
    head: Head
    label: LabelsOut
    value: float | None = Field(description="What was measured, in the unit of its code.")
    threshold: float | None = Field(description="From where it counts.")
    contribution: float | None = Field(description="What it adds to the log-odds; null where that was not measured.")
    evidence: dict[str, str]


class NoteOut(_Outbound):
    """What a reviewer should know of how the verdict was made; it speaks neither for the listing nor against it."""

    code: NoteCode
    field: str = Field(description="A path such as photos[1].")
    label: str


class HeadVerdictOut(_Outbound):
    """One question's answer."""

    probability: float
    action: Action
    threshold_category: str | None = Field(
        description="The entry of `model.heads.….categories` that decided; null where the head's own thresholds did."
    )


class VerdictOut(_Outbound):
    """What the model says about a listing."""

    action: Action = Field(description="The strongest action of any head.")
    heads: dict[Head, HeadVerdictOut]
    reasons: list[ReasonOut]
    notes: list[NoteOut]


class ErrorOut(_Outbound):
    """Why a listing has no verdict."""

    field: str = Field(description="A path such as photos[1] or price.amount.")
    message: str
    status: int = Field(
        description="422: the listing is no valid one. 500: our fault. 504: it was not judged in time; send it again."
    )


class JudgedOut(_Outbound):
    """A listing with its verdict."""

    listing_id: str
    verdict: VerdictOut


class FailedOut(_Outbound):
    """A listing without a verdict."""

    listing_id: str | None = Field(description="Null where the listing names none that could be used.")
    error: ErrorOut


class VerdictsOut(_Outbound):
    """One result a listing, in the order of the request."""

    model: ModelOut
    results: list[JudgedOut | FailedOut]


class ProblemErrorOut(_Outbound):
    """What is wrong with one field of the request."""

    field: str
    message: str


class ProblemOut(_Outbound):
    """Why a request was not answered (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    errors: list[ProblemErrorOut]
    request_id: str | None


class StatusOut(_Outbound):
    """How the service is."""

    status: Literal["alive"]


class ReadyOut(_Outbound):
    """That listings can be judged, and by what."""

    status: Literal["ready"] = "ready"
    version: str
    source: Source
    registry_away: str | None = Field(description="Why the registry cannot be asked; null where it can or need not.")
