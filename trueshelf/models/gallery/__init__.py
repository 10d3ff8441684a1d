"""Known photos, and how a photo is found again among them.

hashing     PDQ
imprint     what is kept of a photo: hashes, and a small grey copy
picture     a grey copy, and what comparisons ask of it
alignment   whether one picture lies in another, in all details
comparison  the same of two photos, whichever way round, by which it is remembered
projection  embeddings in fewer dimensions
entries     what a known photo is
gallery     all of them: candidates by hash and embedding, then aligned
"""

from trueshelf.models.gallery.entries import NOBODY, UNKNOWN_SELLER, Entry, Kind, Match
from trueshelf.models.gallery.gallery import SAME_PICTURE, Gallery, shop_key
from trueshelf.models.gallery.hashing import Fingerprint, fingerprint
from trueshelf.models.gallery.imprint import Imprint

__all__ = [
    "NOBODY",
    "SAME_PICTURE",
    "UNKNOWN_SELLER",
    "Entry",
    "Fingerprint",
    "Gallery",
    "Imprint",
    "Kind",
    "Match",
    "fingerprint",
    "shop_key",
]
