"""Measures the signals and counts the n-grams of many listings, in several processes where there are many.

Shapes: N listings, K signals.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from training.ahead import ahead
from trueshelf.listings import Listing
from trueshelf.models.ngrams import Counted, NgramSpec
from trueshelf.models.perception import Percept
from trueshelf.models.preprocessing import ngram_fields
from trueshelf.models.sight import Sight
from trueshelf.models.signals import Tables, measure

Seen = tuple[Sequence[Listing], Sequence[Percept]]
"""Listings with what is seen in each."""

FEWEST_LISTINGS = 4000
"""With fewer, starting processes takes longer than they save."""

_WAITING = 3  # blocks for each process, so that none runs dry while the next block is looked at


@dataclass(frozen=True, slots=True)
class Survey:
    """What is measured and counted in some listings.

    Attributes:
        signals_NK: NaN where there was nothing to measure.
        counted: all distinct n-grams of each listing.
    """

    signals_NK: npt.NDArray[np.float32]
    counted: Sequence[Counted]


Surveying = Callable[[Iterable[Seen]], Iterator[tuple[Seen, Survey]]]
"""Surveys block after block, in their order."""


@contextmanager
def surveyor(tables: Tables, spec: NgramSpec, *, listings: int, processes: int) -> Iterator[Surveying]:
    """Surveys in this process, or in several; what they find does not depend on it.

    Args:
        listings: how many will be surveyed.
        processes: at most.
    """
    if listings < FEWEST_LISTINGS or processes < 2:
        yield lambda blocks: ((block, survey(_pairs(block), tables, spec)) for block in blocks)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that encoders' threads hold
    with ProcessPoolExecutor(processes, context, _begin, (tables, spec)) as pool:
        yield partial(ahead, lambda block: pool.submit(_survey, _pairs(block)), most=_WAITING * processes)


def survey(pairs: Sequence[tuple[Listing, tuple[Sight, ...]]], tables: Tables, spec: NgramSpec) -> Survey:
    """Of listings with what is seen in their photos."""
    return Survey(
        np.stack([measure(listing, sights, tables).values for listing, sights in pairs]),
        [Counted.of(ngram_fields(listing), spec) for listing, _ in pairs],
    )


def _pairs(block: Seen) -> list[tuple[Listing, tuple[Sight, ...]]]:
    return [(listing, percept.sights) for listing, percept in zip(*block, strict=True)]


_known: list[tuple[Tables, NgramSpec]] = []
"""Of a process of the pool: what it surveys by."""


def _begin(tables: Tables, spec: NgramSpec) -> None:
    threadpool_limits(1)  # threads of several processes would wait for one another at every small product
    _known.append((tables, spec))


def _survey(pairs: Sequence[tuple[Listing, tuple[Sight, ...]]]) -> Survey:
    return survey(pairs, *_known[0])
