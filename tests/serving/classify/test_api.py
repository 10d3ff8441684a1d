"""What holds for every route: one shape of refusal, request ids, bounded metrics, a valid description."""

import json
import logging
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from starlette.testclient import TestClient

from serving.classify.api import create_app
from serving.classify.logs import JsonFormatter
from serving.classify.model import ModelSlot, ServedModel
from serving.classify.problems import MEDIA_TYPE
from serving.settings import Settings

PROBLEM = {"type", "title", "status", "detail", "errors", "request_id"}


@pytest.fixture
def slot() -> ModelSlot:
    return ModelSlot()


@pytest.fixture
def waiting_client(slot: ModelSlot) -> TestClient:
    """The API while its model is being loaded."""
    return TestClient(create_app(slot, Settings(data=Path())), base_url="http://127.0.0.1")


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What the service logs, line by line."""
    found: list[dict[str, Any]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(JsonFormatter().format(record)))

    logger, handler = logging.getLogger("serving"), Collector()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/livez/", None, 404),
        ("GET", "/%ED%A0%80", None, 404),
        ("DELETE", "/v1/verdicts", None, 405),
        ("POST", "/livez", None, 405),
        ("POST", "/v1/verdicts", "{", 400),
        ("POST", "/v1/verdicts", "[]", 422),
    ],
)
def test_every_refusal_has_the_same_shape(
    client: TestClient, method: str, path: str, body: str | None, status: int
) -> None:
    response = client.request(
        method, path, content=body, headers={"Content-Type": "application/json", "X-Request-ID": "r-1"}
    )

    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    problem = response.json()
    assert problem.keys() == PROBLEM
    assert (problem["status"], problem["request_id"]) == (status, "r-1")


def test_a_method_that_is_not_allowed_says_which_is(client: TestClient) -> None:
    assert client.get("/v1/verdicts").headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/v1/model", "/livez", "/readyz", "/metrics", "/openapi.json", "/docs"])
def test_whatever_can_be_read_answers_head(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)

    assert (head.status_code, head.headers["content-type"]) == (200, whole.headers["content-type"])
    assert client.head("/v1/verdicts").status_code == 405


def test_the_key_that_attempts_share_is_logged_and_comes_back(client: TestClient, lines: list[dict[str, Any]]) -> None:
    answer = client.post("/v1/verdicts", json={"listing_id": "a"}, headers={"Idempotency-Key": "k-1"})
    evil = client.post("/v1/verdicts", json={"listing_id": "a"}, headers={"Idempotency-Key": "k 1"})

    assert answer.headers["idempotency-key"] == "k-1"
    assert "idempotency-key" not in evil.headers
    assert [line.get("idempotency_key") for line in lines] == ["k-1", None]


def test_a_head_has_no_body_on_the_wire(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(2):  # on one connection, where a body would be taken for the next answer
        connection.request("HEAD", "/v1/model")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["content-length"]) > 100
    connection.close()


def test_a_long_path_is_not_said_back(client: TestClient) -> None:
    for answer in (client.get("/" + "x" * 60_000), client.request("Y" * 60_000, "/livez")):
        assert answer.status_code in (404, 405)
        assert len(answer.text) < 1_000


def test_a_request_keeps_its_id_and_otherwise_gets_one(client: TestClient) -> None:
    assert client.get("/livez", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    for evil in ("", "a b", "x" * 65):
        assert len(client.get("/livez", headers={"X-Request-ID": evil}).headers["x-request-id"]) == 32


def test_it_is_alive_but_not_ready_until_the_model_is_loaded(
    waiting_client: TestClient, slot: ModelSlot, model: ServedModel
) -> None:
    assert waiting_client.get("/livez").status_code == 200
    for answer in (
        waiting_client.get("/readyz"),
        waiting_client.get("/v1/model"),
        waiting_client.post("/v1/verdicts", json={"listing_id": "a"}),
    ):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["content-type"] == MEDIA_TYPE

    slot.fill(lambda: model)

    ready = {"status": "ready", "version": "1", "source": "folder", "registry_away": None}
    assert waiting_client.get("/readyz").json() == ready
    assert waiting_client.post("/v1/verdicts", json={"listing_id": "a"}).status_code == 200


def test_a_model_that_cannot_be_loaded_is_told(waiting_client: TestClient, slot: ModelSlot) -> None:
    def load() -> ServedModel:
        raise ValueError("models:/listing-risk@champion cannot be found")

    slot.fill(load)

    answer = waiting_client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "there is no model: models:/listing-risk@champion cannot be found"


def test_the_model_is_described_with_its_limits_and_card(client: TestClient) -> None:
    found = client.get("/v1/model").json()

    assert (found["name"], found["version"], found["card"]) == ("fake", "1", "# A fake")
    assert found["limits"]["listings"] == 64
    assert found["limits"]["body_bytes"] == 25 * 2**20
    assert found["heads"].keys() == {"counterfeit", "low_quality"}
    assert found["heads"]["counterfeit"]["prevalence"] == {"share": 0.02, "stated": True}
    assert found["heads"]["low_quality"]["prevalence"] is None


def test_metrics_count_answers_and_never_grow_with_the_paths_asked_for(model: ServedModel) -> None:
    client = TestClient(create_app(ModelSlot(model), Settings(data=Path())), base_url="http://127.0.0.1")
    for index in range(50):
        client.get(f"/odd/{index}")
    client.post("/v1/verdicts", json={"listings": [{"listing_id": "a"}, {"listing_id": "b", "title": 1}]})

    found = client.get("/metrics").text

    assert 'trueshelf_requests_total{route="other",status="404"} 50.0' in found
    assert 'trueshelf_requests_total{route="/v1/verdicts",status="200"} 1.0' in found
    assert "trueshelf_listing_errors_total 1.0" in found
    assert 'trueshelf_request_seconds_bucket{le="0.005",route="/v1/verdicts"}' in found
    assert "/odd/" not in found


def test_the_description_is_valid_and_complete(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    OpenAPI.model_validate(document)
    assert document["paths"].keys() == {"/v1/verdicts", "/v1/model", "/livez", "/readyz", "/metrics"}
    assert {"400", "405", "408", "413", "415", "422", "503"} < document["paths"]["/v1/verdicts"]["post"][
        "responses"
    ].keys()
    assert all("405" in operation["responses"] for path in document["paths"].values() for operation in path.values())
    for reference in _references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_the_examples_of_the_description_are_answered(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"]["/v1/verdicts"]["post"]["requestBody"]["content"]["application/json"]

    for example in content["examples"].values():
        answer = client.post("/v1/verdicts", json=example["value"])
        assert answer.status_code == 200
        assert all("verdict" in result for result in answer.json()["results"])


def test_the_documentation_needs_no_page_of_others(client: TestClient) -> None:
    page = client.get("/docs").text

    assert "/openapi.json" in page
    assert "https://" not in page
    assert client.get("/", follow_redirects=False).headers["location"] == "/docs"


def test_nothing_that_a_listing_says_is_logged(
    stumbling_client: TestClient, client: TestClient, lines: list[dict[str, Any]]
) -> None:
    client.post("/v1/verdicts", json={"listing_id": "a", "title": "secret-title", "price": "secret-price"})
    stumbling_client.post("/v1/verdicts", json={"listing_id": "a", "title": "stumble"}, headers={"X-Request-ID": "r-7"})

    assert [line["event"] for line in lines] == ["request", "prediction failed", "request"]
    assert lines[-1] | {"ms": 0, "time": ""} == {
        "time": "",
        "level": "info",
        "event": "request",
        "request_id": "r-7",
        "method": "POST",
        "path": "/v1/verdicts",
        "status": 500,
        "ms": 0,
        "listings": 1,
        "errors": 1,
    }
    assert "secret" not in json.dumps(lines)


def test_what_is_logged_on_the_way_is_found_under_the_requests_id(
    stumbling_client: TestClient, lines: list[dict[str, Any]]
) -> None:
    headers = {"X-Request-ID": "r-8"}
    answer = stumbling_client.post("/v1/verdicts", json={"listing_id": "a", "title": "stumble"}, headers=headers)
    stumbling_client.post("/v1/verdicts", json={"listing_id": "a"}, headers={"X-Request-ID": "r-9"})

    assert "the log tells more under the request's id" in answer.json()["detail"]
    assert [(line["event"], line["request_id"]) for line in lines] == [
        ("prediction failed", "r-8"),
        ("request", "r-8"),
        ("request", "r-9"),
    ]
    assert lines[0]["error"] == "RuntimeError"


def test_a_fault_of_ours_is_answered_in_the_same_shape(
    model: ServedModel, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret-content")

    monkeypatch.setattr("serving.classify.api.submission_from", fail)
    client = TestClient(create_app(ModelSlot(model), Settings(data=Path())), base_url="http://127.0.0.1")

    answer = client.post("/v1/verdicts", json={"listing_id": "a"})

    assert answer.status_code == 500
    assert answer.json().keys() == PROBLEM
    assert lines[-1]["error"] == "RuntimeError"
    assert "secret" not in json.dumps(lines) + answer.text


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
