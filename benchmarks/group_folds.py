"""Labelled photos in groups that no fold divides."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.baselines import told
from training.data.duplicates import photo_likeness
from training.data.fingerprints import read_fingerprints
from training.data.importer import import_table
from training.data.parts import read_parts
from training.data.rows import ImportConfig
from trueshelf.listings import Dataset, Head, Photo

Ints = npt.NDArray[np.int64]

_COLUMNS = ("image=image", "counterfeit=label", "shop_id=group")


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos with their answers [N,K] and groups [N].

    Attributes:
        joined: how many groups were lost to another because they share a near-duplicate photo.
    """

    photos: Sequence[Photo]
    answers_NK: Ints
    group_N: Ints
    joined: int

    @property
    def fake_N(self) -> npt.NDArray[np.bool_]:
        fake_N: npt.NDArray[np.bool_] = self.answers_NK[:, list(Head).index(Head.COUNTERFEIT)] == 1
        return fake_N


def imported(data: Path, folder: Path) -> Photos:
    """Import `labels.csv` and `images/` of `data` into a dataset folder, as a user would, and read it back.

    Raises:
        ValueError: the folder holds no such table, or labels are not understood.
    """
    config = ImportConfig(images=data / "images", columns=_COLUMNS, positive=("fake",), negative=("original",))
    dataset = import_table(data / "labels.csv", folder, config, progress=told).dataset
    parts = read_parts(dataset).values()
    listings = [listing for part in parts for listing in part.listings]
    group_N, joined = grouped(dataset, [str(listing.shop_id) for listing in listings], [item.id for item in listings])
    return Photos(
        [listing.photos[0] for listing in listings],
        np.concatenate([part.answers_NH for part in parts]),
        group_N,
        joined,
    )


def grouped(dataset: Dataset, shops: Sequence[str], names: Sequence[str]) -> tuple[Ints, int]:
    """The group of each listing when shops that share a near-duplicate photo are one, and how many fewer that makes."""
    rows = {row["listing_id"]: row for row in dataset.table("listings").to_pylist()}
    ordered = [rows[name] for name in names]
    fingerprints = read_fingerprints(dataset.folder, [row["photos"][0] for row in ordered], workers=1)
    alike = photo_likeness(ordered, fingerprints)
    distinct, shop_N = np.unique(shops, return_inverse=True)
    edges = [(shop_N[row], len(distinct) + node) for row, node in zip(alike.listings_M, alike.nodes_M, strict=True)]
    edges += [(len(distinct) + first, len(distinct) + second) for first, second in alike.edges_E2]
    count = len(distinct) + alike.count
    starts, ends = np.array(edges).T
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (starts, ends)), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    _, group_N = np.unique(component[shop_N], return_inverse=True)
    return group_N.astype(np.int64), len(distinct) - int(group_N.max()) - 1


def folds(photos: Photos, *, count: int, seed: int) -> Ints:
    """The fold of each photo: groups in random order, the largest first, each to the fold that it suits best.

    Best is where the fuller of fakes and genuine photos, as a share of what a fold should hold, stays smallest.
    """
    rng = np.random.default_rng(seed)
    fakes_G = np.bincount(photos.group_N, weights=photos.fake_N)
    sizes_G = np.bincount(photos.group_N)
    order = rng.permutation(len(sizes_G))
    order = order[np.argsort(-sizes_G[order], kind="stable")]
    wanted = np.array([photos.fake_N.mean(), 1 - photos.fake_N.mean()]) * len(photos.fake_N) / count
    held = np.zeros((count, 2))
    fold_G = np.zeros(len(sizes_G), dtype=np.int64)
    for group in order:
        adding = np.array([fakes_G[group], sizes_G[group] - fakes_G[group]])
        fullness = ((held + adding) / wanted).max(axis=1) + (held + adding).sum(axis=1) / wanted.sum()
        fold_G[group] = np.argmin(fullness)
        held[fold_G[group]] += adding
    fold_N: Ints = fold_G[photos.group_N]
    return fold_N
