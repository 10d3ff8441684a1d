"""Photos are found again after what thieves do to them, and other photos of the same kind are not."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from trueshelf.models.gallery import NOBODY, UNKNOWN_SELLER, Entry, Gallery, Imprint, Kind, Match, shop_key
from trueshelf.models.gallery.imprint import LENGTH, Floats

Change = Callable[[Image.Image], Image.Image]


def picture(seed: int, width: int = 480, height: int = 360) -> Image.Image:
    """A picture of its own: soft blots of many sizes, as no other seed has them."""
    rng = np.random.default_rng(seed)
    canvas = Image.new("RGB", (width, height), (200, 196, 190))
    pen = ImageDraw.Draw(canvas)
    for _ in range(60):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(6, 50)
        red, green, blue = (int(level) for level in rng.integers(0, 255, 3))
        pen.ellipse((x - radius, y - radius / 2, x + radius, y + radius / 2), fill=(red, green, blue))
    return canvas


def embedding(seed: int) -> Floats:
    return np.random.default_rng(seed).standard_normal(32).astype(np.float32)


def known(count: int = 12, *, kind: Kind = Kind.FAKE) -> Gallery:
    """Pictures 0, 1, … of shops of the same numbers."""
    return Gallery.of(
        [Entry(kind=kind, name=f"L{seed}", brand="Nike", group=seed) for seed in range(count)],
        [Imprint.of(picture(seed)) for seed in range(count)],
        np.stack([embedding(seed) for seed in range(count)]),
        owners={shop_key(f"shop-{seed}"): seed for seed in range(count)},
    )


def found(gallery: Gallery, image: Image.Image, seed: int, *, but: int | None = None) -> list[Match]:
    return gallery.find(Imprint.of(image), embedding(seed), but=but)


def cropped(share: float) -> Change:
    def crop(image: Image.Image) -> Image.Image:
        width, height = image.size
        left, top = round(width * share * 0.3), round(height * share * 0.7)
        return image.crop((left, top, left + round(width * (1 - share)), top + round(height * (1 - share))))

    return crop


def saved_badly(image: Image.Image) -> Image.Image:
    out = BytesIO()
    image.save(out, "JPEG", quality=25)
    return Image.open(BytesIO(out.getvalue())).convert("RGB")


def screenshot(image: Image.Image) -> Image.Image:
    framed = Image.new("RGB", (image.width, round(image.height * 1.2)), (24, 24, 28))
    framed.paste(image, (0, round(image.height * 0.1)))
    return framed


def marked(image: Image.Image) -> Image.Image:
    image = image.copy()
    ImageDraw.Draw(image).text((60, 160), "@shop 1234", fill="white", font_size=30)
    return image


def mirrored(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


CHANGES: dict[str, Change] = {
    "as it is": lambda image: image,
    "cropped by a tenth": cropped(0.1),
    "cropped by 30 %": cropped(0.3),
    "mirrored": mirrored,
    "mirrored and cropped": lambda image: mirrored(cropped(0.2)(image)),
    "half the size": lambda image: image.resize((240, 180)),
    "saved badly": saved_badly,
    "a screenshot": screenshot,
    "marked": marked,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_photo_is_found_again(change: Change) -> None:
    assert [match.entry.name for match in found(known(), change(picture(3)), 3)] == ["L3"]


def test_other_photos_are_not_matches_even_where_their_embedding_is_the_same() -> None:
    gallery = known()
    assert [match for seed in range(100, 120) for match in found(gallery, picture(seed), seed % 12)] == []


def test_a_hash_finds_what_the_embedding_misses() -> None:
    assert [match.entry.name for match in found(known(), picture(3), 900)] == ["L3"]


def test_it_is_said_what_was_done_to_the_photo() -> None:
    (match,) = found(known(), mirrored(cropped(0.2)(picture(3))), 3)
    assert match.change.startswith("mirrored, 6")
    assert match.change.endswith("% of the known photo")
    (whole,) = found(known(), picture(3), 3)
    assert whole.change == "whole"


def test_a_sellers_own_photos_do_not_count() -> None:
    gallery = known()
    assert found(gallery, picture(3), 3, but=gallery.group_of("shop-3")) == []
    assert found(gallery, picture(3), 3, but=gallery.group_of("shop-4")) != []
    assert gallery.group_of("a new shop") is None
    assert gallery.group_of(None) == UNKNOWN_SELLER


def test_references_are_nobodys_own() -> None:
    entry = Entry(kind=Kind.GENUINE, name="catalogue 7")
    assert entry.group == NOBODY
    gallery = Gallery.of(
        [entry] * 2, [Imprint.of(picture(1)), Imprint.of(picture(2))], np.eye(2, 8, dtype=np.float32), owners={}
    )
    assert len(gallery.find(Imprint.of(picture(1)), np.eye(2, 8, dtype=np.float32)[0], but=UNKNOWN_SELLER)) == 1


def test_a_gallery_reads_back_as_it_was_written(tmp_path: Path) -> None:
    gallery = known()
    gallery.save(tmp_path / "gallery.npz")
    again = Gallery.load(tmp_path / "gallery.npz")
    assert again.entries == gallery.entries
    assert again.owners == gallery.owners
    for change in CHANGES.values():
        assert found(again, change(picture(3)), 3) == found(gallery, change(picture(3)), 3)


def test_what_is_no_gallery_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", kinds=np.zeros(1))
    with pytest.raises(ValueError, match="no gallery"):
        Gallery.load(tmp_path / "other.npz")


def test_nothing_is_found_in_an_empty_gallery() -> None:
    assert found(Gallery(), picture(1), 1) == []


@pytest.mark.parametrize("size", [(480, 360), (300, 480), (64, 640), (9, 7)])
def test_an_imprint_reads_back_from_its_row(size: tuple[int, int]) -> None:
    imprint = Imprint.of(picture(5, *size))
    row_R = imprint.to_row()
    again = Imprint.from_row(row_R)
    assert row_R.shape == (LENGTH,)
    assert (again.hashes_O4 == imprint.hashes_O4).all()
    assert (again.grey_HW == imprint.grey_HW).all()
    assert again.quality == imprint.quality


def test_a_flat_picture_matches_nothing() -> None:
    flat = Image.new("RGB", (400, 300), (180, 180, 180))
    gallery = Gallery.of(
        [Entry(kind=Kind.FAKE, name="L0")], [Imprint.of(flat)], np.ones((1, 8), dtype=np.float32), owners={}
    )
    assert gallery.find(Imprint.of(flat), np.ones(8, dtype=np.float32), but=None) == []


def dial(ground: int, x: int) -> Image.Image:
    """A plain thing on a plain ground."""
    canvas = Image.new("RGB", (480, 360), (ground, ground, ground - 8))
    pen = ImageDraw.Draw(canvas)
    pen.rounded_rectangle((x, 80, x + 190, 280), radius=30, fill=(24, 24, 28))
    for line in range(6):
        pen.line((x + 30 + 25 * line, 110, x + 40 + 22 * line, 240), fill=(220, 220, 220), width=4)
    return canvas


@pytest.mark.parametrize(("ground", "same"), [(225, True), (205, False)])
def test_the_same_plain_thing_on_another_ground_is_another_photo(ground: int, same: bool) -> None:
    gallery = Gallery.of(
        [Entry(kind=Kind.GENUINE, name="L")], [Imprint.of(dial(225, 140))], embedding(0)[None], owners={}
    )
    assert bool(found(gallery, saved_badly(dial(ground, 140)), 0)) == same


class Remembered(dict[str, Floats]):
    """An embedding cache in memory."""

    def put(self, arrays: Mapping[str, Floats]) -> None:
        self.update(arrays)


@pytest.mark.parametrize("change", [cropped(0.2), mirrored, saved_badly])
def test_remembered_comparisons_find_the_same_and_are_of_two_pictures_only(change: Change) -> None:
    cache, gallery = Remembered(), known()
    remembering = gallery.remembering(cache)
    image = change(picture(3))
    first = found(remembering, image, 3)
    kept = len(cache)
    assert kept > 0
    assert first == found(remembering, image, 3) == found(gallery, image, 3)
    assert len(cache) == kept
    assert found(remembering, change(picture(4)), 4) == found(gallery, change(picture(4)), 4)
    assert found(known(kind=Kind.STOCK).remembering(cache), image, 3)[0].entry.kind is Kind.STOCK
