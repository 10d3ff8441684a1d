"""Work that runs ahead of whoever takes its results, some items at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    submit: Callable[[Item], Future[Result]], items: Iterable[Item], *, most: int
) -> Iterator[tuple[Item, Result]]:
    """Every item with its result, in their order.

    Args:
        submit: begins an item, as a pool does.
        most: items on their way at a time, so that memory stays bounded however quickly they come.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    for item in items:
        waiting.append((item, submit(item)))
        if len(waiting) >= most:
            done, result = waiting.popleft()
            yield done, result.result()
    for done, result in waiting:
        yield done, result.result()
