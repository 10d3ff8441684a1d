"""The model that answers, as the service tells it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """How often automatic action may hit a listing that does not deserve it.

    Attributes:
        alpha: the highest rate of false actions.
        confidence: how sure that is, of all guarantees at once.
        n: calibration listings that people answered "no".
        group: the category that it is about; None for all listings whose category has no guarantee of its own.
        per_shop: whether each of the n is of another shop.
        why_not: why there is no automatic action; None where there is.
    """

    holds: bool
    alpha: float
    confidence: float
    n: int
    group: str | None
    groups: int
    per_shop: bool
    why_not: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How a probability becomes an action; `act_above` is None where nothing is acted on."""

    review_above: float
    act_above: float | None
    guarantee: Guarantee


@dataclass(frozen=True, slots=True)
class Prevalence:
    """The share of "yes" among listings at which probabilities are right, and whether it was stated of the field."""

    share: float
    stated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadModel(Thresholds):
    """One question's thresholds; `categories` are those of categories that have their own."""

    prevalence: Prevalence | None
    categories: Mapping[str, Thresholds]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model that answered.

    Attributes:
        version: the same version gives the same answers.
        heads: by question.
    """

    name: str
    version: str
    precision: str
    heads: Mapping[str, HeadModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may have."""

    listings: int
    photos_per_listing: int
    photo_bytes: int
    photo_pixels: int
    photo_whole_pixels: int
    request_pixels: int
    body_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The address in the registry whose model is served.

    Attributes:
        seconds: between looks at it; 0 where it was looked at once.
        away: why the registry could not be asked when it was last; None where it could.
    """

    address: str
    seconds: int
    away: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDetails(Model):
    """The model that answers now, with its card as Markdown; `followed` is None for one that nothing replaces."""

    limits: Limits
    card: str
    followed: Followed | None = None
