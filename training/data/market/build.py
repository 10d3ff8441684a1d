"""Builds the simulated marketplace as a dataset folder, an operator at a time in several processes.

python -m training dataset build market --shops 2500 --seed 7 --out datasets/market
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from training.data.draft import draft
from training.data.folder import README, store_photo, write_dataset
from training.data.market import rates
from training.data.market.catalogue import brands
from training.data.market.draws import chance, draws
from training.data.market.offers import Offer, offers
from training.data.market.photos import take
from training.data.market.pictures import shots
from training.data.market.prices import price
from training.data.market.references import handed_in
from training.data.market.texts import Text, write
from training.data.market.world import ShopFront, World, draw_world
from training.data.splits import plan_splits
from training.progress import Progress, silent
from trueshelf.listings import Dataset

Row = dict[str, Any]

_README = Path(__file__).with_name("README.md")


@dataclass(slots=True)
class Tables:
    """Rows of the dataset's tables; those of the gallery by their photos, which several offers may call for."""

    listings: list[Row] = field(default_factory=list)
    shops: list[Row] = field(default_factory=list)
    labels: list[Row] = field(default_factory=list)
    gallery: dict[str, Row] = field(default_factory=dict)

    def add(self, other: "Tables") -> None:
        self.listings += other.listings
        self.shops += other.shops
        self.labels += other.labels
        self.gallery |= other.gallery


