"""The way between what travels over HTTP and the library's records: listings in, verdicts out."""

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from serving.classify import responses as out
from serving.classify.model import ServedModel
from serving.classify.schemas import KINDS_OF_PHOTOS, MOST_FIELDS, ListingIn, PhotoIn, PriceIn, RepeatedKey, ShopIn
from serving.fetching.errors import FetchError
from trueshelf.listings import Certification, Head, Listing, Money, Photo, ShopContext
from trueshelf.listings.images import ImageLimits
from trueshelf.models import HeadVerdict, ItemError, Prevalence, Reason, Thresholds, Verdict
from trueshelf.models.notes import LABELS_FOR_STAFF as LABELS_OF_NOTES
from trueshelf.models.reason_labels import LABELS_FOR_SELLERS, LABELS_FOR_STAFF

ReadPhoto = Callable[[str], Photo]
"""From what a listing says of a photo to the photo itself; raises ValueError with what is wrong."""

Fetched = Mapping[str, Photo | FetchError]
"""Photos by their address, or why there is none."""

_NOT_FETCHED = "addresses of photos are not fetched; send the photo itself as base64"
_LONGEST_PHOTO = (ImageLimits().max_bytes + 2) // 3 * 4
_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is no field of a listing",
    "string_unicode": "is no Unicode text",
    "model_type": f"must be an object of at most {MOST_FIELDS} fields",
    "dict_type": f"must be an object of at most {MOST_FIELDS} fields",
}
_UNITS = {"List": "items", "Dictionary": "entries"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A listing without a verdict.

    Attributes:
        listing_id: None where the listing names none that could be used.
        status: whose fault it is, as HTTP has it: 422 where the listing is no valid one, from 500 on where it is ours.
    """

    listing_id: str | None
    field: str
    message: str
    status: int = 422


def listing_from(item: object, *, read_photo: ReadPhoto) -> Listing | Refused:
    """The listing that an item with all its photos describes, or what is wrong with it."""
    listing = valid_listing(item)
    return listing if isinstance(listing, Refused) else with_photos(listing, read_photo=read_photo, fetched={})


def valid_listing(item: object) -> ListingIn | Refused:
    """What one item of a request says, or what is wrong with it; its photos are not looked at."""
    try:
        listing = ListingIn.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return Refused(_usable_id(item), field_path(first), _message(first))
    if _registered_later(listing):
        return Refused(listing.listing_id, "shop.registered_at", "lies after listed_at; send what was known by then")
    return listing


def with_photos(listing: ListingIn, *, read_photo: ReadPhoto, fetched: Fetched) -> Listing | Refused:
    """The record of a valid listing, or what is wrong with one of its photos."""
    photos = []
    for index, told in enumerate(listing.photos or ()):
        try:
            photos.append(_fetched(told, fetched) if isinstance(told, PhotoIn) else read_photo(told))
        except ValueError as error:
            status = error.status if isinstance(error, FetchError) else 422
            return Refused(listing.listing_id, f"photos[{index}]", str(error), status)
    return to_record(listing, photos=photos)


def _fetched(photo: PhotoIn, fetched: Fetched) -> Photo:
    found = fetched.get(photo.url) or FetchError(_NOT_FETCHED)
    if isinstance(found, FetchError):
        raise found
    return found


def to_record(listing: ListingIn, *, photos: Sequence[Photo]) -> Listing:
    """The library's record of a valid listing."""
    return Listing(
        id=listing.listing_id,
        shop_id=listing.shop_id,
        shop=None if listing.shop is None else _context(listing.shop),
        title=listing.title or "",
        description=listing.description or "",
        brand=listing.brand,
        category=listing.category,
        price=_money(listing.price),
        list_price=_money(listing.list_price),
        photos=tuple(photos),
        attributes=listing.attributes or {},
        listed_at=listing.listed_at,
        language=listing.language,
    )


def refuse_repeated(items: Sequence[ListingIn | Refused]) -> list[ListingIn | Refused]:
    """Refuse every listing whose id another one of the request has: an answer must be nobody else's."""
    ids = [item.listing_id for item in items]
    counts = Counter(ids)
    return [
        Refused(listing_id, "listing_id", f"{counts[listing_id]} listings of the request have this id")
        if listing_id is not None and counts[listing_id] > 1
        else item
        for listing_id, item in zip(ids, items, strict=True)
    ]


def photo_from_base64(text: str) -> Photo:
    """The photo that is written as base64.

    Raises:
        ValueError: the text is something else, an address for instance.
    """
    text = text.replace("\r", "").replace("\n", "")  # MIME breaks base64 into lines (RFC 2045)
    if not text:
        raise ValueError("the photo is empty")
    start = text[:16].lower()
    if start.startswith(("http:", "https:", "ftp:", "file:", "//")):
        raise ValueError(_NOT_FETCHED)
    if start.startswith("data:"):
        raise ValueError("data: addresses are not accepted; send the base64 alone")
    if len(text) > _LONGEST_PHOTO:
        raise ValueError(f"the photo has about {len(text) * 3 // 4} bytes, more than {ImageLimits().max_bytes}")
    try:
        return Photo.of(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the photo is not valid base64: {error}") from error


def result_of(answer: Verdict | ItemError | Refused) -> out.JudgedOut | out.FailedOut:
    """One listing's result."""
    if isinstance(answer, Verdict):
        return out.JudgedOut(listing_id=answer.listing_id, verdict=_verdict(answer))
    status = answer.status if isinstance(answer, Refused) else 422
    error = out.ErrorOut(field=answer.field, message=encodable(answer.message), status=status)
    return out.FailedOut(listing_id=answer.listing_id, error=error)


def model_of(model: ServedModel) -> out.ModelOut:
    """The model, as every answer names it."""
    heads = {head: _head_model(by, model.prevalences.get(head)) for head, by in model.thresholds.items()}
    return out.ModelOut(name=model.name, version=model.version, precision=model.precision, heads=heads)


def field_path(error: ErrorDetails) -> str:
    """Where a listing is wrong, as `photos[1]` or `price.amount`; `listing` for the whole of it."""
    path = ""
    for step in error["loc"]:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in ("[key]", *KINDS_OF_PHOTOS):
            path += f".{step[:100]}"
    return encodable(path.removeprefix(".")) or "listing"


def encodable(text: str) -> str:
    """Text that any answer can carry: halves of characters are spelt out."""
    return text.encode(errors="backslashreplace").decode()


def _message(error: ErrorDetails) -> str:
    if error["type"] in ("too_long", "too_short"):
        bounds = error["ctx"]
        bound = f"at most {bounds['max_length']}" if "max_length" in bounds else f"at least {bounds['min_length']}"
        return f"must have {bound} {_UNITS.get(bounds['field_type'], 'characters')}"
    return _MESSAGES.get(error["type"]) or error["msg"].replace("Input should", "should")


def _usable_id(item: object) -> str | None:
    """The id of an invalid listing, if that at least is one."""
    if isinstance(item, RepeatedKey) and item.key != "listing_id":
        item = item.fields
    if not isinstance(item, Mapping):
        return None
    try:
        return ListingIn.model_validate({"listing_id": item.get("listing_id")}).listing_id
    except ValidationError:
        return None


def _registered_later(listing: ListingIn) -> bool:
    registered_at = None if listing.shop is None else listing.shop.registered_at
    return registered_at is not None and listing.listed_at is not None and registered_at > listing.listed_at


def _context(shop: ShopIn) -> ShopContext:
    return ShopContext(
        registered_at=shop.registered_at,
        certification=None if shop.certification is None else Certification(shop.certification),
        authorised_brands=None if shop.authorised_brands is None else tuple(shop.authorised_brands),
        listings=shop.listings,
        listings_30_days=shop.listings_30_days,
        found_counterfeit=shop.found_counterfeit,
        found_genuine=shop.found_genuine,
    )


def _money(price: PriceIn | None) -> Money | None:
    return None if price is None else Money(price.amount, price.currency)


def _verdict(verdict: Verdict) -> out.VerdictOut:
    return out.VerdictOut(
        action=verdict.action,
        heads={head: _head(answer) for head, answer in verdict.heads.items()},
        reasons=[_reason(reason) for reason in verdict.reasons],
        notes=[
            out.NoteOut(code=note.code, field=note.field, label=LABELS_OF_NOTES[note.code]) for note in verdict.notes
        ],
    )


def _head(answer: HeadVerdict) -> out.HeadVerdictOut:
    return out.HeadVerdictOut(probability=answer.probability, action=answer.action, threshold_category=answer.group)


def _reason(reason: Reason) -> out.ReasonOut:
    return out.ReasonOut(
        code=reason.code,
        head=Head(reason.head),
        label=out.LabelsOut(staff=LABELS_FOR_STAFF[reason.code], seller=LABELS_FOR_SELLERS[reason.code]),
        value=reason.value,
        threshold=reason.threshold,
        contribution=reason.contribution,
        evidence={key: encodable(value) for key, value in reason.evidence.items()},
    )


def _head_model(thresholds: Thresholds, prevalence: Prevalence | None) -> out.HeadModelOut:
    return out.HeadModelOut(
        **dict(_thresholds(thresholds)),
        prevalence=None if prevalence is None else out.PrevalenceOut(share=prevalence.share, stated=prevalence.stated),
        categories={name: _thresholds(each) for name, each in thresholds.groups.items()},
    )


def _thresholds(thresholds: Thresholds) -> out.ThresholdsOut:
    promise = thresholds.guarantee
    return out.ThresholdsOut(
        review_above=thresholds.review,
        act_above=thresholds.act,
        guarantee=out.GuaranteeOut(
            holds=promise.holds,
            alpha=promise.alpha,
            confidence=promise.confidence,
            n=promise.n,
            group=promise.group,
            groups=promise.groups,
            per_shop=promise.per_shop,
            why_not=promise.why_not,
        ),
    )
