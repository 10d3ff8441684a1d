"""Signals from what was known of the shop when the listing came in: age, certification, authorisations, history.

Neither who the shop is nor where it is has a say, and the smoothing of its record is a constant, not fitted on anybody.
"""

import math
from typing import Final

from trueshelf.listings import BrandTable, Certification, Head, Listing, ShopContext, normalise
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.names import principal_brand
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding
from trueshelf.models.signals.writing import Writing

_FAKE = (Head.COUNTERFEIT,)
_BOTH = (Head.COUNTERFEIT, Head.LOW_QUALITY)

SPECS: Final = (
    SignalSpec("shop_age", _BOTH, "ln(1 + days)", "how long the shop had been registered"),
    SignalSpec("shop_certification", _BOTH, "0 to 2", "how far the marketplace had checked who runs it"),
    SignalSpec("shop_authorised", _FAKE, "0 or 1", "whether it was authorised for the brand that the listing poses as"),
    SignalSpec("shop_listings", _BOTH, "ln(1 + listings)", "how many listings it had before"),
    SignalSpec("shop_listings_30_days", _BOTH, "ln(1 + listings)", "how many of those came in the 30 days before"),
    SignalSpec("shop_fakes", _FAKE, "ln(1 + listings)", "how many of its earlier listings were found counterfeit"),
    SignalSpec("shop_genuine", _FAKE, "ln(1 + listings)", "how many of its earlier listings were found genuine"),
    SignalSpec("shop_fakes_share", _FAKE, "share", "counterfeit ones among those that were judged, smoothed"),
)

_PRIOR_SHARE = 0.1
_PRIOR_LISTINGS = 2.0
"""A shop's record counts as if two listings more had been judged, a tenth of them counterfeit."""

_LEVELS = {Certification.NONE: 0.0, Certification.BASIC: 1.0, Certification.DEPTH: 2.0}
_RECORD = ("shop_fakes", "shop_fakes_share")


def measure_shop(listing: Listing, writing: Writing, *, brands: BrandTable) -> Part:
    """Signals and findings from the listing's shop; NaN for what was not known of it."""
    shop = listing.shop or ShopContext()
    days = _days(listing, shop)
    brand, authorised = _authorised(listing, shop, writing, brands)
    fakes, genuine = _count(shop.found_counterfeit), _count(shop.found_genuine)
    judged = fakes + genuine
    values = {
        "shop_age": math.log1p(days),
        "shop_certification": math.nan if shop.certification is None else _LEVELS[shop.certification],
        "shop_authorised": authorised,
        "shop_listings": math.log1p(_count(shop.listings)),
        "shop_listings_30_days": math.log1p(_count(shop.listings_30_days)),
        "shop_fakes": math.log1p(fakes),
        "shop_genuine": math.log1p(genuine),
        "shop_fakes_share": (fakes + _PRIOR_SHARE * _PRIOR_LISTINGS) / (judged + _PRIOR_LISTINGS),
    }
    findings: tuple[Finding, ...] = finding(
        ReasonCode.SHOP_FOUND_SELLING_FAKES, fakes, _RECORD, found=_of(fakes, judged), field="shop.found_counterfeit"
    )
    if shop.certification is Certification.NONE:
        known = _in_days(days)
        findings += finding(
            ReasonCode.SHOP_NEW_AND_UNCHECKED,
            days,
            ["shop_age", "shop_certification"],
            found=known,
            field="shop.registered_at",
        )
    findings += finding(
        ReasonCode.SHOP_AUTHORISED, authorised, ["shop_authorised"], brand=brand or "", field="shop.authorised_brands"
    )
    return Part(values, findings)


def _days(listing: Listing, shop: ShopContext) -> float:
    """The shop's age; NaN where one of the two times is not known, or they are the wrong way round."""
    if listing.listed_at is None or shop.registered_at is None or shop.registered_at > listing.listed_at:
        return math.nan
    return (listing.listed_at - shop.registered_at).total_seconds() / 86_400


def _authorised(listing: Listing, shop: ShopContext, writing: Writing, brands: BrandTable) -> tuple[str | None, float]:
    """The brand that the listing poses as, and whether the shop may sell it; NaN where either is not known."""
    brand = principal_brand(writing, brands) or listing.brand
    if not brand or not brand.strip() or shop.authorised_brands is None:
        return brand, math.nan
    mine = {_known(name, brands) for name in shop.authorised_brands}
    return brand, float(_known(brand, brands) in mine)


def _known(name: str, brands: BrandTable) -> str:
    """A brand by the name that the table has for it; else by its own."""
    return brands.named(name) or normalise(name)


def _count(value: int | None) -> float:
    return math.nan if value is None else float(value)


def _of(fakes: float, judged: float) -> str:
    return "" if math.isnan(judged) else f"{fakes:.0f} of {judged:.0f} listings judged before"


def _in_days(days: float) -> str:
    return "" if math.isnan(days) else f"registered {days:.0f} days before"
