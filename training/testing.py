"""Factories for tests: stored listings, a small market with a small model, and invented answers of a model whose skill
is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from training.data.folder import store_photo, write_dataset
from training.data.stream import Listings
from training.evaluation.predictions import SLICES, HeadPredictions, Predictions
from trueshelf.listings import Dataset, Head, Listing
from trueshelf.listings.tables import listing_to_row
from trueshelf.models.manifest import MANIFEST
from trueshelf.models.verdict import Guarantee, Thresholds

_SHOPS = 40

ACTING: Mapping[Head, Thresholds] = dict.fromkeys(Head, Thresholds(0.4, 0.9, Guarantee(0.01, 0.95, 1000)))
"""Thresholds under which both heads act."""

WATCHING: Mapping[Head, Thresholds] = dict.fromkeys(
    Head, Thresholds(0.4, None, Guarantee(0.01, 0.95, 12, why_not="no automatic action: 12 of 299"))
)
"""Thresholds under which none does."""


def stored(folder: Path, listings: Sequence[Listing]) -> Listings:
    """The listings, written into a dataset folder and read from there."""
    rows = [
        listing_to_row(listing, photos=[store_photo(folder, photo.read()) for photo in listing.photos])
        for listing in listings
    ]
    card = {"source": "a test", "licence": "none", "made": "by a test"}
    dataset = write_dataset(folder, name="stored", card=card, listings=rows)
    return Listings(dataset, np.arange(len(rows), dtype=np.int64), dataset.contexts())


def small_market(folder: Path) -> Dataset:
    """A simulated market of a few hundred listings, with splits; the one in `folder` where there is one already."""
    from training.data.market import build_market

    if not (folder / "dataset.toml").exists():
        build_market(folder, shops=_SHOPS, seed=11, workers=2)
    return Dataset.open(folder)


def small_bundle(market: Dataset, *, run: Path, shared: Path) -> Path:
    """A sealed bundle of the default recipe, looking at whole photos only; the one of the run where it is done already.

    Args:
        shared: where runs share exported encoders and embeddings.
    """
    from training.progress import silent
    from training.recipes import Workspace
    from training.recipes.listings import run as train
    from training.recipes.listings_config import ListingsConfig
    from training.tracking import NoTracker

    workspace = Workspace(run=run, shared=shared)
    if not (workspace.bundle / MANIFEST).exists():
        train(market, ListingsConfig(grid=0, epochs=6), workspace=workspace, tracker=NoTracker(), progress=silent)
    return workspace.bundle


BY_CATEGORY: Mapping[Head, Thresholds] = dict.fromkeys(
    Head,
    Thresholds(
        0.4,
        0.9,
        Guarantee(0.01, 0.95, 500, groups=2, per_shop=True),
        {"a": Thresholds(0.4, 0.95, Guarantee(0.01, 0.95, 700, group="a", groups=2, per_shop=True))},
    ),
)
"""Thresholds under which category `a` has its own."""


def make_predictions(
    *,
    shops: int = 60,
    skill: float = 3.0,
    seed: int = 0,
    unlabelled: float = 0.05,
    thresholds: Mapping[Head, Thresholds] = ACTING,
) -> Predictions:
    """Calibrated answers about some six listings a shop, one in three of which deserves a yes.

    Args:
        skill: how many standard deviations lie between yes and no.
        seed: of the model; the listings and their labels are always the same.
        unlabelled: the share of labels that are unknown.
    """
    market, model = np.random.default_rng(1), np.random.default_rng(100 + seed)
    shop_N = np.repeat(np.arange(shops), 1 + market.poisson(5, shops))
    count = len(shop_N)
    yes_N = market.random(count) < 1 / 3
    alike_N = market.normal(size=shops)[shop_N]
    slices = {name: market.choice(["a", "b", "c"], count).astype(object) for name in SLICES}
    heads = {}
    for head in Head:
        known_N = market.random(count) >= unlabelled
        noise_N = 0.5 * alike_N + np.sqrt(0.75) * model.normal(size=count)
        logit_N = skill * (noise_N + skill * yes_N) - skill**2 / 2 - np.log(2)
        probability_N = 1 / (1 + np.exp(-logit_N))
        judged_by = [thresholds[head].of(category) for category in slices["category"]]
        actions = [by.action(value).value for by, value in zip(judged_by, probability_N.tolist(), strict=True)]
        action_N = np.array(actions, dtype=np.str_)
        heads[head] = HeadPredictions(logit_N, probability_N, np.where(known_N, yes_N, -1), action_N)
    listing_N = np.array([f"listing {row}" for row in range(count)], dtype=object)
    return Predictions(listing_N, np.array([f"shop {number}" for number in shop_N], dtype=object), heads, slices)
