import base64
import json
import random
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving.classify.schemas import ListingIn
from serving.classify.wire import listing_from, photo_from_base64
from trueshelf.listings import Listing
from trueshelf.models.reason_labels import LABELS_FOR_SELLERS, LABELS_FOR_STAFF

PATH = "/v1/verdicts"


def results(response: Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def test_one_listing_gets_a_verdict_with_reasons_and_their_labels(client: TestClient, document: dict[str, Any]) -> None:
    response = client.post(PATH, json=document)

    (result,) = results(response)
    assert result.keys() == {"listing_id", "verdict"}
    assert result["listing_id"] == "L-1"
    assert result["verdict"]["heads"].keys() == {"counterfeit", "low_quality"}
    (reason,) = result["verdict"]["reasons"]
    assert reason["label"] == {
        "staff": LABELS_FOR_STAFF[reason["code"]],
        "seller": LABELS_FOR_SELLERS[reason["code"]],
    }
    assert result["verdict"]["notes"] == []


def test_a_photo_that_was_not_judged_is_noted_and_held_against_nobody(client: TestClient, photo: bytes) -> None:
    photos = [base64.b64encode(photo).decode()] * 2
    (result,) = results(client.post(PATH, json={"listing_id": "L-1", "title": "Bag", "photos": photos}))

    (note,) = result["verdict"]["notes"]
    assert (note["code"], note["field"]) == ("photo_not_judged", "photos[1]")
    assert "its looks were not judged" in note["label"]
    assert note["code"] not in {reason["code"] for reason in result["verdict"]["reasons"]}


def test_the_answer_says_how_sure_the_model_may_be(client: TestClient, document: dict[str, Any]) -> None:
    model = client.post(PATH, json=document).json()["model"]

    assert model["heads"]["counterfeit"]["guarantee"] == {
        "holds": True,
        "alpha": 0.01,
        "confidence": 0.95,
        "n": 1200,
        "per_shop": False,
        "why_not": None,
        "group": None,
        "groups": 2,
    }
    assert model["heads"]["low_quality"]["act_above"] is None
    assert "too few" in model["heads"]["low_quality"]["guarantee"]["why_not"]


def test_an_answer_names_the_category_whose_thresholds_decided(client: TestClient) -> None:
    categories = ["Watches", "watches > straps", "shoes", None]
    listings = [{"listing_id": f"L{row}", "category": category} for row, category in enumerate(categories)]
    response = client.post(PATH, json={"listings": listings})

    decided = [result["verdict"]["heads"]["counterfeit"]["threshold_category"] for result in results(response)]
    assert decided == ["watches", "watches", None, None]
    model = response.json()["model"]["heads"]["counterfeit"]
    assert model["categories"]["watches"]["act_above"] == 0.8
    assert model["categories"]["watches"]["guarantee"]["group"] == "watches"
    assert response.json()["model"]["heads"]["low_quality"]["categories"] == {}


def test_only_the_id_is_required(client: TestClient) -> None:
    (result,) = results(client.post(PATH, json={"listing_id": "bare"}))

    assert "verdict" in result


def test_null_is_the_same_as_absent(client: TestClient) -> None:
    empty = dict.fromkeys(ListingIn.model_fields) | {"listing_id": "x"}

    assert results(client.post(PATH, json=empty)) == results(client.post(PATH, json={"listing_id": "x"}))


@pytest.mark.parametrize(
    ("tag", "language"), [("en", "en"), ("EN", "en"), ("zh-CN", "zh"), ("pt_BR", "pt"), ("sr-Latn-RS", "sr")]
)
def test_a_language_may_come_with_its_region(tag: str, language: str) -> None:
    listing = listing_from({"listing_id": "a", "language": tag}, read_photo=photo_from_base64)

    assert isinstance(listing, Listing)
    assert listing.language == language


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(64)))
def test_every_listing_gets_its_own_answer_in_any_order(client: TestClient, photo: bytes, order: list[int]) -> None:
    batch = [_varied(index, photo) for index in range(64)]

    found = results(client.post(PATH, json={"listings": [batch[index] for index in order]}))

    assert [result["listing_id"] for result in found] == [f"L-{index}" for index in order]
    expected = _alone(client, photo)
    for index, result in zip(order, found, strict=True):
        assert ("verdict" in result) != ("error" in result)
        assert result == expected[index]


