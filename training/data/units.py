"""Which listings belong together whatever the split: those of one shop, and those of one operator's shops."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.duplicates import Ints, Likeness
from training.data.keys import first_of_each

_LARGEST_SHARE = 0.1


def unit_of_each(
    shops: Iterable[str | None], *, operators: Mapping[str, str | None], likenesses: Sequence[Likeness]
) -> Ints:
    """The number of each listing's unit, given its shop; units are numbered in the order in which they first appear.

    Listings without a shop are joined by their near-duplicates, unless that makes a unit of more than a tenth of all
    listings: then its listings stand alone, and near-duplicates are left for the split to exclude.
    """
    owners: dict[tuple[str, str], int] = {}
    numbers = (-1 if shop is None else owners.setdefault(_owner(shop, operators), len(owners)) for shop in shops)
    owner_N = np.fromiter(numbers, dtype=np.int64)
    shopless_N = owner_N < 0
    alike_N = _joined_by_likeness(len(owner_N), shopless_N, likenesses)
    alone_N = np.bincount(alike_N, minlength=1)[alike_N] > max(1, _LARGEST_SHARE * len(owner_N))
    # Three kinds of units, in numbers that do not meet: owners, listings that are alike, and single ones.
    own_N = len(owners) + np.where(alone_N, alike_N.max(initial=0) + 1 + np.arange(len(owner_N)), alike_N)
    _, unit_N = first_of_each(np.where(shopless_N, own_N, owner_N).astype(np.uint64))
    return unit_N


def _owner(shop_id: str, operators: Mapping[str, str | None]) -> tuple[str, str]:
    operator = operators.get(shop_id)
    return ("shop", shop_id) if operator is None else ("operator", operator)


def _joined_by_likeness(
    count: int, eligible_N: "np.ndarray[Any, np.dtype[np.bool_]]", likenesses: Sequence[Likeness]
) -> Ints:
    """The component of each listing in the graph of eligible listings, their nodes, and the nodes' edges."""
    starts, ends, offset = [], [], count
    for likeness in likenesses:
        mine = eligible_N[likeness.listings_M]
        starts += [likeness.listings_M[mine], likeness.edges_E2[:, 0] + offset]
        ends += [likeness.nodes_M[mine] + offset, likeness.edges_E2[:, 1] + offset]
        offset += likeness.count
    if not starts:
        return np.arange(count, dtype=np.int64)
    first, second = np.concatenate(starts), np.concatenate(ends)
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(offset, offset))
    _, components = connected_components(graph, directed=False)
    return np.asarray(components[:count], dtype=np.int64)
