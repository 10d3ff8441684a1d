import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from training.ahead import ahead


def test_results_come_in_order_and_no_more_items_are_begun_than_asked_for() -> None:
    begun: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            begun.append(number)
            yield number

    def work(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number**2

    with ThreadPoolExecutor(3) as pool:
        taken = 0
        for number, square in ahead(lambda item: pool.submit(work, item), items(), most=4):
            assert (number, square) == (taken, taken**2)
            taken += 1
            assert len(begun) <= taken + 3
    assert taken == 20


def test_an_error_reaches_whoever_takes_the_result() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        list(ahead(lambda item: pool.submit(lambda: 1 // item), [1, 0], most=2))
