"""Whatever is sent: a 4xx or the listing's own error that names the field, never a 500, and the others are answered."""

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient

from serving.classify.problems import MEDIA_TYPE

PATH = "/v1/verdicts"
JSON = {"Content-Type": "application/json"}


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that nobody could decode."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def gif(frames: int) -> bytes:
    out = BytesIO()
    pictures = [Image.new("L", (40, 40), shade * 80) for shade in range(frames)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def post_beside_good_ones(client: TestClient, listing: str) -> list[dict[str, Any]]:
    """Results of a batch in which the listing, as JSON, stands between two good ones."""
    body = f'{{"listings": [{{"listing_id": "before"}}, {listing}, {{"listing_id": "after", "title": "x"}}]}}'
    response = client.post(PATH, content=body.encode(), headers=JSON)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["results"]
    return found


BAD_LISTINGS = {
    "nothing": ("{}", "listing_id"),
    "id missing": ('{"title": "x"}', "listing_id"),
    "id null": ('{"listing_id": null}', "listing_id"),
    "id a number": ('{"listing_id": 7}', "listing_id"),
    "id empty": ('{"listing_id": ""}', "listing_id"),
    "id blank": ('{"listing_id": " "}', "listing_id"),
    "id with control character": ('{"listing_id": "a\\u0000"}', "listing_id"),
    "id too long": (json.dumps({"listing_id": "x" * 201}), "listing_id"),
    "id with right-to-left override": ('{"listing_id": "a\\u202eb"}', "listing_id"),
    "no object": ("[]", "listing"),
    "a number": ("5", "listing"),
    "null": ("null", "listing"),
    "unknown field": ('{"listing_id": "a", "tittle": "x"}', "tittle"),
    "unknown field with half a character": ('{"listing_id": "a", "\\ud800": 1}', "listing"),
    "title a number": ('{"listing_id": "a", "title": 5}', "title"),
    "title a list": ('{"listing_id": "a", "title": ["x"]}', "title"),
    "title too long": (json.dumps({"listing_id": "a", "title": "x" * 2_001}), "title"),
    "title with half a character": ('{"listing_id": "a", "title": "x\\ud800"}', "title"),
    "title with right-to-left mark": ('{"listing_id": "a", "title": "x\\u200fy"}', "title"),
    "title with right-to-left override": ('{"listing_id": "a", "title": "x\\u202ey"}', "title"),
    "title with an isolate among Hebrew": (
        '{"listing_id": "a", "title": "\\u05e0\\u05e2\\u05dc \\u2067x\\u2069"}',
        "title",
    ),
    "description too long": (json.dumps({"listing_id": "a", "description": "x" * 50_001}), "description"),
    "price a number": ('{"listing_id": "a", "price": 12}', "price"),
    "amount missing": ('{"listing_id": "a", "price": {"currency": "EUR"}}', "price.amount"),
    "amount NaN": ('{"listing_id": "a", "price": {"amount": NaN, "currency": "EUR"}}', "price.amount"),
    "amount infinite": ('{"listing_id": "a", "price": {"amount": -Infinity, "currency": "EUR"}}', "price.amount"),
    "amount beyond floats": ('{"listing_id": "a", "price": {"amount": 1e999, "currency": "EUR"}}', "price.amount"),
    "amount of 5000 digits": (
        f'{{"listing_id": "a", "price": {{"amount": {"9" * 5000}, "currency": "EUR"}}}}',
        "price.amount",
    ),
    "amount text": ('{"listing_id": "a", "price": {"amount": "12", "currency": "EUR"}}', "price.amount"),
    "amount true": ('{"listing_id": "a", "price": {"amount": true, "currency": "EUR"}}', "price.amount"),
    "amount negative": ('{"listing_id": "a", "price": {"amount": -1, "currency": "EUR"}}', "price.amount"),
    "list price NaN": ('{"listing_id": "a", "list_price": {"amount": NaN, "currency": "EUR"}}', "list_price.amount"),
    "currency missing": ('{"listing_id": "a", "price": {"amount": 1}}', "price.currency"),
    "currency unknown": ('{"listing_id": "a", "price": {"amount": 1, "currency": "XYZ"}}', "price.currency"),
    "currency a symbol": ('{"listing_id": "a", "price": {"amount": 1, "currency": "€"}}', "price.currency"),
    "currency in small letters": ('{"listing_id": "a", "price": {"amount": 1, "currency": "eur"}}', "price.currency"),
    "attributes a list": ('{"listing_id": "a", "attributes": []}', "attributes"),
    "attributes without end": (
        json.dumps({"listing_id": "a", "attributes": {str(index): "x" for index in range(5_000)}}),
        "attributes",
    ),
    "attributes too many": (
        json.dumps({"listing_id": "a", "attributes": {str(index): "x" for index in range(101)}}),
        "attributes",
    ),
    "fields without end": (json.dumps({str(index): "x" for index in range(5_000)}), "listing"),
    "attribute a number": ('{"listing_id": "a", "attributes": {"size": 42}}', "attributes.size"),
    "time without offset": ('{"listing_id": "a", "listed_at": "2025-01-01T00:00:00"}', "listed_at"),
    "time a number": ('{"listing_id": "a", "listed_at": 1736000000}', "listed_at"),
    "time a number as text": ('{"listing_id": "a", "listed_at": "1736000000"}', "listed_at"),
    "time impossible": ('{"listing_id": "a", "listed_at": "2025-02-30T00:00:00Z"}', "listed_at"),
    "language a name": ('{"listing_id": "a", "language": "English"}', "language"),
    "language empty": ('{"listing_id": "a", "language": ""}', "language"),
    "language a number": ('{"listing_id": "a", "language": 5}', "language"),
    "amount twice": ('{"listing_id": "a", "price": {"amount": 1, "amount": 2, "currency": "EUR"}}', "price"),
    "attribute twice": ('{"listing_id": "a", "attributes": {"size": "1", "size": "2"}}', "attributes"),
    "photos a text": ('{"listing_id": "a", "photos": "abc"}', "photos"),
    "photo a number": ('{"listing_id": "a", "photos": [5]}', "photos[0]"),
    "photo empty": ('{"listing_id": "a", "photos": [""]}', "photos[0]"),
    "photo no base64": ('{"listing_id": "a", "photos": ["!!!"]}', "photos[0]"),
    "photo cut base64": ('{"listing_id": "a", "photos": ["abcde"]}', "photos[0]"),
    "photo base64 with blanks": ('{"listing_id": "a", "photos": ["YWJj ZGVm"]}', "photos[0]"),
    "photo half a character": ('{"listing_id": "a", "photos": ["\\ud800"]}', "photos[0]"),
    "photo an address": ('{"listing_id": "a", "photos": ["https://example.org/a.jpg"]}', "photos[0]"),
    "photo a data address": ('{"listing_id": "a", "photos": ["data:image/png;base64,AAAA"]}', "photos[0]"),
    "photos too many": (json.dumps({"listing_id": "a", "photos": ["AAAA"] * 17}), "photos"),
    "photo of 50,000 × 50,000": (
        json.dumps({"listing_id": "a", "photos": [base64_of(png_claiming(50_000, 50_000))]}),
        "photos[0]",
    ),
    "photo an SVG": (
        json.dumps({"listing_id": "a", "photos": [base64_of(b'<svg xmlns="http://www.w3.org/2000/svg"/>')]}),
        "photos[0]",
    ),
    "photo a web page": (
        json.dumps({"listing_id": "a", "photos": [base64_of(b"<!doctype html><p>no photo")]}),
        "photos[0]",
    ),
    "photo too large": (json.dumps({"listing_id": "a", "photos": [base64_of(bytes(9 * 2**20))]}), "photos[0]"),
}


@pytest.mark.parametrize(("listing", "field"), BAD_LISTINGS.values(), ids=BAD_LISTINGS)
def test_a_bad_listing_gets_its_own_error_and_the_others_are_answered(
    client: TestClient, listing: str, field: str
) -> None:
    before, bad, after = post_beside_good_ones(client, listing)

    assert bad["error"]["field"] == field
    assert bad["error"]["message"]
    assert "verdict" not in bad
    assert ("verdict" in before, "verdict" in after) == (True, True)


@pytest.mark.parametrize(("listing", "field"), BAD_LISTINGS.values(), ids=BAD_LISTINGS)
def test_a_bad_listing_on_its_own_is_refused(client: TestClient, listing: str, field: str) -> None:
    response = client.post(PATH, content=listing.encode(), headers=JSON)

    assert response.status_code == 422
    expected = "body" if field == "listing" and "ud800" not in listing else field
    assert [error["field"] for error in response.json()["errors"]] == [expected]


def test_a_key_that_is_there_twice_is_named(client: TestClient) -> None:
    _, bad, _ = post_beside_good_ones(client, '{"listing_id": "a", "title": "x", "brand": "y", "title": "x"}')
    _, nameless, _ = post_beside_good_ones(client, '{"listing_id": "a", "listing_id": "b"}')
    alone = client.post(PATH, content=b'{"listing_id": "a", "title": "x", "title": "x"}', headers=JSON)

    error = {"field": "listing", "message": "has the key 'title' more than once", "status": 422}
    assert bad == {"listing_id": "a", "error": error}
    assert nameless["listing_id"] is None
    assert (alone.status_code, alone.json()["detail"]) == (422, "body: has the key 'title' more than once")


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c"])
@pytest.mark.parametrize("text", ["נעלי ריצה{} Nike", "أحذية{} Nike"])
def test_marks_that_only_hint_at_a_direction_are_judged_among_letters_that_need_them(
    client: TestClient, mark: str, text: str
) -> None:
    _, result, _ = post_beside_good_ones(client, json.dumps({"listing_id": "a", "title": text.format(mark)}))

    assert "verdict" in result


@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_base64_may_be_broken_into_lines(client: TestClient, photo: bytes, break_: str) -> None:
    text = base64.encodebytes(photo).decode().replace("\n", break_)

    _, result, _ = post_beside_good_ones(client, json.dumps({"listing_id": "a", "photos": [text]}))

    assert "verdict" in result


def test_a_truncated_jpeg_is_its_listings_error(client: TestClient, photo: bytes) -> None:
    _, bad, _ = post_beside_good_ones(
        client, json.dumps({"listing_id": "a", "photos": [base64_of(photo), base64_of(photo[:-600])]})
    )

    assert bad["error"]["field"] == "photos[1]"


def test_of_an_animation_the_first_frame_is_judged(client: TestClient) -> None:
    _, result, _ = post_beside_good_ones(client, json.dumps({"listing_id": "a", "photos": [base64_of(gif(3))]}))

    assert "verdict" in result


def test_an_invalid_listing_keeps_its_id_where_that_is_valid(client: TestClient) -> None:
    _, bad, _ = post_beside_good_ones(client, '{"listing_id": "a", "title": 5}')
    _, nameless, _ = post_beside_good_ones(client, '{"listing_id": "\\ud800"}')

    assert bad["listing_id"] == "a"
    assert nameless["listing_id"] is None


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, "body"),
        (b"{", 400, "body"),
        (b'{"listing_id": "a"} trailing', 400, "body"),
        (b'{"listing_id": "\xff"}', 400, "body"),
        (b"[" * 100_000, 400, "body"),
        (b"[]", 422, "body"),
        (b'"text"', 422, "body"),
        (b'{"listings": []}', 422, "listings"),
        (b'{"listings": {}}', 422, "listings"),
        (b'{"listings": null}', 422, "listings"),
        (b'{"listings": [{"listing_id": "a"}], "more": 1}', 422, "more"),
        (b'{"listings": [{"listing_id": "a"}], "\\ud800": 1}', 422, "\\ud800"),
        (json.dumps({"listings": [{"listing_id": str(index)} for index in range(65)]}).encode(), 422, "listings"),
    ],
)
def test_a_body_that_holds_no_listings_is_refused(client: TestClient, body: bytes, status: int, field: str) -> None:
    response = client.post(PATH, content=body, headers=JSON)

    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_body_of_endless_tiny_values_is_refused_unread(client: TestClient) -> None:
    response = client.post(PATH, content=b'{"listings": [' + b"[]," * 2**20 + b"[]]}", headers=JSON)

    assert response.status_code == 413
    assert response.json()["detail"] == "body: holds more than 500000 brackets and commas"


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        ('{"title": "x"}', "is required"),
        ('{"listing_id": "a", "tittle": 1}', "is no field of a listing"),
        ('{"listing_id": ""}', "must have at least 1 characters"),
        (json.dumps({"listing_id": "a", "title": "x" * 2001}), "must have at most 2000 characters"),
        (json.dumps({"listing_id": "a", "photos": ["x"] * 17}), "must have at most 16 items"),
        ('{"listing_id": "a", "price": 1}', "must be an object of at most 128 fields"),
        ('{"listing_id": "a", "price": {"amount": NaN, "currency": "EUR"}}', "should be a finite number"),
        ('{"listing_id": "a", "title": "x\\u200f"}', "has a direction mark (U+200F) at character 1; send text without"),
        ('{"listing_id": "a", "title": "x\\ud800"}', "has half a character (\\ud800) at character 1"),
        ('{"listing_id": "a", "language": "en_"}', "must be a language code such as en or zh-CN (ISO 639-1, BCP 47)"),
        ('{"listing_id": "a", "title": "x", "title": "y"}', "has the key 'title' more than once"),
        ('{"listing_id": "a", "price": {"amount": 1, "amount": 2}}', "has the key 'amount' more than once"),
    ],
)
def test_errors_say_what_is_wrong(client: TestClient, listing: str, message: str) -> None:
    _, bad, _ = post_beside_good_ones(client, listing)

    assert bad["error"]["message"].startswith(message)


