"""The listing as it comes over HTTP: strict types, bounded sizes, no infinite numbers, no unknown fields."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from trueshelf.listings.currencies import default_rates

MAX_LISTINGS = 64
MAX_PHOTOS = 16
MOST_FIELDS = 128
"""Of any one object: more than anything here may have, attributes included."""

_DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f]")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]{1,8}){0,4}")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """Stands for a JSON object that has a key more than once: which value is meant, nobody can tell.

    Attributes:
        fields: the object with the last value of each key.
    """

    key: str
    fields: Mapping[str, object]


def object_of(pairs: Sequence[tuple[str, object]]) -> object:
    """An object; for one of endless fields, or with a key twice, a stand-in that is refused in its place."""
    if len(pairs) > MOST_FIELDS:
        return f"an object of {len(pairs)} fields"
    if len(fields := dict(pairs)) == len(pairs):
        return fields
    counts = Counter(key for key, _ in pairs)
    return RepeatedKey(max(counts, key=counts.__getitem__), fields)


def _each_key_once(value: object) -> object:
    if isinstance(value, RepeatedKey):
        raise PydanticCustomError("repeated_key", "has the key {key} more than once", {"key": repr(value.key[:100])})
    return value


def _clean(text: str) -> str:
    """Text without characters that make it read differently than it is stored.

    Marks that only hint at a direction belong to honest Hebrew and Arabic; where no letter runs from right to left they
    have no use.
    """
    mark = _DIRECTION_CONTROLS.search(text) or _DIRECTION_MARKS.search(text)
    if mark and (_DIRECTION_CONTROLS.match(mark[0]) or not _runs_from_the_right(text)):
        raise PydanticCustomError(
            "direction_mark",
            "has a direction mark (U+{code}) at character {position}; send text without them",
            {"code": f"{ord(mark[0]):04X}", "position": mark.start()},
        )
    return text


def _runs_from_the_right(text: str) -> bool:
    """Whether any letter does; the marks themselves are none."""
    return any(char.isalpha() and unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def _whole_characters(value: object) -> object:
    """JSON can escape half a character, which no encoding can carry on."""
    # Photos are the longest of all texts and nothing but ASCII, which a text knows of itself without being searched.
    if isinstance(value, str) and not value.isascii() and (half := _SURROGATES.search(value)):
        raise PydanticCustomError(
            "lone_surrogate",
            "has half a character (\\u{code}) at character {position}, which is no Unicode text",
            {"code": f"{ord(half[0]):04x}", "position": half.start()},
        )
    return value


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise PydanticCustomError("not_printable", "has control characters, or blanks at its ends")
    return text


def _currency(code: str) -> str:
    if code not in default_rates():
        raise PydanticCustomError("unknown_currency", "is no active ISO 4217 code such as USD")
    return code


def _language(tag: str) -> str:
    """The language of a tag such as zh-CN, its region and script left out."""
    if not (found := _LANGUAGE.fullmatch(tag)):
        raise PydanticCustomError("language", "must be a language code such as en or zh-CN (ISO 639-1, BCP 47)")
    return found[1].lower()


def _written_time(value: object) -> object:
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        return value
    raise PydanticCustomError("time_type", "must be text such as 2025-03-14T09:26:53Z")


_Text = Annotated[str, BeforeValidator(_whole_characters), AfterValidator(_clean)]
_Name = Annotated[_Text, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
_Language = Annotated[str, BeforeValidator(_whole_characters), AfterValidator(_language)]
_Currency = Annotated[str, BeforeValidator(_whole_characters), AfterValidator(_currency)]
_Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_time)]
_Count = Annotated[int, Field(ge=0, le=10**9)]

_Attributes = Annotated[
    dict[
        Annotated[_Text, StringConstraints(max_length=100)],
        Annotated[_Text, StringConstraints(max_length=1_000)],
    ],
    Field(max_length=100),
    BeforeValidator(_each_key_once),
]


class _Inbound(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)

    _keys = model_validator(mode="before")(_each_key_once)


class PriceIn(_Inbound):
    """An amount in major units (12.50 is twelve and a half) of an ISO 4217 currency."""

    amount: Annotated[float, Field(ge=0, le=1e12, description="Major units: 12.50 is twelve and a half.")]
    currency: Annotated[_Currency, Field(description="ISO 4217 code.", examples=["EUR"])]


class ShopIn(_Inbound):
    """What was known of the shop when the listing came in, and nothing later; whatever is missing was not known."""

    registered_at: Annotated[_Time | None, Field(description="Not after `listed_at`; counts with it only.")] = None
    certification: Annotated[
        Literal["none", "basic", "depth"] | None, Field(description="How far it was checked who runs the shop.")
    ] = None
    authorised_brands: Annotated[
        Annotated[list[Annotated[_Text, StringConstraints(max_length=200)]], Field(max_length=1_000)] | None,
        Field(description="Brands that it may sell as their owners' reseller; [] says that there are none."),
    ] = None
    listings: Annotated[_Count | None, Field(description="Its earlier listings.")] = None
    listings_30_days: Annotated[_Count | None, Field(description="Those from the 30 days before.")] = None
    found_counterfeit: Annotated[_Count | None, Field(description="Those found to be counterfeit by then.")] = None
    found_genuine: Annotated[_Count | None, Field(description="Those found not to be counterfeit by then.")] = None

    @field_validator("listings_30_days", "found_counterfeit", "found_genuine")
    @classmethod
    def _no_more_than_all(cls, value: int | None, info: ValidationInfo) -> int | None:
        most = info.data.get("listings")
        if info.field_name == "found_genuine" and most is not None:
            most -= info.data.get("found_counterfeit") or 0
        if value is not None and most is not None and value > most:
            raise PydanticCustomError("more_than_all", "counts more listings than the shop's earlier ones")
        return value


class PhotoIn(_Inbound):
    """A photo by its address."""

    url: Annotated[
        str,
        BeforeValidator(_whole_characters),
        Field(description="Percent-encoded, of a host that the service was told to fetch photos from; https only."),
    ]


KINDS_OF_PHOTOS = ("[text]", "[address]")
"""What stands in pydantic's errors between a photo's number and what is wrong with it."""

_Photo = Annotated[
    Annotated[str, BeforeValidator(_whole_characters), Tag(KINDS_OF_PHOTOS[0])]
    | Annotated[PhotoIn, Tag(KINDS_OF_PHOTOS[1])],
    Discriminator(lambda value: KINDS_OF_PHOTOS[isinstance(value, (dict, RepeatedKey, PhotoIn))]),
]


class ListingIn(_Inbound):
    """A listing to be judged. Only its id is required: whatever is missing is judged as missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "listing_id": "L-1001",
                    "shop_id": "S-77",
                    "title": "Running shoes, size 42, blue",
                    "description": "Worn twice, with the box.",
                    "brand": "Nike",
                    "category": "shoes",
                    "price": {"amount": 49.0, "currency": "EUR"},
                    "list_price": {"amount": 89.0, "currency": "EUR"},
                    "photos": [],
                    "attributes": {"colour": "blue"},
                    "listed_at": "2025-03-14T09:26:53Z",
                    "language": "en",
                    "shop": {
                        "registered_at": "2023-05-02T08:00:00Z",
                        "certification": "basic",
                        "authorised_brands": [],
                        "listings": 41,
                        "listings_30_days": 6,
                        "found_counterfeit": 0,
                        "found_genuine": 3,
                    },
                }
            ]
        }
    )

    listing_id: Annotated[_Name, Field(description="Comes back with the verdict; unique within a request.")]
    shop_id: _Name | None = None
    title: Annotated[_Text, StringConstraints(max_length=2_000)] | None = None
    description: Annotated[_Text, StringConstraints(max_length=50_000)] | None = None
    brand: Annotated[_Text, StringConstraints(max_length=200)] | None = None
    category: Annotated[_Text, StringConstraints(max_length=200)] | None = None
    price: Annotated[PriceIn | None, Field(description="What the buyer pays.")] = None
    list_price: Annotated[PriceIn | None, Field(description='The "before" price shown beside it.')] = None
    photos: Annotated[
        Annotated[list[_Photo], Field(max_length=MAX_PHOTOS)] | None,
        Field(
            description=(
                "JPEG, PNG, WebP or GIF. In a JSON request each is the file's content as base64; in a form each is the "
                "name of the part that holds the file. In both it may be an object with the photo's address instead, "
                "where the service was set up to fetch photos."
            ),
        ),
    ] = None
    attributes: _Attributes | None = None
    listed_at: Annotated[_Time | None, Field(description="With its offset from UTC.")] = None
    language: Annotated[_Language | None, Field(description='ISO 639-1 code of the title; "zh-CN" is "zh".')] = None
    shop: Annotated[
        ShopIn | None, Field(description="What was known of the shop by then. `shop_id` itself is never judged.")
    ] = None


class BatchIn(_Inbound):
    """Several listings, answered in their order; an item that is no valid listing gets an error of its own."""

    listings: Annotated[list[ListingIn], Field(min_length=1, max_length=MAX_LISTINGS)]
