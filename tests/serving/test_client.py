"""The client against the API on a real socket."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.classify.api import create_app
from serving.classify.model import ModelSlot, Predict, ServedModel
from serving.client import local_client, served_model, wait_until_ready
from serving.settings import Settings
from trueshelf.client import (
    AsyncClient,
    Backoff,
    Client,
    Failed,
    InvalidRequestError,
    Judged,
    OutOfTimeError,
    OverloadedError,
    UnavailableError,
    UnreachableError,
)
from trueshelf.listings import Listing, Photo
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_listing

ServedBy = Callable[[Predict], ServedModel]
RunApp = Callable[..., AbstractContextManager[int]]
Interruption = Callable[[Receive, Send], object]

ROOT = Path(__file__).parents[2]

AT_ONCE = Backoff(first=0, longest=0)


def listing() -> Listing:
    return Listing(id="a", title="Canvas shoes")


def listings(*ids: str) -> list[Listing]:
    return [Listing(id=each, title="Canvas shoes") for each in ids]


class Between:
    """Stands before the API: keeps what was asked, and answers some requests for verdicts otherwise, in turn."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.instead: list[ASGIApp] = []
        self.asked: list[tuple[list[str], dict[str, str]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        if scope["path"] == "/v1/verdicts":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.asked.append(([each["listing_id"] for each in json.loads(body)["listings"]], headers))
            if self.instead:
                await self.instead.pop(0)(scope, receive, send)
                return
        whole = iter([message])

        async def again() -> object:
            return {"type": "http.request", "body": body, "more_body": False} if next(whole, None) else await receive()

        await self.app(scope, again, send)  # type: ignore[arg-type]


def answering(status: int, **headers: str) -> ASGIApp:
    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"<h1>not now</h1>"})

    return answer


async def breaking_off(_scope: Scope, _receive: Receive, send: Send) -> None:
    """The connection ends in the middle of the answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": False})


async def hanging(_scope: Scope, receive: Receive, _send: Send) -> None:
    """No answer, until the client hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass


@pytest.fixture(scope="module")
def standing(model: ServedModel) -> Between:
    return Between(create_app(ModelSlot(model), Settings(data=Path())))


@pytest.fixture(scope="module")
def address(standing: Between, run_app: RunApp) -> Iterator[str]:
    with run_app(standing) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def between(standing: Between) -> Between:
    """What stands before the API, as if nothing had been asked yet."""
    standing.instead = []
    standing.asked = []
    return standing


@pytest.fixture
def asked(between: Between) -> list[tuple[list[str], dict[str, str]]]:
    """What comes to the service in this test."""
    return between.asked


def test_each_listing_gets_its_own_result(running: Client) -> None:
    found = list(running.judge_all([make_listing(id="a"), make_listing(id="b", photos=(Photo.of(b"<svg/>"),))]))

    assert isinstance(found[0], Judged)
    assert found[0].listing_id == "a"
    [answer] = FakePredictor().predict([make_listing(id="a")])
    assert isinstance(answer, Verdict)
    assert {head: each.probability for head, each in found[0].verdict.heads.items()} == {
        head: each.probability for head, each in answer.heads.items()
    }
    assert found[0].verdict.reasons[0].code == answer.reasons[0].code
    assert found[0].model.heads["counterfeit"].act_above == 0.9
    assert isinstance(found[1], Failed)
    assert (found[1].listing_id, found[1].error.field, found[1].error.status) == ("b", "photos[0]", 422)


def test_photos_may_be_bytes_files_or_records(running: Client, photo: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo)
    listing = make_listing()
    bare = make_listing(photos=())

    expected = running.judge(make_listing(photos=(Photo.of(photo),) * 3))

    assert running.judge(bare, [photo, tmp_path / "a.jpg", Photo.of(photo)]) == expected
    with pytest.raises(ValueError, match="has photos in its record and others beside it"):
        running.judge(listing, [photo])


def test_a_photo_that_cannot_be_read_fails_its_listing_alone(address: str, tmp_path: Path) -> None:
    gone = Photo("0" * 64, tmp_path / "gone.jpg")

    with Client(address) as client:
        found = list(client.judge_all([*listings("a"), make_listing(id="b", photos=(gone,)), *listings("c")]))

    assert [type(each) for each in found] == [Judged, Failed, Judged]
    assert "gone.jpg" in found[1].error.message if isinstance(found[1], Failed) else False


def test_any_number_of_listings_is_cut_into_requests(address: str, asked: list[tuple[list[str], object]]) -> None:
    ids = [f"L-{index}" for index in range(150)]

    with Client(address) as client:
        found = list(client.judge_all(listings(*ids)))

    assert [each.listing_id for each in found] == ids
    assert all(isinstance(each, Judged) for each in found)
    assert [len(each) for each, _ in asked] == [64, 64, 22]


