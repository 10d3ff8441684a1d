"""Photos that are known, and how a photo is found again among them.

A photo's candidates are the known photos with nearly its hash, as it is or mirrored, and those with the most similar
embedding, which a crop or a frame moves less than a hash. A candidate is a match only where one picture lies in the
other in all details (`alignment`): another photo of the same model is none.

Shapes: N known photos, D image dimensions, E dimensions kept of them, F side of a grey copy.
"""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trueshelf.models.cache import EmbeddingCache, NoCache
from trueshelf.models.gallery.comparison import Comparison, compared, comparison_key, orientations, picture_digest
from trueshelf.models.gallery.entries import UNKNOWN_SELLER, Entry, Kind, Match
from trueshelf.models.gallery.hashing import bits_apart
from trueshelf.models.gallery.imprint import SIDE, Imprint
from trueshelf.models.gallery.picture import Picture
from trueshelf.models.gallery.projection import Projection

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

SAME_PICTURE = 0.78
"""The likeness from which two photos show the same picture."""

_MAX_BITS = 48  # of a candidate; its details decide
_MIN_COSINE = 0.5
_BY_HASH, _BY_EMBEDDING = 4, 4
_BLOCK = 8192  # embeddings at once in full precision
_KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Known photos.

    Attributes:
        hashes_N4, qualities_N, greys_NFF, sizes_N2: the imprints of the entries' photos; grey copies lie in the upper
            left corner of a square, in which `sizes_N2` says their height and width. Hashes lie word by word, which is
            six times as quick to count over.
        groups_N: the entries' groups.
        embeddings_NE: of the photos as a whole.
        owners: the number of the group behind each shop whose photos are here, by `shop_key`.
        cache: remembers how photos compare.
    """

    entries: tuple[Entry, ...] = ()
    hashes_N4: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros((0, 4), dtype=np.uint64))
    qualities_N: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    greys_NFF: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, SIDE, SIDE), dtype=np.uint8))
    sizes_N2: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    groups_N: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    embeddings_NE: Floats = field(default_factory=lambda: np.zeros((0, 1), dtype=np.float32))
    projection: Projection = field(default_factory=Projection.none)
    owners: Mapping[str, int] = field(default_factory=dict)
    cache: EmbeddingCache = field(default_factory=NoCache)

    def __len__(self) -> int:
        return len(self.entries)

    @classmethod
    def of(
        cls,
        entries: Sequence[Entry],
        imprints: Sequence[Imprint],
        embeddings_ND: npt.NDArray[np.floating],
        *,
        owners: Mapping[str, int],
    ) -> "Gallery":
        """A gallery of photos with their imprints and the embeddings of them as a whole."""
        if not entries:
            return cls()
        projection = Projection.fit(embeddings_ND)
        starts = range(0, len(entries), _BLOCK)
        blocks = [projection(embeddings_ND[start : start + _BLOCK]).astype(np.float16) for start in starts]
        greys_NFF = np.zeros((len(entries), SIDE, SIDE), dtype=np.uint8)
        for grey_FF, imprint in zip(greys_NFF, imprints, strict=True):
            height, width = imprint.grey_HW.shape
            grey_FF[:height, :width] = imprint.grey_HW
        return cls(
            entries=tuple(entries),
            hashes_N4=np.asfortranarray(np.stack([imprint.hashes_O4[0] for imprint in imprints])),
            qualities_N=np.array([imprint.quality for imprint in imprints], dtype=np.int64),
            greys_NFF=greys_NFF,
            sizes_N2=np.array([imprint.grey_HW.shape for imprint in imprints], dtype=np.int64),
            groups_N=np.array([entry.group for entry in entries], dtype=np.int64),
            embeddings_NE=np.concatenate(blocks).astype(np.float32),
            projection=projection,
            owners=dict(owners),
        )

    def remembering(self, cache: EmbeddingCache) -> "Gallery":
        """The same gallery with comparisons remembered in `cache`."""
        return replace(self, cache=cache)

    def group_of(self, shop_id: str | None) -> int | None:
        """The number of the seller behind a shop; None where the seller has no photo here."""
        return UNKNOWN_SELLER if shop_id is None else self.owners.get(shop_key(shop_id))

    @classmethod
    def load(cls, path: Path) -> "Gallery":
        """The inverse of `save`.

        Raises:
            ValueError: the file is no gallery.
        """
        try:
            with np.load(path, allow_pickle=False) as held:
                columns = zip(held["kinds"], held["names"], held["brands"], held["groups"], strict=True)
                return cls(
                    entries=tuple(
                        Entry(kind=_KINDS[kind], name=str(name), brand=str(brand), group=int(group))
                        for kind, name, brand, group in columns
                    ),
                    hashes_N4=np.asfortranarray(held["hashes"]),
                    qualities_N=held["qualities"],
                    greys_NFF=held["greys"],
                    sizes_N2=held["sizes"],
                    groups_N=held["groups"],
                    embeddings_NE=held["embeddings"].astype(np.float32),
                    projection=Projection(held["mean"], held["axes"]),
                    owners=dict(zip(held["shops"].tolist(), held["shop_groups"].tolist(), strict=True)),
                )
        except (KeyError, IndexError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is no gallery: {error}") from error

    def save(self, path: Path) -> None:
        """Write everything as plain arrays; half precision is enough for embeddings that only propose."""
        np.savez(
            path,
            kinds=np.array([_KINDS.index(entry.kind) for entry in self.entries], dtype=np.uint8),
            names=np.array([entry.name for entry in self.entries], dtype=np.str_),
            brands=np.array([entry.brand for entry in self.entries], dtype=np.str_),
            hashes=self.hashes_N4,
            qualities=self.qualities_N,
            greys=self.greys_NFF,
            sizes=self.sizes_N2,
            groups=self.groups_N,
            embeddings=self.embeddings_NE.astype(np.float16),
            mean=self.projection.mean_D,
            axes=self.projection.axes_DE,
            shops=np.array(list(self.owners), dtype=np.str_),
            shop_groups=np.array(list(self.owners.values()), dtype=np.int64),
        )

    def find(self, imprint: Imprint, embedding_D: Floats, *, but: int | None) -> list[Match]:
        """The known photos of the same picture, the likest first, of which those of one seller do not count.

        Args:
            embedding_D: of the photo as a whole.
            but: the number of that seller.
        """
        rows = self._candidates(imprint, embedding_D, but)
        found = [
            Match(self.entries[row], comparison.likeness, comparison.change)
            for row, comparison in zip(rows.tolist(), self._compared(imprint, rows), strict=True)
            if comparison.likeness >= SAME_PICTURE
        ]
        return sorted(found, key=lambda match: -match.likeness)

    def _candidates(self, imprint: Imprint, embedding_D: Floats, but: int | None) -> Ints:
        """Rows of the most similar known photos, by hash first."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        others_N = np.ones(len(self), dtype=bool) if but is None else self.groups_N != but
        near = [np.zeros(0, dtype=np.int64)]
        if imprint.usable:
            apart_N = np.minimum(*(bits_apart(hash_4, self.hashes_N4) for hash_4 in imprint.hashes_O4))
            near.append(_first(apart_N, others_N & (apart_N <= _MAX_BITS), _BY_HASH))
        cosine_N = self.embeddings_NE @ self.projection(embedding_D[None])[0]
        near.append(_first(-cosine_N, others_N & (cosine_N >= _MIN_COSINE), _BY_EMBEDDING))
        return np.array(list(dict.fromkeys(np.concatenate(near).tolist())), dtype=np.int64)

    def _compared(self, imprint: Imprint, rows: Ints) -> list[Comparison]:
        """A photo beside some known ones, each pair of pictures once."""
        if not len(rows):
            return []
        asked, own = orientations(imprint.grey_HW), picture_digest(imprint.grey_HW)
        greys = [
            self.greys_NFF[row, :height, :width] for row, (height, width) in zip(rows, self.sizes_N2[rows], strict=True)
        ]
        keys = [comparison_key(own, picture_digest(grey_HW)) for grey_HW in greys]
        known = {
            key: Comparison.from_row(row) for key in dict.fromkeys(keys) if (row := self.cache.get(key)) is not None
        }
        new = {}
        for key, grey_HW in zip(keys, greys, strict=True):
            if key not in known:
                known[key] = new[key] = compared(asked, Picture(grey_HW))
        if new:
            self.cache.put({key: comparison.to_row() for key, comparison in new.items()})
        return [known[key] for key in keys]


def shop_key(shop_id: str) -> str:
    """What a gallery knows a shop by: enough to leave its own photos out, and no list of sellers."""
    return hashlib.blake2b(shop_id.encode(errors="replace"), digest_size=8).hexdigest()


def _first(ranks_N: npt.NDArray[np.generic], eligible_N: npt.NDArray[np.bool_], most: int) -> Ints:
    rows = np.flatnonzero(eligible_N)
    return rows[np.argsort(ranks_N[rows], kind="stable")[:most]]
