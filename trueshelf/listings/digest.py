"""What names a listing by all that it says: two listings with one digest are the same in every field."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime

from trueshelf.listings.records import Listing, Photo


def listing_digest(listing: Listing) -> str:
    """The SHA-256 of every field of a listing, its id and what was known of its shop among them, hex.

    A photo is told by its digest. The order of attributes counts: whoever sends them in another order asks anew.
    """
    return hashlib.sha256(repr(_plain(listing)).encode()).hexdigest()


def _plain(value: object) -> object:
    """A value as nested tuples of texts and numbers, which `repr` tells apart; fields to come are in it by
    themselves."""
    match value:
        case None | str() | bool() | int() | float():
            return value
        case Photo():
            return value.digest
        case datetime():
            return ("time", value.isoformat())
        case Mapping():
            return ("mapping", *((_plain(key), _plain(held)) for key, held in value.items()))
        case tuple():
            return ("several", *map(_plain, value))
    if not is_dataclass(value):
        raise TypeError(f"a listing holds {type(value).__name__}, which has no digest yet")
    return (type(value).__name__, *((field.name, _plain(getattr(value, field.name))) for field in fields(value)))