def test_requests_keep_within_the_bodys_limit_and_have_no_id_twice(
    address: str, asked: list[tuple[list[str], object]]
) -> None:
    long = [make_listing(id=each, photos=(), description=each * 3_000) for each in "abc"]

    with Client(address, max_body_bytes=7_500) as client:
        found = list(client.judge_all([*long, *listings("d", "d", "e"), make_listing(id="f", description="f" * 9_000)]))

    assert [each for each, _ in asked] == [["a", "b"], ["c", "d"], ["d", "e"]]
    assert [each.listing_id for each in found] == [*"abcddef"]
    assert isinstance(found[-1], Failed)
    assert found[-1].error.status == 413


def test_who_is_turned_away_comes_back_as_late_as_told(
    address: str, between: Between, asked: list[tuple[list[str], dict[str, str]]]
) -> None:
    between.instead = [answering(429, retry_after="1"), answering(503)]

    with Client(address, backoff=AT_ONCE, budget=30) as client:
        found = client.judge(listing())

    assert isinstance(found, Judged)
    assert [ids for ids, _ in asked] == [["a"]] * 3
    assert len({headers["idempotency-key"] for _, headers in asked}) == 1
    left = [float(headers["x-request-timeout"]) for _, headers in asked]
    assert left[0] <= 29
    assert left[1] <= left[0] - 1
    assert left[2] < left[1]


def test_a_connection_that_breaks_is_tried_again(
    address: str, between: Between, asked: list[tuple[list[str], dict[str, str]]]
) -> None:
    between.instead = [breaking_off]

    with Client(address, backoff=AT_ONCE) as client:
        assert isinstance(client.judge(listing()), Judged)

    assert len(asked) == 2


def test_only_listings_that_failed_through_no_fault_of_theirs_are_sent_again(
    served_by: ServedBy, run_app: RunApp
) -> None:
    stumbles = iter(["b", "b", "d"])  # in a batch, then alone twice

    def predict(asked: Sequence[Listing]) -> list[Verdict | ItemError]:
        if any(each.title == "stumble" for each in asked) and next(stumbles, None):
            raise RuntimeError("stumbled")
        return FakePredictor().predict(asked)

    between = Between(create_app(ModelSlot(served_by(predict)), Settings(data=Path())))
    offers = [*listings("a"), make_listing(id="b", title="stumble", photos=()), *listings("c")]
    bad = make_listing(id="bad", photos=(Photo.of(b"<svg/>"),))

    with run_app(between) as port, Client(f"http://127.0.0.1:{port}", backoff=AT_ONCE) as client:
        found = list(client.judge_all([*offers, bad]))

    assert [each.listing_id for each in found] == ["a", "b", "c", "bad"]
    assert [type(each) for each in found] == [Judged, Judged, Judged, Failed]
    first, *others = [ids for ids, _ in between.asked]
    assert first == ["a", "b", "c", "bad"]
    assert others
    assert all(ids == ["b"] for ids in others)
    assert len({headers["idempotency-key"] for _, headers in between.asked}) == 2


def test_a_listing_that_always_stumbles_fails_and_the_others_keep_their_verdicts(
    served_by: ServedBy, run_app: RunApp
) -> None:
    def predict(asked: Sequence[Listing]) -> list[Verdict | ItemError]:
        if any(each.title == "stumble" for each in asked):
            raise RuntimeError("stumbled")
        return FakePredictor().predict(asked)

    between = Between(create_app(ModelSlot(served_by(predict)), Settings(data=Path())))
    offers = [*listings("a"), make_listing(id="b", title="stumble", photos=())]

    with run_app(between) as port:
        address = f"http://127.0.0.1:{port}"
        with Client(address, backoff=Backoff(attempts=3, first=0, longest=0)) as client:
            found = list(client.judge_all(offers))

    assert isinstance(found[0], Judged)
    assert isinstance(found[1], Failed)
    assert found[1].error.status == 500
    assert [ids for ids, _ in between.asked] == [["a", "b"], ["b"], ["b"]]


def test_what_does_not_answer_in_time_is_given_up(address: str, between: Between) -> None:
    between.instead = [hanging]

    with Client(address, budget=0.2) as client, pytest.raises(OutOfTimeError, match=r"did not answer within 0\.2 s"):
        client.judge(listing())


def test_who_is_asked_to_come_back_too_late_gives_up_at_once(
    address: str, between: Between, asked: list[object]
) -> None:
    between.instead = [answering(429, retry_after="3600")]

    with Client(address, budget=30) as client, pytest.raises(OverloadedError) as raised:
        client.judge(listing())

    assert len(asked) == 1
    assert (raised.value.status, raised.value.retry_after) == (429, 3600)


