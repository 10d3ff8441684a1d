"""The listing as it comes over HTTP: strict types, bounded sizes, no infinite numbers, no unknown fields."""

import re
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from trueshelf.listings.currencies import default_rates

MAX_LISTINGS = 64
MAX_PHOTOS = 16
MOST_FIELDS = 128
"""Of any one object: more than anything here may have, attributes included."""

_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def _clean(text: str) -> str:
    """Text without characters that make it read differently than it is stored."""
    if mark := _DIRECTION_MARKS.search(text):
        raise PydanticCustomError(
            "direction_mark",
            "has a direction mark (U+{code}) at character {position}; send text without them",
            {"code": f"{ord(mark[0]):04X}", "position": mark.start()},
        )
    return text


def _whole_characters(value: object) -> object:
    """JSON can escape half a character, which no encoding can carry on."""
    if isinstance(value, str) and (half := _SURROGATES.search(value)):
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


def _written_time(value: object) -> object:
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        return value
    raise PydanticCustomError("time_type", "must be text such as 2025-03-14T09:26:53Z")


_Text = Annotated[str, BeforeValidator(_whole_characters), AfterValidator(_clean)]
_Name = Annotated[_Text, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
_Language = Annotated[str, BeforeValidator(_whole_characters), StringConstraints(pattern=r"^[a-z]{2,3}$")]
_Currency = Annotated[str, BeforeValidator(_whole_characters), AfterValidator(_currency)]
_Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_time)]
_Photo = Annotated[str, BeforeValidator(_whole_characters)]


class _Inbound(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


class PriceIn(_Inbound):
    """An amount in major units (12.50 is twelve and a half) of an ISO 4217 currency."""

    amount: Annotated[float, Field(ge=0, le=1e12, description="Major units: 12.50 is twelve and a half.")]
    currency: Annotated[_Currency, Field(description="ISO 4217 code.", examples=["EUR"])]


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
                }
            ]
        }
    )

    listing_id: Annotated[_Name, Field(description="Comes back with the verdict; unique within a request.")]
    shop_id: _Name | None = None
    title: Annotated[_Text, StringConstraints(max_length=2_000)] = ""
    description: Annotated[_Text, StringConstraints(max_length=50_000)] = ""
    brand: Annotated[_Text, StringConstraints(max_length=200)] | None = None
    category: Annotated[_Text, StringConstraints(max_length=200)] | None = None
    price: Annotated[PriceIn | None, Field(description="What the buyer pays.")] = None
    list_price: Annotated[PriceIn | None, Field(description='The "before" price shown beside it.')] = None
    photos: Annotated[
        list[_Photo],
        Field(
            max_length=MAX_PHOTOS,
            description=(
                "JPEG, PNG, WebP or GIF. In a JSON request each is the file's content as base64; in a form each is the "
                "name of the part that holds the file. Addresses are not fetched."
            ),
        ),
    ] = []
    attributes: Annotated[
        dict[
            Annotated[_Text, StringConstraints(max_length=100)],
            Annotated[_Text, StringConstraints(max_length=1_000)],
        ],
        Field(max_length=100),
    ] = {}
    listed_at: Annotated[_Time | None, Field(description="With its offset from UTC.")] = None
    language: Annotated[_Language | None, Field(description="ISO 639-1 code of the title.")] = None


class BatchIn(_Inbound):
    """Several listings, answered in their order; an item that is no valid listing gets an error of its own."""

    listings: Annotated[list[ListingIn], Field(min_length=1, max_length=MAX_LISTINGS)]
