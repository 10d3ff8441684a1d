"""What a listing says: title, description, brand field and attributes, with the faults that spoil them."""

from dataclasses import dataclass, replace

import numpy as np

from training.data.market import rates
from training.data.market.catalogue import brands
from training.data.market.draws import chance, draws, pick, sample
from training.data.market.offers import Offer, offer
from training.data.market.voice import Voice, phrases
from training.data.market.world import World

_MISSING = ("", "", "", ".", "-")


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a listing.

    Attributes:
        attributes: in the seller's order.
        tells: what in the words gives a counterfeit away.
        copied_from: id of the shop whose description it is, or "maker"; empty for the seller's own.
    """

    title: str
    description: str
    brand: str | None
    attributes: dict[str, str]
    tells: tuple[str, ...]
    copied_from: str = ""


def write(world: World, offer: Offer) -> Text:
    """The words of an offer, faults included."""
    text = _own_words(world, offer)
    rng = draws(world.seed, "text faults", offer.id)
    if "title_stuffed" in offer.faults:
        text = replace(text, title=_stuffed(offer, text.title, rng))
    if "title_empty" in offer.faults:
        text = replace(text, title=pick(rng, phrases(offer.language)["words"]["empty"]))
    if "description_missing" in offer.faults:
        text = replace(text, description=text.title if chance(rng, 0.25) else pick(rng, _MISSING))
    if "description_copied" in offer.faults:
        source, description = _borrowed(world, offer, rng)
        text = replace(text, description=description, copied_from=source)
    return text


def _own_words(world: World, offer: Offer) -> Text:
    """The words of an offer as its seller would put them."""
    voice = Voice(world.seed, offer, offer.id)
    title = voice.title()
    description = voice.one_line() if chance(voice.rng, rates.TERSE) else voice.description()
    return Text(title, description, voice.brand_field(), voice.attributes(), tuple(voice.tells))


def _stuffed(offer: Offer, title: str, rng: np.random.Generator) -> str:
    """A title full of search words and of other brands' names."""
    words = sample(rng, phrases(offer.language)["words"]["stuffing"], 7 + int(rng.integers(9)))
    names = sample(rng, [brand.name for brand in brands().values()], int(rng.integers(0, 5)))
    return " ".join([title, *sample(rng, words + names, len(words + names))])


def _borrowed(world: World, mine: Offer, rng: np.random.Generator) -> tuple[str, str]:
    """A description that is the maker's, or another shop's that lists at about the same time; and whose it is."""
    if mine.article.brand and chance(rng, rates.COPIED_FROM_MAKER):
        season = int(mine.day // rates.SEASON_DAYS)
        return "maker", Voice(world.seed, mine, "maker", mine.article.shape, season, mine.language).makers_text()
    others = [world.operators[int(index)] for index in rng.integers(len(world.operators), size=12)]
    nearest = min(others, key=lambda operator: abs(operator.middle - mine.day))
    theirs = offer(world, world.shop(nearest, nearest.shops[0]), 0)
    return theirs.shop.id, _own_words(world, theirs).description
