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

SEASON_DAYS = 30
"""How long a maker's photos are in use; who takes them does so while they are new."""


def shots(world: World, offer: Offer) -> list[Shot]:
    """The photos of an offer, in order."""
    rng = draws(world.seed, "photos", offer.id)
    count = pick_key(rng, rates.PHOTO_COUNTS)
    if "stock_photo_reused" in offer.faults:
        taken = [_makers(world, offer, index, rng) for index in range(1 if chance(rng, 0.8) else count)]
    else:
        taken = [_own(world, offer, index, rng) for index in range(count)]
    return [_uploaded(offer, shot, index, rng) for index, shot in enumerate(taken)]


def _own(world: World, offer: Offer, index: int, rng: np.random.Generator) -> Shot:
    view = pick_key(rng, rates.FURTHER_VIEW if index else rates.FIRST_VIEW)
    article = offer.article
    many = offer.shop.operator.counterfeiter or len(offer.shop.operator.shops) > 1
    scene = f"{world.seed}/{offer.id}/{index}"
    piece_key = f"{world.seed}/{offer.id}"
    if many and offer.goods != "used" and chance(rng, rates.SHARED_PHOTOS):
        piece_key = f"{world.seed}/operator {offer.shop.operator.index}/{article.shape}/{offer.mould.key if offer.mould else ''}"
        scene = f"{piece_key}/{int(rng.integers(2))}"
    wear = float(rng.uniform(0.15, 0.9)) if offer.goods == "used" else 0.0
    piece = Piece(article, offer.mould, wear, piece_key)
    return Shot(scene, piece, offer.shop.operator.camera if "operator" in scene else offer.shop.camera, view)


def _makers(world: World, offer: Offer, index: int, rng: np.random.Generator) -> Shot:
    """A photo that the maker, or a stock agency for goods without a brand, published at the time."""
    season = int(offer.day // SEASON_DAYS)
    scene = f"{world.seed}/maker/{offer.article.shape}/{season}/{index}"
    piece = Piece(offer.article, None, 0.0, scene)
    camera = studio_camera(draws(world.seed, "maker's camera", offer.article.brand or "agency", season))
    resave = Resave(
        key=f"{world.seed}/{offer.id}/{index}",
        crop=float(rng.uniform(0, 0.08)),
        mirror=chance(rng, 0.06),
        side=int(rng.integers(300, 520)) if chance(rng, 0.4) else 0,
        screenshot=chance(rng, 0.3),
        quality=int(rng.integers(45, 85)),
        rounds=int(rng.integers(0, 3)),
    )
    return Shot(scene, piece, camera, "whole" if index == 0 else "turned", resave)


def _uploaded(offer: Offer, shot: Shot, index: int, rng: np.random.Generator) -> Shot:
    """What the seller does to a photo before it goes up; faults strike the first photo and mostly the others."""
    struck = [fault for fault in offer.faults if index == 0 or chance(rng, 0.7)]
    resave = shot.resave or Resave(key=f"{shot.scene}/{offer.id}")
    if "watermarked" in struck:
        resave = replace(resave, watermark=_watermark(offer, rng))
    if "blurred" in struck:
        shake = chance(rng, 0.4)
        resave = replace(
            resave, blur=0 if shake else float(rng.uniform(0.9, 2.4)), shake=float(rng.uniform(3.5, 8)) if shake else 0
        )
    elif chance(rng, 0.06):
        resave = replace(resave, blur=float(rng.uniform(0.25, 0.55)))
    if "tiny" in struck:
        resave = replace(resave, side=int(rng.integers(90, 200)))
    elif not resave.side and chance(rng, 0.06):
        resave = replace(resave, side=int(rng.integers(240, 340)))
    if chance(rng, 0.05):
        resave = replace(resave, badge=True)
    if "operator" in shot.scene and chance(rng, 0.4):
        resave = replace(resave, crop=float(rng.uniform(0.01, 0.06)), quality=int(rng.integers(60, 90)))
    plain = Resave(key=resave.key)
    return shot if resave == plain else replace(shot, resave=resave)


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
