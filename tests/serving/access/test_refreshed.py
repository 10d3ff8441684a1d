import threading

import anyio
import anyio.to_thread
import pytest

from serving.access.refreshed import Refreshed, UnavailableError


class Source:
    """A number that goes up, or cannot be had."""

    def __init__(self) -> None:
        self.now = 0.0
        self.loads = 0
        self.broken = False
        self.value = Refreshed(self.load, what="numbers", every=10, again=2, keep=60, clock=lambda: self.now)

    def load(self) -> int:
        self.loads += 1
        if self.broken:
            raise OSError("secret")
        return self.loads

    def get(self, within: float | None = None) -> int:
        return anyio.run(lambda: self.value.get(within=within))


def test_a_value_is_loaded_when_it_is_old_and_not_more_often_than_allowed() -> None:
    source = Source()
    assert [source.get(), source.get(), source.get(within=0)] == [1, 1, 1]
    source.now = 2
    assert [source.get(), source.get(within=5), source.get(within=0)] == [1, 1, 2]
    source.now = 12
    assert source.get() == 3


def test_the_last_value_stands_for_a_while_where_there_is_no_other(caplog: pytest.LogCaptureFixture) -> None:
    source = Source()
    source.broken = True
    with pytest.raises(UnavailableError, match="numbers"):
        source.get()
    source.broken, source.now = False, 2
    assert source.get() == 2
    source.broken, source.now = True, 30
    assert [source.get(), source.get()] == [2, 2]
    assert source.loads == 3
    assert "numbers cannot be loaded" in caplog.text
    source.now = 63
    with pytest.raises(UnavailableError):
        source.get()


def test_who_asks_while_it_is_loaded_again_gets_the_last_value() -> None:
    loading, go_on = threading.Event(), threading.Event()
    values = iter([1, 2])

    def load() -> int:
        value = next(values)
        if value == 2:
            loading.set()
            assert go_on.wait(60)
        return value

    source = Refreshed(load, what="numbers", every=0, again=0, keep=60)

    async def scenario() -> None:
        assert await source.get() == 1
        found: list[int] = []

        async def first() -> None:
            found.append(await source.get())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first)
            await anyio.to_thread.run_sync(loading.wait)
            assert await source.get() == 1
            go_on.set()
        assert found == [2]

    anyio.run(scenario)
