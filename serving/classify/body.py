"""A request's body taken apart into the items that it holds."""

import functools
import json
from dataclasses import dataclass

from serving.classify.forms import form_parts
from serving.classify.load import Load
from serving.classify.pixels import costs_of, refuse_beyond
from serving.classify.problems import Problem
from serving.classify.schemas import MAX_LISTINGS, ListingIn, PhotoIn, RepeatedKey, object_of
from serving.classify.wire import (
    Fetched,
    ReadPhoto,
    Refused,
    encodable,
    photo_from_base64,
    refuse_repeated,
    valid_listing,
    with_photos,
)
from trueshelf.listings import Listing, Photo

LISTINGS = "listings"
MOST_MARKS = 500_000
"""Brackets and commas in a body. A small body can be millions of tiny values, and no thread may do anything else while
they are read."""

_MARKS = (b"[", b"{", b",")


@dataclass(frozen=True, slots=True)
class Submission:
    """What a request asks for.

    Attributes:
        single: whether it was one listing on its own.
        loads: what each of the listings takes, without those that are refused.
    """

    items: list[Listing | Refused]
    single: bool
    loads: list[Load]

    @property
    def listings(self) -> list[Listing]:
        """Those that are not refused."""
        return [item for item in self.items if isinstance(item, Listing)]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request asks for, before its photos are looked at.

    Attributes:
        single: whether it was one listing on its own.
    """

    items: list[ListingIn | Refused]
    single: bool
    read_photo: ReadPhoto

    @property
    def urls(self) -> list[str]:
        """The addresses of photos."""
        listings = (item for item in self.items if isinstance(item, ListingIn))
        return [photo.url for each in listings for photo in each.photos or () if isinstance(photo, PhotoIn)]

    def submission(self, fetched: Fetched) -> Submission:
        """The listings with their photos, those that have an address taken from `fetched`."""
        items = [
            item if isinstance(item, Refused) else with_photos(item, read_photo=self.read_photo, fetched=fetched)
            for item in self.items
        ]
        costs = costs_of(items)
        kept = refuse_beyond(items, costs)
        return Submission(kept, self.single, [Load.of(item, costs) for item in kept if isinstance(item, Listing)])


def submission_from(body: bytes, *, content_type: str, fetching: bool = False) -> Submission | Draft:
    """The listings of a body, each a record or what is wrong with it; a draft where photos have to be fetched first.

    Raises:
        Problem: see `draft_from`.
    """
    draft = draft_from(body, content_type=content_type)
    return draft if fetching and draft.urls else draft.submission({})


def draft_from(body: bytes, *, content_type: str) -> Draft:
    """The listings of a body, each valid or with what is wrong with it.

    Raises:
        Problem: 400, the body cannot be taken apart; 415, it is neither JSON nor a form; 422, it holds no listings or
            too many.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _draft(parse_json(body, where="body"), read_photo=photo_from_base64)
    if kind == "multipart/form-data":
        return _draft_from_form(body, content_type)
    raise Problem.about(415, "Content-Type", "must be application/json or multipart/form-data")


def parse_json(content: bytes, *, where: str) -> object:
    """JSON as Python's objects; NaN, endless numbers and halves of characters are left for each listing to answer for.

    Raises:
        Problem: 400, it is not JSON in UTF-8; 413, it is made of more pieces than any listings are.
    """
    if sum(content.count(mark) for mark in _MARKS) > MOST_MARKS:
        raise Problem.about(413, where, f"holds more than {MOST_MARKS} brackets and commas")
    try:
        return json.loads(content.decode("utf-8-sig"), parse_int=_number, object_pairs_hook=object_of)
    except UnicodeDecodeError as error:
        raise Problem.about(400, where, f"is not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise Problem.about(400, where, message) from error
    except RecursionError as error:
        raise Problem.about(400, where, "is nested too deeply") from error


def _draft_from_form(body: bytes, content_type: str) -> Draft:
    parts = form_parts(body, content_type)
    if LISTINGS not in parts:
        raise Problem.about(422, LISTINGS, "the form has no such part; it must hold the listings as JSON")

    @functools.cache  # many listings may name one part
    def read_photo(name: str) -> Photo:
        if name == LISTINGS or name not in parts:
            raise ValueError("names no part of the form; each photo must be the name of the part that holds its file")
        return Photo.of(parts[name])

    return _draft(parse_json(parts[LISTINGS], where=LISTINGS), read_photo=read_photo)


def _draft(document: object, *, read_photo: ReadPhoto) -> Draft:
    if isinstance(document, RepeatedKey):
        raise Problem.about(422, "body", encodable(f"has the key {document.key[:100]!r} more than once"))
    if not isinstance(document, dict):
        raise Problem.about(422, "body", f'must be one listing or {{"{LISTINGS}": […]}}')
    if LISTINGS not in document:
        return Draft([valid_listing(document)], single=True, read_photo=read_photo)
    if others := sorted(map(str, document.keys() - {LISTINGS})):
        raise Problem.about(422, encodable(others[0][:100]), f"is not known beside {LISTINGS!r}")
    items = document[LISTINGS]
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_LISTINGS:
        found = f"{len(items)} listings" if isinstance(items, list) else "something else"
        raise Problem.about(422, LISTINGS, f"must be a list of 1 to {MAX_LISTINGS} listings, not {found}")
    return Draft(refuse_repeated([valid_listing(item) for item in items]), single=False, read_photo=read_photo)


def _number(digits: str) -> int | float:
    """A whole number; one that is beyond every bound anyway as a float, which costs no time to read."""
    return int(digits) if len(digits) < 30 else float(digits)
