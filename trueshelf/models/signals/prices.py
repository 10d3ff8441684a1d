"""Signals from the price: how far below what the brand usually costs, and below what the seller says it cost before."""

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from trueshelf.listings import BrandTable, Head, Listing, Money, in_dollars, normalise
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.names import principal_brand
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding
from trueshelf.models.signals.writing import Writing

_FAKE = (Head.COUNTERFEIT,)

SPECS: Final = (
    SignalSpec("price_log", _FAKE, "ln US dollars", "the price"),
    SignalSpec("price_ratio", _FAKE, "ln", "the price by the usual one of brand and category, or the next wider group"),
    SignalSpec("price_ratio_brand", _FAKE, "ln", "the same where brand and category themselves have enough listings"),
    SignalSpec("price_deviation", _FAKE, "spreads", "the ratio by the spread (median absolute deviation) of its group"),
    SignalSpec("price_group", _FAKE, "0 to 3", "how wide that group is: brand and category, brand, category, all"),
    SignalSpec("discount", _FAKE, "share", "how far the price lies below the former price shown"),
    SignalSpec("price_round", _FAKE, "0 or 1", "the price is a round number or ends in nine"),
)

FEWEST_LISTINGS = 8
"""A group with fewer prices has no usual price of its own."""

SPREADS_BELOW = 1.5
"""How far below the usual price the finding starts at least; where prices vary widely, a low one says little."""

_NORMAL = 1.4826  # median absolute deviation to standard deviation of a normal distribution
_LEAST_SPREAD = 0.15

_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class UsualPrice:
    """What a group usually costs.

    Attributes:
        log_dollars: the median logarithm of prices in US dollars.
        spread: the median absolute deviation from it, scaled to a standard deviation.
        width: 0 for brand and category, up to 3 for everything.
    """

    log_dollars: float
    spread: float
    width: int


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Medians and spreads of prices by brand and category, brand, category, and over all.

    Attributes:
        groups: median and spread of the logarithms of prices in US dollars, by `brand \n category`, where either part
            is empty for "any".
    """

    groups: Mapping[str, tuple[float, float]]

    @classmethod
    def fit(cls, listings: Iterable[Listing], *, brands: BrandTable, rates: Mapping[str, float]) -> "PriceTable":
        """Medians over training listings, so that a good part of a group may be mispriced."""
        prices: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        for listing in listings:
            dollars = in_dollars(listing.price, rates)
            if math.isnan(dollars):
                continue
            writing = Writing.of(replace(listing, description=""))  # which does not say what brand a listing poses as
            brand = principal_brand(writing, brands)
            for key in _groups(brand, writing.category).values():
                prices[key].append(math.log(dollars))
        return cls({key: _centre(logs) for key, logs in sorted(prices.items()) if len(logs) >= FEWEST_LISTINGS})

    def usual(self, brand: str | None, category: str | None) -> UsualPrice | None:
        """The usual price in the narrowest group that has one."""
        for width, key in _groups(brand, category).items():
            if key in self.groups:
                return UsualPrice(*self.groups[key], width)
        return None

    def to_dict(self) -> dict[str, Any]:
        return {"groups": {key: list(values) for key, values in self.groups.items()}}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "PriceTable":
        return cls({str(key): (float(centre), float(spread)) for key, (centre, spread) in content["groups"].items()})


def measure_prices(
    listing: Listing, writing: Writing, *, brands: BrandTable, prices: PriceTable, rates: Mapping[str, float]
) -> Part:
    """Signals and findings from the prices; NaN where an amount or its currency's rate is missing."""
    dollars, former = in_dollars(listing.price, rates), in_dollars(listing.list_price, rates)
    brand = principal_brand(writing, brands)
    usual = None if math.isnan(dollars) else prices.usual(brand, writing.category)
    ratio = math.log(dollars) - usual.log_dollars if usual else math.nan
    deviation = ratio / usual.spread if usual else math.nan
    own_group = usual is not None and usual.width == 0
    discount = 1 - dollars / former if former >= dollars else (math.nan if math.isnan(former - dollars) else 0.0)
    values = {
        "price_log": math.log(dollars),
        "price_ratio": ratio,
        "price_ratio_brand": ratio if own_group else math.nan,
        "price_deviation": deviation,
        "price_group": float(usual.width) if usual else math.nan,
        "discount": discount,
        "price_round": _is_round(listing.price) if not math.isnan(dollars) else math.nan,
    }
    findings: tuple[Finding, ...] = ()
    if own_group and usual is not None and deviation <= -SPREADS_BELOW:
        evidence = {
            "brand": brand or "",
            "category": listing.category or "",
            "price": f"{dollars:.2f} USD",
            "usual": f"{math.exp(usual.log_dollars):.2f} USD",
            "field": "price",
        }
        signals = ["price_ratio", "price_ratio_brand", "price_deviation", "price_log"]
        findings += finding(ReasonCode.PRICE_FAR_BELOW, math.exp(ratio), signals, **evidence)
    evidence = {"price": _written(listing.price), "list_price": _written(listing.list_price), "field": "list_price"}
    findings += finding(ReasonCode.DISCOUNT_TOO_DEEP, discount, ["discount"], **evidence)
    return Part(values, findings)


def _centre(logs: "array[float]") -> tuple[float, float]:
    """Median and spread."""
    logs_N = np.frombuffer(logs)
    centre = float(np.median(logs_N))
    return centre, max(_LEAST_SPREAD, _NORMAL * float(np.median(np.abs(logs_N - centre))))


def _groups(brand: str | None, category: str | None) -> dict[int, str]:
    """The keys of the groups that a listing belongs to by their width, the narrowest first."""
    kind = normalise(category or "")
    keys = {0: (brand, kind), 1: (brand, ""), 2: ("", kind), 3: ("", "")}
    wanted = [0, 1, 2, 3] if brand and kind else [1, 3] if brand else [2, 3] if kind else [3]
    return {width: _SEPARATOR.join((keys[width][0] or "", keys[width][1])) for width in wanted}


def _is_round(price: Money | None) -> float:
    assert price is not None
    whole = round(price.amount)
    is_whole = abs(price.amount - whole) < 0.005
    return float(whole % 10 in (0, 9) if is_whole else round(price.amount % 1, 2) == 0.99)


def _written(money: Money | None) -> str:
    return "" if money is None else f"{money.amount:.2f} {money.currency}"
