"""The gallery of known photos that a bundle carries: those of labelled training listings, and references."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.duplicates import MAX_PHOTO_BITS, Ints, pairs_within
from training.data.parts import UNKNOWN, Part
from training.data.stream import Listings
from training.looking import perceived
from training.progress import Progress
from trueshelf.listings import Head, Listing, Reference, Shop
from trueshelf.models.gallery import NOBODY, UNKNOWN_SELLER, Entry, Gallery, Imprint, Kind, shop_key
from trueshelf.models.perception import Perceiver, Percept
from trueshelf.models.sight import Sight

STOCK_FROM = 4
"""Sellers of whom some show a picture for fakes and some for genuine articles, from which it is a stock photo."""

MOST_PHOTOS = 50_000
"""That a gallery holds: it is in memory (3 KB a photo), in the bundle, and gone through for every photo."""

_COUNTERFEIT = list(Head).index(Head.COUNTERFEIT)
_KIND = {1: Kind.FAKE, 0: Kind.GENUINE}


def known_photos(
    part: Part,
    references: Sequence[Reference],
    perceiver: Perceiver,
    shops: Mapping[str, Shop],
    progress: Progress,
) -> Gallery:
    """The gallery of all references and of a split's photos, `MOST_PHOTOS` together: of fakes before those of genuine
    articles, and of the latest listings before those of earlier ones.

    Raises:
        ValueError: a photo cannot be decoded; `dataset check` lists all such photos.
    """
    known, done = Collection(shops), 0
    shown = [Listing(id=reference.source, photos=(reference.photo,)) for reference in references]
    for _, percepts in perceived(perceiver, shown, progress, "reference"):
        known.add_references(references[done : done + len(percepts)], percepts)
        done += len(percepts)
    places_M = kept(part, most=MOST_PHOTOS - len(references))
    some, answers_NH, done = part.listings.at(places_M), part.answers_NH[places_M], 0
    for listings, percepts in perceived(perceiver, some, progress, "known"):
        known.add_listings(listings, percepts, answers_NH[done : done + len(listings)])
        done += len(listings)
    return known.gallery()


def kept(part: Part, *, most: int) -> Ints:
    """Which of a split's listings have a place in a gallery of `most` photos, [M] in ascending order.

    Those that nobody has judged have none; fakes come before genuine articles, and later ones before earlier ones.
    """
    answers_N = part.answers_NH[:, _COUNTERFEIT]
    photos_N, moments_N = _photos_and_moments(part.listings)
    order_M = np.lexsort((-moments_N, answers_N != 1, answers_N == UNKNOWN))[: int((answers_N != UNKNOWN).sum())]
    return np.sort(order_M[photos_N[order_M].cumsum() <= most])


def _photos_and_moments(listings: Listings) -> tuple[Ints, Ints]:
    """How many photos each listing has, and when it was listed, in microseconds; 0 where that is not known."""
    columns = list(listings.columns(["photos", "listed_at"]))
    photos = [pc.fill_null(pc.list_value_length(batch["photos"]), 0).to_numpy() for batch in columns]
    moments = [pc.fill_null(batch["listed_at"].cast("int64"), 0).to_numpy() for batch in columns]
    none = [np.zeros(0, dtype=np.int64)]
    return np.concatenate(none + photos).astype(np.int64), np.concatenate(none + moments)


@dataclass(slots=True)
class Collection:
    """Known photos, gathered a listing at a time."""

    shops: Mapping[str, Shop]
    entries: list[Entry] = field(default_factory=list)
    imprints: list[Imprint] = field(default_factory=list)
    embeddings: list[np.ndarray[tuple[int, ...], np.dtype[np.float16]]] = field(default_factory=list)
    groups: dict[str, int] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)

    def add_listings(self, listings: Sequence[Listing], percepts: Sequence[Percept], answers_NH: Ints) -> None:
        """The photos of the listings whose answer is known.

        Args:
            answers_NH: 1 yes, 0 no, -1 unknown, heads in the order of `Head`.
        """
        for listing, percept, answer in zip(listings, percepts, answers_NH[:, _COUNTERFEIT].tolist(), strict=True):
            if answer in _KIND:
                group = self._group(listing.shop_id)
                entry = Entry(kind=_KIND[answer], name=listing.id, brand=listing.brand or "", group=group)
                for sight in _distinct(listing, percept):
                    self.add(entry, sight)

    def add_references(self, references: Sequence[Reference], percepts: Sequence[Percept]) -> None:
        """Photos that are known beforehand, which are no seller's."""
        for reference, percept in zip(references, percepts, strict=True):
            (sight,) = percept.sights
            self.add(Entry(kind=reference.kind, name=reference.source, brand=reference.brand or ""), sight)

    def add(self, entry: Entry, sight: Sight) -> None:
        """One known photo; one without enough detail to be told from others is left out."""
        if sight.imprint is not None and sight.imprint.usable:
            self.entries.append(entry)
            self.imprints.append(sight.imprint)
            self.embeddings.append(sight.views_VD[0].astype(np.float16))  # they only propose

    def gallery(self) -> Gallery:
        """All that was gathered, with stock photos told from the others."""
        if not self.entries:
            return Gallery()
        stock = _stock(self.entries, np.stack([imprint.hashes_O4[0] for imprint in self.imprints]))
        entries = [
            replace(entry, kind=Kind.STOCK) if many else entry for entry, many in zip(self.entries, stock, strict=True)
        ]
        return Gallery.of(entries, self.imprints, np.stack(self.embeddings), owners=self.owners)

    def _group(self, shop_id: str | None) -> int:
        """The number of whoever stands behind a shop: its operator, or else the shop itself."""
        if shop_id is None:
            return UNKNOWN_SELLER
        shop = self.shops.get(shop_id)
        operator = shop.operator_id if shop else None
        group = self.groups.setdefault(
            f"shop {shop_id}" if operator is None else f"operator {operator}", len(self.groups)
        )
        self.owners[shop_key(shop_id)] = group
        return group


def _distinct(listing: Listing, percept: Percept) -> Iterator[Sight]:
    """What is seen in each of a listing's photos, those that it repeats once."""
    digests = (photo.digest for photo in listing.photos)
    yield from dict(zip(digests, percept.sights, strict=True)).values()


def _stock(entries: Sequence[Entry], hashes_N4: "np.ndarray[tuple[int, int], np.dtype[np.uint64]]") -> Iterable[bool]:
    """Whether each photo's picture is shown by `STOCK_FROM` sellers, for fakes by some, for genuine goods by others.

    References keep the kind with which they were handed in, and say nothing about sellers.
    """
    distinct_U4, which_N = np.unique(hashes_N4, axis=0, return_inverse=True)
    pairs_E2 = pairs_within(distinct_U4, MAX_PHOTO_BITS)
    graph = coo_array((np.ones(len(pairs_E2), dtype=np.int8), pairs_E2.T), shape=(len(distinct_U4), len(distinct_U4)))
    pictures = connected_components(graph, directed=False)[1][which_N]
    sellers: dict[int, set[int]] = {}
    kinds: dict[int, set[Kind]] = {}
    for entry, picture in zip(entries, pictures.tolist(), strict=True):
        if entry.group != NOBODY:
            sellers.setdefault(picture, set()).add(entry.group)
            kinds.setdefault(picture, set()).add(entry.kind)
    many = {picture for picture, groups in sellers.items() if len(groups) >= STOCK_FROM and len(kinds[picture]) > 1}
    return [
        entry.group != NOBODY and picture in many for entry, picture in zip(entries, pictures.tolist(), strict=True)
    ]
