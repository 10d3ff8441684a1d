"""The answer about one listing: a verdict with its reasons, or an error that names the field at fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from trueshelf.listings import Head
from trueshelf.models.grouping import group_of
from trueshelf.models.notes import Note
from trueshelf.models.reasons import ReasonCode


class Action(StrEnum):
    """What a verdict entitles the marketplace to do, from the mildest to the strongest."""

    PASS = "pass"
    REVIEW = "review"
    ACT = "act"

    @property
    def strength(self) -> int:
        return list(Action).index(self)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """How often automatic action may hit a listing that does not deserve it.

    With confidence `confidence` over the draw of the `n` calibration listings that were answered "no", the rate of
    false actions is at most `alpha`. Without a guarantee there is no automatic action; `why_not` then says why.

    `per_shop` says that each of the n comes from another shop, so that the promise survives listings of one shop being
    alike; otherwise no shop was known, and it takes all listings to be independent (`trueshelf.models.thresholds` says
    what that costs).

    The promise is about the listings of one category, `group`, taken together; None for all whose category has no
    promise of its own. A smaller category within may have a higher rate. Where there are several `groups`, `confidence`
    is that of all their promises at once.
    """

    alpha: float
    confidence: float
    n: int
    why_not: str | None = None
    per_shop: bool = False
    group: str | None = None
    groups: int = 1

    @property
    def holds(self) -> bool:
        return self.why_not is None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A head's thresholds on the calibrated probability; `act` is None where no guarantee holds.

    Attributes:
        groups: the thresholds of categories that have their own, by `trueshelf.models.grouping.name_of`; the others are
            for all the rest.
    """

    review: float
    act: float | None
    guarantee: Guarantee
    groups: Mapping[str, "Thresholds"] = field(default_factory=dict)

    def action(self, probability: float) -> Action:
        if self.act is not None and probability > self.act:
            return Action.ACT
        return Action.REVIEW if probability > self.review else Action.PASS

    def of(self, category: str | None) -> "Thresholds":
        """Those that a listing of a category is judged by; `guarantee.group` says whose they are."""
        group = group_of(category, self.groups)
        return self if group is None else self.groups[group]

    @property
    def acts(self) -> bool:
        """Whether any listing is acted upon automatically."""
        return self.act is not None or any(each.acts for each in self.groups.values())


class Direction(StrEnum):
    """Whether a reason makes its head's "yes" more likely or less."""

    SUPPORTS = "supports"
    SPEAKS_AGAINST = "speaks_against"


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that moved a verdict, or that a reviewer should look at.

    Attributes:
        head: the question that it bears on.
        value: what was measured, in the unit of its code.
        threshold: the value from which it counts, below zero where negative values do.
        contribution: how much the head's log-odds change when everything of the reason's modality is taken away;
            None where that was not measured.
        evidence: what was found and where, as text (for instance `{"found": "N1ke", "brand": "Nike", "field":
        "title"}`).
    """

    code: ReasonCode
    head: Head
    value: float
    threshold: float
    contribution: float | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        """How far it moved the head, either way; 0 where that was not measured."""
        return abs(self.contribution or 0.0)

    @property
    def direction(self) -> Direction:
        return Direction.SPEAKS_AGAINST if (self.contribution or 0.0) < 0 else Direction.SUPPORTS

    def argues_for(self, action: Action) -> bool:
        """Whether it explains the action: what supports the head's "yes" does unless the listing passes."""
        return (self.direction is Direction.SUPPORTS) == (action is not Action.PASS)


@dataclass(frozen=True, slots=True)
class HeadVerdict:
    """One head's calibrated probability of "yes" and the action that its thresholds entitle to.

    Attributes:
        group: the category whose thresholds and guarantee applied; None for those of all the rest.
    """

    probability: float
    action: Action
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The model's answer about one listing.

    Attributes:
        reasons: those of the head with the strongest action first; of each head those that argue for its action before
            those that argue against it, the weightiest first.
        notes: what to know of how it was made; none of them is a reason.
    """

    listing_id: str
    heads: Mapping[Head, HeadVerdict]
    reasons: tuple[Reason, ...]
    notes: tuple[Note, ...] = ()

    @property
    def action(self) -> Action:
        """The strongest action of any head."""
        return max((head.action for head in self.heads.values()), key=lambda action: action.strength)


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one listing has no verdict; `field` is a path such as `photos[1]` or `price.amount`."""

    listing_id: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A verdict with the raw logit of each head before calibration, for evaluation."""

    verdict: Verdict
    logits: Mapping[Head, float]

    @property
    def listing_id(self) -> str:
        return self.verdict.listing_id
