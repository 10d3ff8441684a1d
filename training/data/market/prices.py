"""What an offer costs, and the higher price that the seller shows beside it."""

from dataclasses import dataclass

import numpy as np

from training.data.market import rates
from training.data.market.draws import chance, draws
from training.data.market.offers import Offer


@dataclass(frozen=True, slots=True)
class Price:
    """Amounts in major units of a currency; `before` is None where none is shown."""

    amount: float
    before: float | None
    currency: str


def price(seed: int, offer: Offer) -> Price | None:
    """The price of an offer; None where the seller names none."""
    rng = draws(seed, "price", offer.id)
    if chance(rng, 0.015):
        return None
    share = _fake_share(offer, rng) if offer.counterfeit else _genuine_share(offer, rng)
    dollars = offer.article.price * share
    amount = _rounded(dollars, offer.shop.currency, rng)
    return Price(amount, _before(offer, amount, share, rng), offer.shop.currency)


def _fake_share(offer: Offer, rng: np.random.Generator) -> float:
    """Share of the genuine new price: far below, well below, or close to it, closer as the year goes on."""
    close = rates.later(offer.day, *rates.CLOSE_PRICE) + 0.2 * offer.care
    low = (1 - close) * (0.75 - 0.3 * offer.care)
    draw = rng.random()
    if draw < low:
        return float(rng.lognormal(np.log(0.18), 0.4))
    if draw < 1 - close:
        return float(rng.uniform(0.27, 0.55))
    return float(rng.uniform(0.68, 1.03))


def _genuine_share(offer: Offer, rng: np.random.Generator) -> float:
    if offer.goods == "used":
        return float(rng.beta(3.2, 4.2))
    if offer.goods == "outlet":
        return float(rng.uniform(0.3, 0.75))
    if offer.goods in ("unbranded", "accessory"):
        return float(rng.lognormal(0, 0.25))
    if chance(rng, 0.16):
        return float(rng.uniform(0.5, 0.85))
    return float(rng.lognormal(0.0 if offer.official else -0.06, 0.09))


def _before(offer: Offer, amount: float, share: float, rng: np.random.Generator) -> float | None:
    shown = {"outlet": 0.75, "used": 0.25, "new": 0.3, "unbranded": 0.4, "accessory": 0.4}[offer.goods]
    if not chance(rng, 0.42 if offer.counterfeit else shown):
        return None
    honest = amount / max(min(share, 0.95), 0.05)
    dreamt = amount * float(rng.uniform(1.15, 4.0))
    return _tidy(honest if chance(rng, 0.55) else dreamt, offer.shop.currency)


def _rounded(dollars: float, currency: str, rng: np.random.Generator) -> float:
    amount = dollars / rates.USD_PER_UNIT[currency]
    if amount > 1000:
        step = 10.0 ** (int(np.log10(amount)) - 2)
        return max(step, round(amount / step) * step - (step / 10 if chance(rng, 0.4) else 0))
    ending = float(rng.choice([0.0, 0.01, 0.1, 0.5]))
    return max(0.5, round(round(amount) - ending, 2))


def _tidy(amount: float, currency: str) -> float:
    return float(round(amount, -3 if currency in ("IDR", "VND") else 0))
