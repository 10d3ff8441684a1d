"""The conversation about listings, held with a clock of the test's own."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from trueshelf.client import (
    AnswerError,
    Backoff,
    Failed,
    InvalidRequestError,
    Judged,
    OverloadedError,
    Result,
    UnavailableError,
    UnreachableError,
)
from trueshelf.client.judging import Terms, judging
from trueshelf.client.offers import Sent
from trueshelf.client.protocol import Ask, Pause, Reply

MODEL = {"name": "m", "version": "1", "precision": "fp32", "heads": {}}
VERDICT = {"action": "pass", "heads": {}, "reasons": [], "notes": []}

Answer = Reply | UnreachableError


def sent(*ids: str) -> list[Sent]:
    return [Sent(each, json.dumps({"listing_id": each}).encode()) for each in ids]


def verdict(listing_id: str) -> dict[str, Any]:
    return {"listing_id": listing_id, "verdict": VERDICT}


def error(listing_id: str | None, status: int) -> dict[str, Any]:
    return {"listing_id": listing_id, "error": {"field": "listing", "message": "no", "status": status}}


def results(*each: Mapping[str, Any]) -> Reply:
    return Reply(200, {}, json.dumps({"model": MODEL, "results": each}).encode())


def refusal(status: int, **headers: str) -> Reply:
    content = {"detail": "no", "errors": [{"field": "listings", "message": "no"}], "request_id": "r-1"}
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"content-type": "application/problem+json", **headers}, json.dumps(content).encode())


@dataclass
class Service:
    """Gives answers in turn, each after `takes` seconds; pauses let the clock go on."""

    answers: Sequence[Answer]
    takes: float = 0.0
    now: float = 100.0
    asks: list[Ask] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def hold(self, items: Sequence[Sent | Failed], *, budget: float = 60, attempts: int = 5) -> list[Result]:
        backoff = Backoff(attempts=attempts, first=1, longest=4)
        terms = Terms(budget=budget, backoff=backoff, clock=lambda: self.now, draw=lambda _, most: most)
        talk, rest = judging(items, terms), iter(self.answers)
        try:
            step = next(talk)
            while True:
                if isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                    self.now += step.seconds
                    step = talk.send(None)
                    continue
                self.asks.append(step)
                self.now += self.takes
                answer = next(rest)
                step = talk.send(answer) if isinstance(answer, Reply) else talk.throw(answer)
        except StopIteration as end:
            assert next(rest, None) is None
            found: list[Result] = end.value
            return found

    @property
    def ids(self) -> list[list[str]]:
        return [[each["listing_id"] for each in json.loads(ask.body or b"")["listings"]] for ask in self.asks]


def test_pauses_double_up_to_the_longest_and_never_fall_short_of_what_the_service_asks_for() -> None:
    gone = UnreachableError("gone")
    service = Service([gone, refusal(503), refusal(429, retry_after="7"), refusal(503), results(verdict("a"))])

    [found] = service.hold(sent("a"))

    assert isinstance(found, Judged)
    assert service.pauses == [1, 2, 4 + 7, 4]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(refusal(429), OverloadedError), (refusal(503), UnavailableError), (refusal(422), InvalidRequestError)],
)
def test_what_stays_refused_is_raised(answer: Reply, kind: type[Exception]) -> None:
    times = 1 if kind is InvalidRequestError else 3
    with pytest.raises(kind) as raised:
        Service([answer] * times).hold(sent("a"), attempts=3)
    assert vars(raised.value) | {"retry_after": None} == {
        "status": answer.status,
        "detail": "no",
        "errors": raised.value.errors,  # type: ignore[attr-defined]
        "request_id": "r-1",
        "retry_after": None,
    }


def test_each_attempt_is_told_what_is_left_of_the_budget() -> None:
    service = Service([refusal(503)] * 3, takes=5)

    with pytest.raises(UnavailableError):
        service.hold(sent("a"), budget=20)

    assert [ask.seconds for ask in service.asks] == [20, 14, 7]
    assert [float(ask.headers["X-Request-Timeout"]) for ask in service.asks] == [19, 13, 6.3]


def test_listings_that_were_late_are_sent_again_alone_under_another_key() -> None:
    service = Service(
        [
            results(verdict("a"), error("b", 504), error("c", 422), error("d", 500)),
            refusal(503),
            results(verdict("b"), error("d", 500)),
            results(verdict("d")),
        ]
    )

    found = service.hold(sent(*"abcd"))

    assert service.ids == [[*"abcd"], ["b", "d"], ["b", "d"], ["d"]]
    keys = [ask.headers["Idempotency-Key"] for ask in service.asks]
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3
    assert [(each.listing_id, type(each)) for each in found] == [
        ("a", Judged),
        ("b", Judged),
        ("c", Failed),
        ("d", Judged),
    ]


@pytest.mark.parametrize(
    "then", [refusal(422), refusal(500), results(), results(verdict("x")), UnreachableError("gone")]
)
def test_what_was_answered_stands_whatever_becomes_of_the_rest(then: Answer) -> None:
    again = [then] * 4 if isinstance(then, UnreachableError) else [then]
    found = Service([results(verdict("a"), error("b", 504)), *again]).hold(sent(*"ab"))

    assert isinstance(found[0], Judged)
    assert isinstance(found[1], Failed)
    assert found[1].error.status == 504


@pytest.mark.parametrize(
    "answer",
    [
        results(verdict("b"), verdict("a")),
        results(verdict("a")),
        results(verdict("a"), verdict("b"), verdict("c")),
        results(verdict("a"), verdict("a")),
        results(verdict("a"), {"listing_id": None, "verdict": VERDICT}),
        results(verdict("a"), {"listing_id": "b"}),
        results(verdict("a"), verdict("b") | error("b", 500)),
        results(verdict("a"), {"listing_id": "b", "verdict": VERDICT | {"action": "burn"}}),
        Reply(200, {}, b"<html>"),
        Reply(200, {}, b"[]"),
        Reply(302, {}, b""),
    ],
)
def test_an_answer_that_is_not_one_for_each_listing_is_none(answer: Reply) -> None:
    with pytest.raises(AnswerError):
        Service([answer]).hold(sent(*"ab"))


def test_a_listing_whose_id_is_at_fault_is_answered_in_its_place() -> None:
    found = Service([results(verdict("a"), error(None, 422))]).hold(sent("a", "\n"))

    assert [each.listing_id for each in found] == ["a", "\n"]


def test_what_a_newer_service_says_besides_is_passed_over() -> None:
    newer = verdict("a") | {"new": 1}

    [found] = Service([results(newer)]).hold(sent("a"))

    assert isinstance(found, Judged)


def test_a_refusal_by_something_else_is_told_as_such() -> None:
    with pytest.raises(UnavailableError, match="502: something before the service answered 502") as raised:
        Service([Reply(502, {"content-type": "text/html"}, b"<h1>bad gateway</h1>")]).hold(sent("a"), attempts=1)

    assert raised.value.request_id is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda: Backoff(attempts=0), "attempts=0"),
        (lambda: Backoff(first=3, longest=2), "first=3"),
        (lambda: Terms(budget=0, backoff=Backoff()), "budget is 0"),
        (lambda: Terms(budget=float("nan"), backoff=Backoff()), "budget is nan"),
    ],
)
def test_impossible_terms_are_refused(spoil: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spoil()