_ALONE: list[dict[str, Any]] = []


def _alone(client: TestClient, photo: bytes) -> list[dict[str, Any]]:
    """What each of the varied listings is answered when it comes in a batch of one."""
    if not _ALONE:
        for index in range(64):
            _ALONE.extend(results(client.post(PATH, json={"listings": [_varied(index, photo)]})))
    return _ALONE


def _varied(index: int, photo: bytes) -> dict[str, Any]:
    listing: dict[str, Any] = {"listing_id": f"L-{index}", "title": f"Shoes {index}"}
    if index % 5 == 1:
        listing["photos"] = [base64.b64encode(photo).decode()]
    if index % 7 == 2:
        listing["photos"] = [base64.b64encode(photo[: len(photo) // 2]).decode()]
    if index % 11 == 3:
        listing["price"] = {"amount": "ten", "currency": "EUR"}
    return listing


def test_a_poisoned_photo_spoils_nobody_elses_verdict(client: TestClient, photo: bytes) -> None:
    batch: list[dict[str, Any]] = [{"listing_id": str(index), "title": f"Bag {index}"} for index in range(64)]
    batch[17]["photos"] = [base64.b64encode(photo).decode(), base64.b64encode(photo[:200]).decode()]

    found = results(client.post(PATH, json={"listings": batch}))

    assert [index for index, result in enumerate(found) if "error" in result] == [17]
    assert found[17]["error"]["field"] == "photos[1]"


def test_a_form_with_files_gets_the_same_verdicts_as_json(
    client: TestClient, document: dict[str, Any], photo: bytes
) -> None:
    other = {"listing_id": "L-2", "title": "A bag"}
    form = {"listings": [{**document, "photos": ["front"]}, other]}

    by_form = client.post(
        PATH, files={"listings": ("listings.json", json.dumps(form)), "front": ("front.jpg", photo, "image/jpg")}
    )

    assert results(by_form) == results(client.post(PATH, json={"listings": [document, other]}))


def test_a_form_may_hold_the_listing_as_a_plain_field(client: TestClient, photo: bytes) -> None:
    listing = json.dumps({"listing_id": "L-1", "photos": ["a", "a"]})

    (result,) = results(client.post(PATH, data={"listings": listing}, files={"a": ("a.png", photo)}))

    assert "verdict" in result


def test_a_photo_that_the_form_lacks_is_that_listings_error(client: TestClient, photo: bytes) -> None:
    listings = [{"listing_id": "1", "photos": ["here"]}, {"listing_id": "2", "photos": ["here", "listings"]}]

    found = results(
        client.post(PATH, files={"listings": ("l", json.dumps({"listings": listings})), "here": ("h", photo)})
    )

    assert "verdict" in found[0]
    assert found[1]["error"]["field"] == "photos[1]"


def test_listings_with_the_same_id_are_all_refused(client: TestClient) -> None:
    batch = [{"listing_id": "a"}, {"listing_id": "b"}, {"listing_id": "a", "title": "other"}]

    found = results(client.post(PATH, json={"listings": batch}))

    assert [result.get("error", {}).get("field") for result in found] == ["listing_id", None, "listing_id"]


def test_a_fault_of_the_model_stays_with_the_listing_that_caused_it(
    stumbling_client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = [{"listing_id": str(index), "title": f"Bag {index}"} for index in range(20)]
    random.Random(0).choice(batch)["title"] = "stumble"

    found = results(stumbling_client.post(PATH, json={"listings": batch}))

    assert sum("error" in result for result in found) == 1
    assert "secret-title" not in capsys.readouterr().err
