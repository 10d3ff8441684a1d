"""Work on several things at a time, each on one thread of its own.

Solvers that share all processors at every small product wait more than they work: two linear models one after the other
on two threads took twice as long as both abreast, and three times the processor time.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


def one_product_each() -> AbstractContextManager[object]:
    """While it lasts, NumPy takes each product on the thread that asks for it.

    Shared by two threads, a product of a gallery and a photo, which takes .1 ms, waited up to 12 ms for a processor.
    """
    limit: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limit


def abreast(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """What comes of each item, in their order; as many at a time as there are processors."""

    def alone(item: Item) -> Result:
        with threadpool_limits(1):  # OpenMP counts threads for each thread that asks for them
            return work(item)

    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(alone, items))
