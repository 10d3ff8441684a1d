"""Factories for tests: a photo and a listing in which nothing is wrong, to be spoilt by the test."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from trueshelf.listings import Head, Listing, Money, Photo
from trueshelf.listings.images import ImageError, decode
from trueshelf.models import (
    Guarantee,
    HeadVerdict,
    ItemError,
    Note,
    NoteCode,
    Reason,
    ReasonCode,
    Thresholds,
    Verdict,
)


def make_photo(
    width: int = 320,
    height: int = 240,
    colour: tuple[int, int, int] = (180, 60, 50),
    format: str = "JPEG",  # noqa: A002 (Pillow's own word)
    *,
    seed: int = 0,
) -> Photo:
    """A sharp, evenly lit picture of a striped thing of `colour` on a pale ground, with a little camera noise."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    thing = (x / 0.7) ** 2 + (y / 0.6) ** 2 < 1
    stripes = 0.75 + 0.25 * np.sign(np.sin((9 + seed % 7) * (x + y)))
    ground = np.array([212.0, 206.0, 198.0]) * (1 - 0.15 * np.abs(y))[..., None]
    pixels_HWC = np.where(thing[..., None], np.array(colour, float) * stripes[..., None], ground)
    noisy = pixels_HWC + rng.normal(0, 3, pixels_HWC.shape)
    out = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(
        out, format, **({"quality": 92} if format == "JPEG" else {})
    )
    return Photo.of(out.getvalue())


def make_listing(**overrides: Any) -> Listing:
    """An unremarkable listing with one photo; `overrides` are fields of `Listing`."""
    listing = Listing(
        id="listing-1",
        shop_id="shop-1",
        title="Canvas running shoes with striped sides",
        description="Light shoes for summer, worn twice, with a small mark on the left heel. Size as on the box.",
        category="shoes",
        price=Money(35.0, "USD"),
        photos=overrides.get("photos") or (make_photo(),),
        attributes={"size": "42"},
        language="en",
    )
    return replace(listing, **overrides)


def recalibrated(bundle: Path, out: Path, *, offset: float) -> Path:
    """A sealed bundle in `out` that answers like another one, but with log-odds that are `offset` higher.

    So that it loads quickly, it offers fp32 only, reads no writing in photos, and its one golden listing has none.
    """
    from trueshelf.models.bundle import Bundle, BundleFile, image_encoder_file, text_encoder_file
    from trueshelf.models.golden import FOLDER, read_listings
    from trueshelf.models.judgement import Judgement
    from trueshelf.models.manifest import MANIFEST
    from trueshelf.models.packing import seal
    from trueshelf.models.precision import Precision

    old = Bundle.load(bundle)
    by = {head: replace(each, offset=each.offset + offset) for head, each in old.judgement.calibrators.items()}
    judgements = {Precision.FP32: Judgement(by, old.judgement.thresholds)}
    int8 = (image_encoder_file(Precision.INT8), text_encoder_file(Precision.INT8))
    left_out = (MANIFEST, FOLDER, *int8, BundleFile.DETECTOR, BundleFile.RECOGNISER)
    shutil.copytree(bundle, out, ignore=shutil.ignore_patterns(*left_out))
    manifest = replace(old.manifest, judgements=judgements, reader=None, files={})
    golden = replace(read_listings(bundle)[0], photos=())
    seal(replace(old, folder=out, manifest=manifest), card=old.card, golden=[golden])
    return out


class FakePredictor:
    """Answers like a model bundle, from a digest of the listing's text: the same listing, the same verdict.

    Photos are really decoded, so a bad one makes its listing's error; all but the first are told to be not judged.
    """

    thresholds: Mapping[Head, Thresholds] = MappingProxyType(
        {
            Head.COUNTERFEIT: Thresholds(
                0.5,
                0.9,
                Guarantee(0.01, 0.95, 1200, groups=2),
                {"watches": Thresholds(0.5, 0.8, Guarantee(0.01, 0.95, 600, group="watches", groups=2))},
            ),
            Head.LOW_QUALITY: Thresholds(0.5, None, Guarantee(0.01, 0.95, 12, "12 are too few; 299 are needed")),
        }
    )

    def predict(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        """One answer a listing, in order."""
        return [self._answer(listing) for listing in listings]

    def _answer(self, listing: Listing) -> Verdict | ItemError:
        for index, photo in enumerate(listing.photos):
            try:
                decode(photo.read())
            except (ImageError, OSError) as error:
                return ItemError(listing.id, f"photos[{index}]", str(error))
        content = "\n".join([listing.id, listing.title, *(photo.digest for photo in listing.photos)])
        digest = hashlib.sha256(content.encode(errors="replace")).digest()
        heads = {}
        for byte, head in zip(digest, Head, strict=False):
            thresholds = self.thresholds[head].of(listing.category)
            heads[head] = HeadVerdict(byte / 255, thresholds.action(byte / 255), thresholds.guarantee.group)
        evidence = {"found": listing.title[:20], "field": "title"}
        reason = Reason(ReasonCode.REPLICA_TERM, Head.COUNTERFEIT, 1.0, 0.5, digest[0] / 255 - 0.5, evidence)
        notes = (Note(NoteCode.PHOTO_NOT_JUDGED, f"photos[{index}]") for index in range(1, len(listing.photos)))
        return Verdict(listing.id, heads, (reason,), tuple(notes))