def test_65_listings_are_refused_with_the_figure(client: TestClient) -> None:
    response = client.post(PATH, json={"listings": [{"listing_id": str(index)} for index in range(65)]})

    assert "not 65 listings" in response.json()["detail"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_30_mb_is_refused(client: TestClient, announced: bool) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield bytes(2**20)

    content = bytes(30 * 2**20) if announced else chunks()

    response = client.post(PATH, content=content, headers=JSON)

    assert response.status_code == 413
    assert response.headers["content-type"] == MEDIA_TYPE


def part(name: str, content: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{content}\r\n'.encode()


BROKEN_FORMS = {
    "empty": b"",
    "cut after the boundary": b"--b\r\n",
    "no boundary in it": b"nothing",
    "no part": b"--b--\r\n",
    "part without headers": b"--b\r\n\r\nx\r\n--b--\r\n",
    "cut off": part("listings", '{"listing_id": "a"}'),
    "listings no JSON": part("listings", "{") + b"--b--\r\n",
    "without listings": part("x", "{}") + b"--b--\r\n",
    "two parts of a name": part("listings", "{}") * 2 + b"--b--\r\n",
    "a thousand parts": b"".join(part(str(index)) for index in range(1_100)) + b"--b--\r\n",
}


@pytest.mark.parametrize("body", BROKEN_FORMS.values(), ids=BROKEN_FORMS)
def test_a_broken_form_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post(PATH, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})

    assert response.status_code in (400, 422)
    assert response.json()["errors"]


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "b" * 300])
def test_a_form_without_a_usable_boundary_is_refused(client: TestClient, boundary: str) -> None:
    response = client.post(PATH, content=b"x", headers={"Content-Type": f"multipart/form-data{boundary}"})

    assert response.status_code == 400


