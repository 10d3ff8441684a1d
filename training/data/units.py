"""Which listings belong together whatever the split: those of one shop, and those of one operator's shops."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.duplicates import Ints, Likeness

_LARGEST_SHARE = 0.1


def unit_of_each(
    listings: Sequence[Mapping[str, Any]], *, operators: Mapping[str, str | None], likenesses: Sequence[Likeness]
) -> Ints:
    """The number of each listing's unit; units are numbered in the order in which they first appear.

    Listings without a shop are joined by their near-duplicates, unless that makes a unit of more than a tenth of all
    listings: then its listings stand alone, and near-duplicates are left for the split to exclude.
    """
    shopless = np.array([listing.get("shop_id") is None for listing in listings], dtype=bool)
    alike = _joined_by_likeness(len(listings), shopless, likenesses)
    sizes = np.bincount(alike, minlength=1)
    alone = sizes[alike] > max(1, _LARGEST_SHARE * len(listings))
    keys = [
        ("listing", number)
        if shopless[number] and alone[number]
        else ("alike", int(alike[number]))
        if shopless[number]
        else _owner(listing["shop_id"], operators)
        for number, listing in enumerate(listings)
    ]
    numbers: dict[tuple[str, Any], int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


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