def test_a_refusal_is_told_with_its_fields_and_the_requests_id(address: str, between: Between) -> None:
    async def refused(scope: Scope, receive: Receive, send: Send) -> None:
        pairs = [(name, value) for name, value in scope["headers"] if name != b"x-request-timeout"]
        await between.app({**scope, "headers": [*pairs, (b"x-request-timeout", b"soon")]}, receive, send)

    between.instead = [refused]
    with Client(address) as client, pytest.raises(InvalidRequestError) as raised:
        client.judge(listing())

    assert raised.value.status == 400
    assert [error.field for error in raised.value.errors] == ["X-Request-Timeout"]
    assert raised.value.request_id


def test_nothing_at_the_address_is_told() -> None:
    with Client("http://127.0.0.1:9", backoff=AT_ONCE) as client:
        with pytest.raises(UnreachableError, match=r"nothing answers at http://127\.0\.0\.1:9"):
            client.judge(listing())
        with pytest.raises(OutOfTimeError, match=r"not ready after 0 s: nothing answers"):
            client.wait_until_ready(seconds=0)


def test_the_readmes_example_runs(
    port: int, photo: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = re.search(r"```python\n(.+?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert example is not None
    (tmp_path / "front.jpg").write_bytes(photo)
    monkeypatch.chdir(tmp_path)

    exec(example[1].replace(":3000", f":{port}"), {})  # noqa: S102

    first, *others = capsys.readouterr().out.splitlines()
    assert first in ("pass", "review", "act")
    assert others == [f"L{n} judged" for n in range(1_000)]


def test_the_model_is_told_with_its_limits_and_card(running: Client) -> None:
    found = running.model()

    assert (found.name, found.version, found.card) == ("fake", "1", "# A fake")
    assert found.heads["counterfeit"].categories["watches"].act_above == 0.8
    assert found.limits.listings == 64


def test_asynchronously_it_is_the_same(
    address: str, running: Client, between: Between, asked: list[tuple[list[str], object]], photo: bytes
) -> None:
    offers = listings(*map(str, range(70)))
    between.instead = [answering(429, retry_after="0"), breaking_off]

    async def ask() -> None:
        async with AsyncClient(address, backoff=AT_ONCE) as client:
            await client.wait_until_ready(seconds=30)
            assert await client.model() == running.model()
            assert [each async for each in client.judge_all(offers)] == list(running.judge_all(offers))
            assert await client.judge(offers[0], [photo]) == running.judge(offers[0], [photo])
        between.instead = [hanging]
        async with AsyncClient(address, budget=0.2) as client:
            with pytest.raises(OutOfTimeError):
                await client.judge(offers[0])

    asyncio.run(ask())
    assert [len(ids) for ids, _ in asked] == [64, 64, 64, 6, 1, 1]


def test_waiting_ends_when_the_model_is_there(running: Client, running_slot: ModelSlot) -> None:
    serving, running_slot.serving = running_slot.serving, None

    def load(why: str) -> None:
        assert why == "the model is being loaded"
        running_slot.serving = serving

    running.wait_until_ready(seconds=30, waiting=load)


def test_waiting_ends_when_there_will_be_no_model(
    running: Client, running_slot: ModelSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_slot, "serving", None)
    monkeypatch.setattr(running_slot, "failed", True)
    monkeypatch.setattr(running_slot, "why_not", "there is no model: it was altered")

    with pytest.raises(UnavailableError, match="there is no model: it was altered"):
        running.wait_until_ready(seconds=30)
    with pytest.raises(ValueError, match="there is no model: it was altered"):
        wait_until_ready(running, seconds=30, waiting=lambda _: None)


def test_the_commands_pass_any_proxy_on_the_way_to_this_machine(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    settings = Settings(data=Path(), port=port)

    with local_client(settings) as client:
        assert client.model() == served_model(settings)


@pytest.mark.parametrize("megabytes", [30, 100])
def test_who_sends_too_much_still_gets_to_read_why(port: int, megabytes: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)

    connection.request("POST", "/v1/verdicts", bytes(megabytes * 2**20), {"Content-Type": "application/json"})

    assert connection.getresponse().status == 413
    connection.close()


def test_importing_the_client_imports_nothing_heavy() -> None:
    script = "import sys, trueshelf.client; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)

    heavy = {"numpy", "pyarrow", "PIL", "onnxruntime", "pydantic", "httpx2", "anyio", "fastapi", "serving", "training"}
    assert not heavy & set(found.stdout.split())
