"""What a marketplace says about a listing and its shop, and what people have said about the listing since."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Head(StrEnum):
    """A question that the model answers about a listing."""

    COUNTERFEIT = "counterfeit"
    LOW_QUALITY = "low_quality"


class Answer(StrEnum):
    """A person's answer to one head's question."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Provenance(StrEnum):
    """Where a label comes from."""

    BRAND_NOTICE = "brand_notice"
    TEST_BUY = "test_buy"
    REVIEWER = "reviewer"
    APPEAL = "appeal"
    REPORT = "report"
    SIMULATED = "simulated"


class Certification(StrEnum):
    """How far the marketplace has checked who runs a shop."""

    NONE = "none"
    BASIC = "basic"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in major units (12.50 is twelve and a half) of an ISO 4217 currency."""

    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class Photo:
    """An encoded photo, in memory or in a file, named by the SHA-256 of its bytes."""

    digest: str
    source: bytes | Path

    @classmethod
    def of(cls, content: bytes) -> "Photo":
        return cls(hashlib.sha256(content).hexdigest(), content)

    def read(self) -> bytes:
        """The encoded bytes.

        Raises:
            OSError: the file that holds the photo cannot be read.
        """
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopContext:
    """What was known of a shop at the moment when one of its listings came in; None where it was not known.

    It says nothing of who or where the shop is, and nothing that came to light later.

    Attributes:
        authorised_brands: the brands that the shop may sell as their owners' reseller, as the marketplace has them on
            file; proofs of it are forged at times.
        listings: earlier listings of the shop.
        listings_30_days: those of them from the 30 days before.
        found_counterfeit, found_genuine: earlier listings whose answer was known by then.
    """

    registered_at: datetime | None = None
    certification: Certification | None = None
    authorised_brands: tuple[str, ...] | None = None
    listings: int | None = None
    listings_30_days: int | None = None
    found_counterfeit: int | None = None
    found_genuine: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One offer of one article by one shop, as it stood when it was listed.

    Attributes:
        shop: what was known of the shop by then.
        brand: the brand that the seller claims in the listing's brand field.
        price: what the buyer pays.
        list_price: the "before" price that the seller shows beside it.
        language: ISO 639-1 code of the title.
    """

    id: str
    shop_id: str | None = None
    shop: ShopContext | None = None
    title: str = ""
    description: str = ""
    brand: str | None = None
    category: str | None = None
    price: Money | None = None
    list_price: Money | None = None
    photos: tuple[Photo, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    listed_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A seller's shop with the data of its registration.

    Attributes:
        operator_id: who really runs the shop, where that is known.
        region: where it is registered; for maps and reports only, never a feature.
        certification, authorised_brands: None where nobody has said.
    """

    id: str
    operator_id: str | None = None
    name: str = ""
    region: str | None = None
    registered_at: datetime | None = None
    certification: Certification | None = None
    authorised_brands: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One person's answer about one listing; several may disagree."""

    listing_id: str
    head: Head
    answer: Answer
    provenance: Provenance
    labelled_at: datetime | None = None
    detail: str = ""
