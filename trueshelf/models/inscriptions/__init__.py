"""Writing in photos: whether there may be any, where its lines are, and what they say."""

from trueshelf.models.inscriptions.inscription import Box, Inscription, packed, unpacked
from trueshelf.models.inscriptions.reader import InscriptionReader
from trueshelf.models.inscriptions.spec import ReaderSpec

__all__ = ["Box", "Inscription", "InscriptionReader", "ReaderSpec", "packed", "unpacked"]
