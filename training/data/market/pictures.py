"""Which photos an offer shows: the seller's own, a pool's, or somebody else's, and what was done to them."""

from dataclasses import replace

import numpy as np

from training.data.market import rates
from training.data.market.camera import studio_camera
from training.data.market.draws import chance, draws, pick, pick_key
from training.data.market.faults import Resave
from training.data.market.offers import Offer
from training.data.market.photos import Shot
from training.data.market.shapes import Piece
from training.data.market.world import World


def shots(world: World, offer: Offer) -> list[Shot]:
    """The photos of an offer, in order."""
    rng = draws(world.seed, "photos", offer.id)
    count = pick_key(rng, rates.PHOTO_COUNTS)
    if "stock_photo_reused" in offer.faults:
        taken = [_makers(world, offer, index, rng) for index in range(1 if chance(rng, 0.8) else count)]
    else:
        taken = [_own(world, offer, index, rng) for index in range(count)]
    return [_uploaded(offer, shot, index, rng) for index, shot in enumerate(taken)]


def published(world: World, offer: Offer, index: int) -> Shot:
    """A photo of the article that its maker, or a stock agency for goods without a brand, published at the time."""
    season = int(offer.day // rates.SEASON_DAYS)
    scene = f"{world.seed}/maker/{offer.article.shape}/{season}/{index}"
    camera = studio_camera(draws(world.seed, "maker's camera", offer.article.brand or "agency", season))
    return Shot(scene, Piece(offer.article, None, 0.0, scene), camera, "whole" if index == 0 else "turned")


def _own(world: World, offer: Offer, index: int, rng: np.random.Generator) -> Shot:
    """A photo by the seller: of the very piece, or out of the pool of an operator with several shops."""
    view = pick_key(rng, rates.FURTHER_VIEW if index else rates.FIRST_VIEW)
    operator, article = offer.shop.operator, offer.article
    wear = float(rng.uniform(0.15, 0.9)) if offer.goods == "used" else 0.0
    pooling = operator.counterfeiter or len(operator.shops) > 1
    if pooling and offer.goods != "used" and chance(rng, rates.SHARED_PHOTOS):
        copy = offer.mould.key if offer.mould else "genuine"
        pool = f"{world.seed}/operator {operator.index}/{article.shape}/{copy}"
        scene = f"{pool}/{int(rng.integers(2))}"
        view = pick_key(draws(world.seed, "pool", scene), rates.FIRST_VIEW)
        shot = Shot(scene, Piece(article, offer.mould, wear, pool), operator.camera, view)
        return replace(shot, resave=_second_hand(offer, shot, rng)) if chance(rng, 0.4) else shot
    piece = Piece(article, offer.mould, wear, f"{world.seed}/{offer.id}")
    return Shot(f"{world.seed}/{offer.id}/{index}", piece, offer.shop.camera, view)


def _second_hand(offer: Offer, shot: Shot, rng: np.random.Generator) -> Resave:
    """A pool's photo, cropped a little and saved again by another shop."""
    crop, quality = float(rng.uniform(0.01, 0.06)), int(rng.integers(60, 90))
    return Resave(key=f"{shot.scene}/{offer.id}", crop=crop, quality=quality)


def _makers(world: World, offer: Offer, index: int, rng: np.random.Generator) -> Shot:
    """A published photo as who took it saves it."""
    resave = Resave(
        key=f"{world.seed}/{offer.id}/{index}",
        crop=float(rng.uniform(0, 0.08)),
        mirror=chance(rng, 0.06),
        side=int(rng.integers(300, 520)) if chance(rng, 0.4) else 0,
        screenshot=chance(rng, 0.3),
        quality=int(rng.integers(45, 85)),
        rounds=int(rng.integers(0, 3)),
    )
    return replace(published(world, offer, index), resave=resave)


def _uploaded(offer: Offer, shot: Shot, index: int, rng: np.random.Generator) -> Shot:
    """What the seller does to a photo before it goes up; faults strike the first photo and mostly the others."""
    struck = [fault for fault in offer.faults if index == 0 or chance(rng, 0.7)]
    plain = Resave(key=f"{shot.scene}/{offer.id}")
    resave = replace(shot.resave or plain, badge=chance(rng, rates.BADGES))
    resave = _sharpness(resave, rng, blurred="blurred" in struck)
    if "watermarked" in struck:
        resave = replace(resave, watermark=_watermark(offer, rng))
    if "tiny" in struck:
        resave = replace(resave, side=int(rng.integers(90, 200)))
    elif not resave.side and chance(rng, rates.NEARLY_FAULTY):
        resave = replace(resave, side=int(rng.integers(240, 340)))
    return shot if resave == plain else replace(shot, resave=resave)


def _sharpness(resave: Resave, rng: np.random.Generator, *, blurred: bool) -> Resave:
    if not blurred:
        return replace(resave, blur=float(rng.uniform(0.25, 0.55))) if chance(rng, rates.NEARLY_FAULTY) else resave
    if chance(rng, 0.4):
        return replace(resave, shake=float(rng.uniform(3.5, 8)))
    return replace(resave, blur=float(rng.uniform(0.9, 2.4)))


def _watermark(offer: Offer, rng: np.random.Generator) -> str:
    name = offer.shop.name
    phone = f"+{int(rng.integers(10, 99))} {int(rng.integers(100, 999))} {int(rng.integers(1000, 9999))}"
    return pick(
        rng,
        (
            name,
            f"@{name.replace(' ', '').lower()}",
            f"{name} {phone}",
            phone,
            f"www.{name.replace(' ', '').lower()}.example",
            "SAMPLE",
            "STOCK PHOTO",
        ),
    )
