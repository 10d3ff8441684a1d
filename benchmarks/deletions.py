"""Listings with one thing taken away: what a reason names, or another thing of the same kind."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from trueshelf.listings import Listing
from trueshelf.models.verdict import Reason

_TEXTS = ("title", "description", "brand")
_PHOTO = re.compile(r"photos\[(\d+)\]")


def deletable(listing: Listing, reason: Reason) -> bool:
    """Whether what the reason names is something that is there and can be taken away."""
    return next(_without(listing, reason), None) is not None


def deleted(listing: Listing, reason: Reason) -> Listing:
    """The listing without what the reason names; see `deletable`."""
    return next(_without(listing, reason))


def others(listing: Listing, reason: Reason, rng: np.random.Generator, *, count: int) -> list[Listing]:
    """The listing without other things of the same kind, each drawn at random: as many words of the same field, another
    photo, or another field. Empty where there is none.
    """
    field = reason.evidence.get("field", "")
    if field in _TEXTS and "found" in reason.evidence:
        return list(_without_other_words(listing, field, reason.evidence["found"], rng, count))
    photo = _PHOTO.fullmatch(field)
    if photo and len(listing.photos) > 1:
        rest = [place for place in range(len(listing.photos)) if place != int(photo[1])]
        return [_without_photo(listing, int(place)) for place in rng.permutation(rest)[:count]]
    fields = list(_without_other_fields(listing, field))
    return [fields[place] for place in rng.permutation(len(fields))[:count].tolist()]


def _with(listing: Listing, field: str, value: Any) -> Listing:
    return replace(listing, **{field: value})


def _without(listing: Listing, reason: Reason) -> Iterator[Listing]:
    field, found = reason.evidence.get("field", ""), reason.evidence.get("found", "")
    if field in _TEXTS and found and found in (text := getattr(listing, field) or ""):
        yield _with_text(listing, field, text.replace(found, " "))
    elif field in ("price", "list_price") and getattr(listing, field) is not None:
        yield _with(listing, field, None)
    elif (photo := _PHOTO.fullmatch(field)) and int(photo[1]) < len(listing.photos):
        yield _without_photo(listing, int(photo[1]))


def _without_other_words(
    listing: Listing, field: str, found: str, rng: np.random.Generator, count: int
) -> Iterator[Listing]:
    words = (getattr(listing, field) or "").split()
    length = max(1, len(found.split()))
    starts = [
        start
        for start in range(len(words) - length + 1)
        if not set(words[start : start + length]) & set(found.split()) and found not in " ".join(words[start:][:length])
    ]
    for start in rng.permutation(starts)[:count].astype(int).tolist():
        yield _with_text(listing, field, " ".join(words[:start] + words[start + length :]))


def _without_other_fields(listing: Listing, field: str) -> Iterator[Listing]:
    for other in ("price", "list_price", "brand", "category", "language"):
        if other != field and getattr(listing, other) is not None:
            yield _with(listing, other, None)
    for name in listing.attributes:
        yield replace(listing, attributes={key: value for key, value in listing.attributes.items() if key != name})


def _with_text(listing: Listing, field: str, text: str) -> Listing:
    cleaned = " ".join(text.split())
    return _with(listing, field, cleaned or None if field == "brand" else cleaned)


def _without_photo(listing: Listing, place: int) -> Listing:
    return replace(listing, photos=listing.photos[:place] + listing.photos[place + 1 :])
