"""What is seen in one listing before anything is learned from others: embeddings, and facts about its photos.

Shapes: P photos, V views of a photo, S their side, D image dimensions, T text dimensions, Q facts of a photo.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from trueshelf.listings import DecodedPhoto, Listing, Photo
from trueshelf.listings.images import ImageError, ImageLimits, develop, held_pixels, read_header
from trueshelf.listings.text import LONGEST_DESCRIPTION, LONGEST_TITLE, cut, normalise
from trueshelf.models.cache import EmbeddingCache, NoCache
from trueshelf.models.encoders import ImageEncoder, TextEncoder, ViewSpec, views
from trueshelf.models.gallery import Imprint
from trueshelf.models.inscriptions import Inscription, InscriptionReader, packed, unpacked
from trueshelf.models.marks import MarkReader, SeenMarks
from trueshelf.models.room import Room
from trueshelf.models.sight import Sight
from trueshelf.models.signals import inspect_photo
from trueshelf.models.verdict import ItemError

Floats = npt.NDArray[np.float32]
_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

_PHOTOS_AT_ONCE = 8
_TEXTS_AT_ONCE = 64
_FACTS_VERSION = 2
_IMPRINT_VERSION = 1


class Each(Protocol):
    """`map`, or what does the same side by side."""

    def __call__(self, work: Callable[[_Item], _Made], items: Iterable[_Item], /) -> Iterator[_Made]: ...


@dataclass(frozen=True, slots=True)
class Percept:
    """What is seen in one listing.

    Attributes:
        views_PVD: an embedding of every view of every photo; P = 0 without photos.
        sights: what is seen in every photo, in the order of the photos.
        text_T: the embedding of title and description; None where both are blank.
    """

    views_PVD: Floats
    sights: tuple[Sight, ...]
    text_T: Floats | None


@dataclass(frozen=True, slots=True)
class _Look:
    """A decoded photo as the encoder reads it, and what is measured on it meanwhile."""

    pixels_V3SS: Floats
    facts_Q: Floats
    inscriptions: tuple[Inscription, ...] | None
    imprint: Imprint
    marks_FX: Floats | None


@dataclass(frozen=True, slots=True)
class Perceiver:
    """Looks at listings with frozen encoders, each photo and each text once.

    Attributes:
        threads: how many photos are decoded side by side.
        room: what the large ones among them share, over all calls.
        reader: reads the writing in photos; None reads none.
        marks: looks for brand marks; None looks for none.
    """

    image_encoder: ImageEncoder
    text_encoder: TextEncoder
    view: ViewSpec
    limits: ImageLimits = field(default_factory=ImageLimits)
    cache: EmbeddingCache = field(default_factory=NoCache)
    threads: int = 1
    room: Room = field(default_factory=Room)
    reader: InscriptionReader | None = None
    marks: MarkReader | None = None

    def __call__(self, listings: Sequence[Listing]) -> list[Percept | ItemError]:
        """A percept or an error for each listing, in order."""
        photos = self._photos({photo.digest: photo for listing in listings for photo in listing.photos})
        texts = self._texts({text for listing in listings if (text := encoded_text(listing))})
        return [self._percept(listing, photos, texts) for listing in listings]

    def _percept(
        self, listing: Listing, photos: Mapping[str, Sight | str], texts: Mapping[str, Floats]
    ) -> Percept | ItemError:
        seen = []
        for index, photo in enumerate(listing.photos):
            found = photos[photo.digest]
            if isinstance(found, str):
                return ItemError(listing.id, f"photos[{index}]", found)
            seen.append(found)
        spec = self.image_encoder.spec
        none_PVD = np.zeros((0, self.view.count, spec.dim), dtype=np.float32)
        views_PVD = np.stack([item.views_VD for item in seen]) if seen else none_PVD
        sights = tuple(replace(item, views_VD=views_VD) for item, views_VD in zip(seen, views_PVD, strict=True))
        return Percept(views_PVD, sights, texts.get(encoded_text(listing)))

    def _photos(self, photos: Mapping[str, Photo]) -> dict[str, Sight | str]:
        """What is seen in each photo by its digest, or what is wrong with it."""
        done: dict[str, Sight | str] = {}
        remembered: dict[str, Sight] = {}
        for digest in photos:
            views_VD, facts_Q = self.cache.get(self._views_key(digest)), self.cache.get(_facts_key(digest))
            if views_VD is not None and facts_Q is not None:
                remembered[digest] = Sight(views_VD, facts_Q)
        done |= remembered
        missing = [photo for digest, photo in photos.items() if digest not in done]
        with _side_by_side(self.threads) as each:
            for chunk in _chunks(missing, _PHOTOS_AT_ONCE):
                looked = dict(zip([photo.digest for photo in chunk], each(self._look, chunk), strict=True))
                done |= self._encoded(looked)
            if self.reader is not None:
                done |= self._inscribed(remembered, photos, each)
            for digest, imprint in zip(
                remembered, each(self._imprint, [photos[digest] for digest in remembered]), strict=True
            ):
                done[digest] = _imprinted(done[digest], imprint)
            if self.marks is not None:
                done |= self._marked({digest: done[digest] for digest in remembered}, photos, each)
        return done

    def _look(self, photo: Photo) -> "_Look | str":
        """What there is to be seen of a photo once its encoder has looked at it too, or what is wrong with it."""
        return self._decoded(photo, self._look_at)

    def _look_at(self, decoded: DecodedPhoto) -> "_Look":
        pixels_V3SS = views(decoded.image, self.image_encoder.spec, self.view)
        imprint = Imprint.of(decoded.image)
        return _Look(pixels_V3SS, inspect_photo(decoded), self._read(decoded), imprint, self._search(decoded))

    def _read(self, decoded: DecodedPhoto) -> tuple[Inscription, ...] | None:
        return None if self.reader is None else self.reader(decoded.image)

    def _imprint(self, photo: Photo) -> Imprint | str:
        """The imprint of a photo of which the rest is remembered, or what is wrong with it."""
        row_R = self.cache.get(_imprint_key(photo.digest))
        if row_R is not None:
            return Imprint.from_row(row_R)
        imprint = self._decoded(photo, lambda decoded: Imprint.of(decoded.image))
        if not isinstance(imprint, str):
            self.cache.put({_imprint_key(photo.digest): imprint.to_row()})
        return imprint

    def _search(self, decoded: DecodedPhoto) -> Floats | None:
        return None if self.marks is None else self.marks(decoded.image)

    def _decoded(self, photo: Photo, use: Callable[[DecodedPhoto], _Item]) -> _Item | str:
        """What `use` makes of the decoded photo, or what is wrong with the photo."""
        try:
            content, shortest = photo.read(), self.view.side(self.image_encoder.spec.size)
            header = read_header(content, limits=self.limits)
            with self.room.of(held_pixels(header, shortest=shortest)):
                return use(develop(header, content_bytes=len(content), shortest=shortest))
        except ImageError as error:
            return str(error)
        except OSError as error:
            return f"the photo's file cannot be read: {error.strerror or error}"

    def _inscribed(
        self, remembered: Mapping[str, Sight], photos: Mapping[str, Photo], each: Each
    ) -> dict[str, Sight | str]:
        """Remembered sights with what is written in their photos, which may not be remembered yet."""
        known = {digest: self.cache.get(self._inscriptions_key(digest)) for digest in remembered}
        unread = [photos[digest] for digest, numbers in known.items() if numbers is None]
        done: dict[str, Sight | str] = {}
        for photo, lines in zip(unread, each(lambda photo: self._decoded(photo, self._read), unread), strict=True):
            if isinstance(lines, str):
                done[photo.digest] = lines
                continue
            known[photo.digest] = packed(lines)
            self.cache.put({self._inscriptions_key(photo.digest): packed(lines)})
        for digest, numbers in known.items():
            if numbers is not None:
                done[digest] = replace(remembered[digest], inscriptions=unpacked(numbers))
        return done

    def _marked(
        self, remembered: Mapping[str, Sight | str], photos: Mapping[str, Photo], each: Each
    ) -> dict[str, Sight | str]:
        """Remembered sights with the marks in their photos, which may not be remembered yet."""
        sights = {digest: sight for digest, sight in remembered.items() if not isinstance(sight, str)}
        known = {digest: self.cache.get(self._marks_key(digest)) for digest in sights}
        unsearched = [photos[digest] for digest, found_FX in known.items() if found_FX is None]
        done: dict[str, Sight | str] = {}
        found = each(lambda photo: self._decoded(photo, self._search), unsearched)
        for photo, found_FX in zip(unsearched, found, strict=True):
            if isinstance(found_FX, str):
                done[photo.digest] = found_FX
            elif found_FX is not None:
                known[photo.digest] = found_FX
                self.cache.put({self._marks_key(photo.digest): found_FX})
        marked = {digest: replace(sights[digest], marks=self._seen(found_FX)) for digest, found_FX in known.items()}
        return {**marked, **done}

    def _encoded(self, looked: Mapping[str, "_Look | str"]) -> dict[str, Sight | str]:
        good = {digest: found for digest, found in looked.items() if not isinstance(found, str)}
        result: dict[str, Sight | str] = {digest: found for digest, found in looked.items() if isinstance(found, str)}
        if good:
            pixels_N3SS = np.concatenate([look.pixels_V3SS for look in good.values()])
            embeddings_NVD = self.image_encoder.encode(pixels_N3SS).reshape(len(good), self.view.count, -1)
            for (digest, look), views_VD in zip(good.items(), embeddings_NVD, strict=True):
                result[digest] = Sight(
                    views_VD,
                    look.facts_Q,
                    imprint=look.imprint,
                    inscriptions=look.inscriptions,
                    marks=self._seen(look.marks_FX),
                )
                self.cache.put({self._views_key(digest): views_VD, _facts_key(digest): look.facts_Q})
                self.cache.put({_imprint_key(digest): look.imprint.to_row()})
                if self.reader is not None:
                    self.cache.put({self._inscriptions_key(digest): packed(look.inscriptions)})
                if look.marks_FX is not None:
                    self.cache.put({self._marks_key(digest): look.marks_FX})
        return result

    def _texts(self, texts: set[str]) -> dict[str, Floats]:
        done = {text: found for text in texts if (found := self.cache.get(self._text_key(text))) is not None}
        missing = sorted(texts - done.keys())
        for chunk in _chunks(missing, _TEXTS_AT_ONCE):
            new = dict(zip(chunk, self.text_encoder.encode(chunk), strict=True))
            self.cache.put({self._text_key(text): vector_T for text, vector_T in new.items()})
            done |= new
        return done

    def _views_key(self, digest: str) -> str:
        return f"views/{self.image_encoder.digest}/{self.view.grid}-{self.view.zoom}/{digest}"

    def _inscriptions_key(self, digest: str) -> str:
        """Photos may be decoded smaller than they are, which shows in what can be read of them."""
        assert self.reader is not None
        shortest = self.view.side(self.image_encoder.spec.size)
        return f"inscriptions/{self.reader.digest}/{shortest}/{digest}"

    def _marks_key(self, digest: str) -> str:
        """Marks are looked for in what was decoded, which may be smaller than the photo."""
        assert self.marks is not None
        return f"marks/{self.marks.digest}/{self.view.side(self.image_encoder.spec.size)}/{digest}"

    def _seen(self, found_FX: Floats | None) -> SeenMarks | None:
        return None if self.marks is None or found_FX is None else self.marks.seen(found_FX)

    def _text_key(self, text: str) -> str:
        return f"text/{self.text_encoder.digest}/{hashlib.sha256(text.encode(errors='replace')).hexdigest()}"


@contextmanager
def _side_by_side(threads: int) -> Iterator[Each]:
    """`map` over so many threads; a single one is the caller's own, for handing over costs more than it gives."""
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads) as pool:
        yield pool.map


def encoded_text(listing: Listing) -> str:
    """What the text encoder reads of a listing; empty where title and description are blank."""
    title = normalise(cut(listing.title, LONGEST_TITLE))
    description = normalise(cut(listing.description, LONGEST_DESCRIPTION))
    return ". ".join(part for part in (title, description) if part)


def _facts_key(digest: str) -> str:
    return f"facts/{_FACTS_VERSION}/{digest}"


def _imprint_key(digest: str) -> str:
    return f"imprint/{_IMPRINT_VERSION}/{digest}"


def _imprinted(sight: Sight | str, imprint: Imprint | str) -> Sight | str:
    if isinstance(sight, str):
        return sight
    return imprint if isinstance(imprint, str) else replace(sight, imprint=imprint)


def _chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
