"""The client against the API on a real socket."""

from http.client import HTTPConnection

import pytest

from serving.classify.model import ModelSlot
from serving.client import Client
from trueshelf.listings import Photo
from trueshelf.testing import make_listing


def test_the_client_gets_a_result_for_each_listing(running: Client) -> None:
    listings = [make_listing(id="a"), make_listing(id="b", photos=(Photo.of(b"<svg/>"),)), make_listing(id="c")]

    found = running.judge(listings)

    assert [result["listing_id"] for result in found] == ["a", "b", "c"]
    assert ["error" in result for result in found] == [False, True, False]


def test_the_client_tells_why_a_request_is_refused(running: Client) -> None:
    with pytest.raises(ValueError, match=r"answered 422: listings: .* not 65 listings"):
        running.judge([make_listing(id=str(index), photos=()) for index in range(65)])


def test_waiting_ends_when_nothing_answers() -> None:
    with pytest.raises(ValueError, match=r"not ready after 0 s: nothing answers at http://127\.0\.0\.1:9"):
        Client("127.0.0.1", 9).wait_until_ready(seconds=0, waiting=lambda _: None)


def test_waiting_ends_when_the_model_is_there(running: Client, running_slot: ModelSlot) -> None:
    model, running_slot.model = running_slot.model, None

    def load(why: str) -> None:
        assert why == "the model is being loaded"
        running_slot.model = model

    running.wait_until_ready(seconds=30, waiting=load)


def test_waiting_ends_when_there_will_be_no_model(
    running: Client, running_slot: ModelSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_slot, "model", None)
    monkeypatch.setattr(running_slot, "why_not", "there is no model: it was altered")

    with pytest.raises(ValueError, match="there is no model: it was altered"):
        running.wait_until_ready(seconds=30, waiting=lambda _: None)


@pytest.mark.parametrize("megabytes", [30, 100])
def test_who_sends_too_much_still_gets_to_read_why(running: Client, megabytes: int) -> None:
    connection = HTTPConnection(running.host, running.port, timeout=60)

    connection.request("POST", "/v1/verdicts", bytes(megabytes * 2**20), {"Content-Type": "application/json"})

    assert connection.getresponse().status == 413
    connection.close()
