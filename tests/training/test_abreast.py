from threadpoolctl import threadpool_info

from training.abreast import abreast


def test_results_are_in_the_order_of_the_items_and_each_has_one_thread() -> None:
    found = abreast(lambda item: (item, {pool["num_threads"] for pool in threadpool_info()}), range(8))
    assert [item for item, _ in found] == list(range(8))
    assert all(threads <= {1} for _, threads in found)
