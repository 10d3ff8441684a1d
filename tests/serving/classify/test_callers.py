"""Deadlines are read from requests, and work ends where nobody waits for it any more."""

import anyio
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from serving.access.caller import Caller
from serving.access.scopes import Scope
from serving.classify.callers import Deadline, caller_of, unless_gone
from serving.classify.problems import Problem

CALLER = Caller("key:pipeline", frozenset({Scope.SCORE}))


def request_with(*headers: tuple[bytes, bytes], gone: anyio.Event | None = None) -> Request:
    async def receive() -> Message:
        if gone is None:
            await anyio.sleep_forever()
        else:
            await gone.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "headers": list(headers), "state": {"caller": CALLER}}, receive)


@pytest.mark.parametrize(("given", "seconds"), [(b"2.5", 2.5), (b"1e9", 120.0), (b"inf", 120.0), (None, 120.0)])
def test_a_deadline_is_what_the_request_says_and_no_more_than_the_service_allows(
    given: bytes | None, seconds: float
) -> None:
    headers = [] if given is None else [(b"x-request-timeout", given)]
    deadline = Deadline.of(request_with(*headers), most=120)
    assert seconds - 1 < deadline.left() <= seconds


@pytest.mark.parametrize("given", [b"0", b"-1", b"nan", b"soon", b""])
def test_a_deadline_that_is_none_is_refused_by_name(given: bytes) -> None:
    with pytest.raises(Problem, match="X-Request-Timeout") as refused:
        Deadline.of(request_with((b"x-request-timeout", given)), most=120)
    assert refused.value.status == 400


def test_work_gives_its_result_or_its_error_to_a_caller_who_waits() -> None:
    async def works() -> int:
        return 7

    async def fails() -> int:
        raise Problem(418, "no")

    async def scenario() -> None:
        assert await unless_gone(request_with(), works()) == 7
        with pytest.raises(Problem):
            await unless_gone(request_with(), fails())

    anyio.run(scenario)


def test_work_is_cancelled_when_its_caller_has_gone() -> None:
    ended: list[str] = []

    async def work(started: anyio.Event) -> None:
        started.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("work")

    async def scenario() -> None:
        gone, started = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as tasks:

            async def leave() -> None:
                await started.wait()
                gone.set()

            tasks.start_soon(leave)
            with pytest.raises(ClientDisconnect):
                await unless_gone(request_with(gone=gone), work(started))
        assert ended == ["work"]

    anyio.run(scenario)


def test_turns_are_shared_by_whoever_was_told_apart() -> None:
    assert caller_of(request_with()) == "key:pipeline"
