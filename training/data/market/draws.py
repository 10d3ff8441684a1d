"""Random numbers that belong to an entity: any process may draw them, in any order, and gets the same ones.

rng = draws(seed, "shop", 17)
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")


def draws(seed: int, kind: str, *key: int | str) -> np.random.Generator:
    """The generator of one entity, independent of every other entity's."""
    return np.random.Generator(np.random.PCG64(int(token(seed, kind, *key, length=32), 16)))


def token(seed: int, kind: str, *key: int | str, length: int = 10) -> str:
    """Hexadecimal digits that name an entity and say nothing about it."""
    name = "/".join([str(seed), kind, *(str(part) for part in key)])
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()[:length]


def pick(rng: np.random.Generator, options: Sequence[Choice], weights: Sequence[float] | None = None) -> Choice:
    """One of the options, each equally likely or in proportion to its weight."""
    if weights is None:
        return options[int(rng.random() * len(options))]
    sums = list(accumulate(weights))
    return options[min(bisect_right(sums, rng.random() * sums[-1]), len(options) - 1)]


def pick_key(rng: np.random.Generator, weights: Mapping[Choice, float]) -> Choice:
    """One of the keys in proportion to its weight."""
    return pick(rng, list(weights), list(weights.values()))


def sample(rng: np.random.Generator, options: Sequence[Choice], count: int) -> list[Choice]:
    """Up to `count` different options in random order."""
    return [options[int(index)] for index in rng.permutation(len(options))[:count]]


def chance(rng: np.random.Generator, probability: float) -> bool:
    """Whether something of this probability happens."""
    return float(rng.random()) < probability
