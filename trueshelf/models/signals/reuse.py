"""Signals from photos that are known already: of fakes, of genuine articles of others, and stock photos.

A seller's own photos never count, and neither do a photo's other matches where it is known as a stock photo: what
everybody uses says nothing about who uses it.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from trueshelf.listings import Head, Listing
from trueshelf.models.gallery import Gallery, Kind, Match
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.sight import Sight
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding

SPECS: Final = (
    SignalSpec("reuse_fake", (Head.COUNTERFEIT,), "0 to 1", "how surely a photo is one of a known fake"),
    SignalSpec("reuse_genuine", (Head.COUNTERFEIT,), "0 to 1", "how surely a photo is of another's genuine article"),
    SignalSpec("reuse_stock", (Head.LOW_QUALITY,), "0 to 1", "how surely a photo is one that many sellers use"),
)

_SIGNAL: Final = {Kind.FAKE: "reuse_fake", Kind.GENUINE: "reuse_genuine", Kind.STOCK: "reuse_stock"}
_CODE: Final = {
    Kind.FAKE: ReasonCode.PHOTO_OF_KNOWN_FAKE,
    Kind.GENUINE: ReasonCode.PHOTO_TAKEN_FROM_OTHERS,
    Kind.STOCK: ReasonCode.PHOTO_STOCK,
}


def measure_reuse(listing: Listing, sights: Sequence[Sight], gallery: Gallery) -> Part:
    """Signals and findings from known photos that show the same pictures; NaN without photos or known ones."""
    imprinted = [(index, sight) for index, sight in enumerate(sights) if sight.imprint is not None]
    if not imprinted or not len(gallery):
        return Part(dict.fromkeys(_SIGNAL.values(), math.nan))
    own = gallery.group_of(listing.shop_id)
    best: dict[Kind, tuple[Match, int]] = {}
    for index, sight in imprinted:
        assert sight.imprint is not None
        found = gallery.find(sight.imprint, sight.views_VD[0], but=own)
        for match in _telling(match for match in found if match.entry.name != listing.id):
            held = best.get(match.entry.kind)
            if held is None or match.likeness > held[0].likeness:
                best[match.entry.kind] = (match, index)
    values = {name: best[kind][0].likeness if kind in best else 0.0 for kind, name in _SIGNAL.items()}
    return Part(values, tuple(each for kind in Kind if kind in best for each in _finding(*best[kind])))


def _telling(matches: Iterable[Match]) -> list[Match]:
    """What a photo's matches say: only that it is a stock photo, where one of them is."""
    matches = list(matches)
    stock = [match for match in matches if match.entry.kind is Kind.STOCK]
    return stock or matches


def _finding(match: Match, index: int) -> tuple[Finding, ...]:
    kind = match.entry.kind
    known = f"{match.entry.name} ({match.entry.brand})" if match.entry.brand else match.entry.name
    return finding(
        _CODE[kind], match.likeness, [_SIGNAL[kind]], field=f"photos[{index}]", known=known, change=match.change
    )
