"""Known photos are told with where they are known from; a seller's own and stock photos are no evidence."""

import math
from dataclasses import replace

import numpy as np

from trueshelf.listings import decode
from trueshelf.models.gallery import Entry, Gallery, Imprint, Kind, shop_key
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.sight import Sight
from trueshelf.models.signals.reuse import measure_reuse
from trueshelf.testing import make_listing, make_photo

PHOTO, OTHER = make_photo(seed=1), make_photo(colour=(20, 90, 160), seed=4, width=260, height=300)


def sight(seed: int) -> Sight:
    photo = PHOTO if seed == 1 else OTHER
    embedding_D = np.random.default_rng(seed).standard_normal(8).astype(np.float32)
    return Sight(embedding_D[None], np.zeros(1, dtype=np.float32), imprint=Imprint.of(decode(photo.read()).image))


def gallery(*kinds: Kind) -> Gallery:
    """The first photo, known once as each kind, of sellers 0, 1, …, beside another photo of a fake."""
    entries = [Entry(kind=kind, name=f"known-{group}", brand="Nike", group=group) for group, kind in enumerate(kinds)]
    entries.append(Entry(kind=Kind.FAKE, name="unlike", group=99))
    sights = [sight(1)] * len(kinds) + [sight(4)]
    imprints = [each.imprint for each in sights if each.imprint is not None]
    embeddings = np.stack([each.views_VD[0] for each in sights])
    return Gallery.of(entries, imprints, embeddings, owners={shop_key("shop-1"): 0})


def test_a_photo_of_a_known_fake_is_told_with_its_place() -> None:
    part = measure_reuse(make_listing(shop_id="new"), [sight(1)], gallery(Kind.FAKE))
    assert part.values["reuse_fake"] > 0.95
    assert part.values["reuse_genuine"] == part.values["reuse_stock"] == 0
    (finding,) = part.findings
    assert finding.code is ReasonCode.PHOTO_OF_KNOWN_FAKE
    assert finding.evidence == {"field": "photos[0]", "known": "known-0 (Nike)", "change": "whole"}


def test_a_genuine_photo_of_another_is_told() -> None:
    part = measure_reuse(make_listing(shop_id="new"), [sight(1)], gallery(Kind.GENUINE))
    assert [finding.code for finding in part.findings] == [ReasonCode.PHOTO_TAKEN_FROM_OTHERS]


def test_a_sellers_own_photo_says_nothing() -> None:
    part = measure_reuse(make_listing(shop_id="shop-1"), [sight(1)], gallery(Kind.FAKE))
    assert set(part.values.values()) == {0.0}
    assert part.findings == ()


def test_a_listing_is_no_evidence_against_itself() -> None:
    part = measure_reuse(make_listing(shop_id="new", id="known-0"), [sight(1)], gallery(Kind.FAKE))
    assert part.findings == ()


def test_a_stock_photo_is_no_evidence_of_anything_else() -> None:
    part = measure_reuse(make_listing(shop_id="new"), [sight(1)], gallery(Kind.FAKE, Kind.STOCK, Kind.GENUINE))
    assert [finding.code for finding in part.findings] == [ReasonCode.PHOTO_STOCK]
    assert part.values["reuse_fake"] == part.values["reuse_genuine"] == 0


def test_without_photos_or_known_ones_there_is_nothing_to_measure() -> None:
    listing = make_listing(shop_id="new")
    assert all(math.isnan(value) for value in measure_reuse(listing, [], gallery(Kind.FAKE)).values.values())
    assert all(math.isnan(value) for value in measure_reuse(listing, [sight(1)], Gallery()).values.values())
    unprinted = replace(sight(1), imprint=None)
    assert all(math.isnan(value) for value in measure_reuse(listing, [unprinted], gallery(Kind.FAKE)).values.values())