def build_market(
    out: Path,
    *,
    shops: int,
    seed: int,
    listings_per_shop: float = rates.LISTINGS_PER_SHOP,
    force: bool = False,
    workers: int | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Render the marketplace of `shops` shops that `seed` describes into the folder `out`.

    The same numbers give the same bytes, whatever `workers`, with the same versions of Pillow, NumPy and resvg. The
    folder appears when it is whole; a build that was stopped starts over.

    Args:
        force: replace a dataset that is there.

    Raises:
        ValueError: there is no shop, or `out` may not be replaced.
    """
    with draft(out, force=force, readme=_README.read_text(encoding="utf-8")) as folder:
        world = draw_world(seed, shops, listings_per_shop=listings_per_shop)
        tables = simulate(world, photos=folder, workers=workers, progress=progress)
        _write(folder, tables, world, workers=workers, progress=progress)
    return Dataset.open(out)


def simulate(world: World, *, photos: Path | None, workers: int | None = None, progress: Progress = silent) -> Tables:
    """The rows of all tables; photos are stored under the folder `photos`, or not rendered where that is None."""
    tables, done = Tables(), 0
    for part, count in _parts(world, photos, workers or os.cpu_count() or 1):
        tables.add(part)
        done += count
        progress("shops rendered", done, world.shops)
    tables.listings.sort(key=lambda row: (row["listed_at"], row["listing_id"]))
    tables.labels.sort(key=lambda row: (row["labelled_at"], row["listing_id"], row["head"]))
    tables.shops.sort(key=lambda row: str(row["shop_id"]))
    return tables


def _write(folder: Path, tables: Tables, world: World, *, workers: int | None, progress: Progress) -> None:
    plan = plan_splits(
        tables.listings, tables.shops, tables.labels, folder=folder, seed=world.seed, workers=workers, progress=progress
    )
    write_dataset(
        folder,
        name="market",
        card=_card(world) | {"split": plan.card},
        listings=tables.listings,
        shops=tables.shops,
        labels=tables.labels,
        splits=plan.rows,
        gallery=[tables.gallery[path] for path in sorted(tables.gallery)],
        rates=rates.USD_PER_UNIT,
    )
    (folder / README).write_bytes(_README.read_bytes())


def _parts(world: World, photos: Path | None, workers: int) -> Iterator[tuple[Tables, int]]:
    counts = [len(operator.shops) for operator in world.operators]
    if workers == 1 or photos is None:
        yield from zip((_operator_rows(world, photos, index) for index in range(len(counts))), counts, strict=True)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        work = partial(_rendered, world.seed, world.shops, world.listings_per_shop, photos)
        yield from zip(pool.map(work, range(len(counts)), chunksize=2), counts, strict=True)


def _rendered(seed: int, shops: int, listings_per_shop: float, photos: Path, operator: int) -> Tables:
    return _operator_rows(_world(seed, shops, listings_per_shop), photos, operator)


@cache
def _world(seed: int, shops: int, listings_per_shop: float) -> World:
    """The world as a worker knows it: drawing it again is cheaper than sending it with every task."""
    return draw_world(seed, shops, listings_per_shop=listings_per_shop)


def _operator_rows(world: World, photos: Path | None, operator: int) -> Tables:
    tables = Tables()
    for index in world.operators[operator].shops:
        shop = world.shop(world.operators[operator], index)
        days = []
        for offer in offers(world, shop):
            text = write(world, offer)
            paths = [] if photos is None else [store_photo(photos, take(shot)) for shot in shots(world, offer)]
            tables.gallery |= {} if photos is None else handed_in(world, offer, shown=len(paths), photos=photos)
            tables.listings.append(_listing_row(world, offer, text, paths))
            tables.labels += _label_rows(world, offer, text)
            days.append(offer.day)
        tables.shops.append(_shop_row(shop, min(days)))
    return tables


def _listing_row(world: World, offer: Offer, text: Text, paths: list[str]) -> Row:
    cost = price(world.seed, offer)
    return {
        "listing_id": offer.id,
        "shop_id": offer.shop.id,
        "title": text.title,
        "description": text.description,
        "brand": text.brand,
        "category": offer.article.category,
        "price_amount": cost and cost.amount,
        "price_currency": cost and cost.currency,
        "list_price_amount": cost and cost.before,
        "list_price_currency": cost.currency if cost and cost.before else None,
        "photos": paths,
        "attributes": sorted(text.attributes.items()),
        "listed_at": _moment(offer.day),
        "language": offer.language,
    }


def _shop_row(shop: ShopFront, first_day: float) -> Row:
    return {
        "shop_id": shop.id,
        "operator_id": shop.operator.id,
        "name": shop.name,
        "region": shop.region,
        "registered_at": _moment(first_day - shop.age),
        "certification": shop.certification,
        "authorised_brands": [_brand_name(slug) for slug in shop.authorised],
    }


def _label_rows(world: World, offer: Offer, text: Text) -> list[Row]:
    rng = draws(world.seed, "labels", offer.id)
    truth = {
        "counterfeit": (offer.counterfeit, _evidence(offer, text)),
        "low_quality": (
            bool(offer.faults),
            ", ".join(offer.faults) + (f" (from {text.copied_from})" if text.copied_from else ""),
        ),
    }
    rows = []
    for head, (answer, detail) in truth.items():
        unknown = chance(rng, rates.UNKNOWN_LABELS)
        rows.append(
            {
                "listing_id": offer.id,
                "head": head,
                "answer": "unknown" if unknown else "yes" if answer else "no",
                "provenance": "simulated",
                "labelled_at": _moment(offer.day + float(rng.uniform(*rates.LABEL_DAYS))),
                "detail": "" if unknown else detail,
            }
        )
    return rows


def _evidence(offer: Offer, text: Text) -> str:
    """What a reviewer would name: for a counterfeit what shows it, else what kind of goods it is."""
    if offer.mould is None:
        return "authorised" if offer.official else offer.goods
    shown = list(text.tells)
    if offer.stolen:
        shown.append("stolen photo")
    elif offer.mould.strength > 0.25:
        shown.append("mark")
    return f"copy by supplier {offer.mould.key.split('/')[1]}; shown by: {', '.join(shown) or 'nothing'}"


def _brand_name(slug: str) -> str:
    return brands()[slug].name


def _moment(day: float) -> datetime:
    return rates.START + timedelta(seconds=int(day * 86400))


def _card(world: World) -> Row:
    command = f"python -m training dataset build market --shops {world.shops} --seed {world.seed}"
    if world.listings_per_shop != rates.LISTINGS_PER_SHOP:
        command += f" --listings-per-shop {world.listings_per_shop:g}"
    return {
        "source": "generated by training/data/market",
        "licence": "CC0-1.0; the marks are CC0 drawings (simple-icons-pack), the brands are their owners'",
        "made": command,
        "generated": True,
        "shops": world.shops,
        "listings_per_shop": world.listings_per_shop,
        "seed": world.seed,
    }