def test_other_kinds_of_body_are_refused(client: TestClient) -> None:
    answers = [
        client.post(PATH, content=b"{}", headers={"Content-Type": "text/plain"}),
        client.post(PATH, content=b"{}"),
        client.post(PATH, content=b"{}", headers={**JSON, "Content-Encoding": "gzip"}),
    ]

    assert [answer.status_code for answer in answers] == [415, 415, 415]
    assert answers[0].json()["errors"][0]["field"] == "Content-Type"
    assert answers[2].json()["errors"][0]["field"] == "Content-Encoding"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)
fields = ["listing_id", "shop_id", "title", "description", "brand", "category", "price", "list_price", "photos"]
fields += ["attributes", "listed_at", "language", "listings", "amount", "currency", "surprise"]
listings = st.dictionaries(st.sampled_from(fields), json_values, max_size=8)
requests = json_values | listings | st.fixed_dictionaries({"listings": st.lists(listings | json_values, max_size=66)})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=requests)
def test_no_json_whatsoever_makes_a_fault(client: TestClient, request: object) -> None:
    response = client.post(PATH, content=json.dumps(request).encode(), headers=JSON)

    assert response.status_code in (200, 422), response.text
    if response.status_code == 200 and isinstance(request, dict) and "listings" in request:
        assert len(response.json()["results"]) == len(request["listings"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "multipart/form-data; boundary=b"]))
def test_no_bytes_whatsoever_make_a_fault(client: TestClient, body: bytes, kind: str) -> None:
    body = body.replace(b"\x00", b"\r\n--b") if kind.startswith("multipart") else body

    response = client.post(PATH, content=body, headers={"Content-Type": kind})

    assert response.status_code in (400, 422), response.text


def test_every_answer_to_bad_input_can_be_read(client: TestClient) -> None:
    evil = '{"listing_id": "a", "attributes": {"\\udfff": 1, "x\\ud800": "y"}}'

    _, bad, _ = post_beside_good_ones(client, evil)

    assert bad["error"]["field"].startswith("attributes")
