"""Photos by their address, through the API, from real servers on this machine.

Nothing that could be set up in production leads to this machine: the tests bring a network of their own, in which some
public addresses are its ports. What is resolved is checked as ever.
"""

import asyncio
import base64
import gzip
import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from httpcore2 import AnyIOBackend, AsyncMockBackend, AsyncNetworkStream
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from serving.classify.api import create_app
from serving.classify.model import ModelSlot, ServedModel
from serving.fetching import fetcher
from serving.fetching.errors import FetchError
from serving.fetching.fetcher import Fetched, Fetcher
from serving.fetching.hosts import PhotoHosts
from serving.fetching.network import PublicNetwork
from serving.settings import Settings
from trueshelf.listings import Photo
from trueshelf.listings.images import ImageLimits

RunApp = Callable[..., AbstractContextManager[int]]
Headers = Sequence[tuple[bytes, bytes]]

HOSTS = PhotoHosts.read("http://cdn.example.com, http://*.img.example.com")
CDN, OTHER = "93.184.216.34", "93.184.216.35"


class Internet(AnyIOBackend):
    """Some public addresses, each a port of this machine; and what else was connected to."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = ports
        self.connected: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: Any, **options: Any) -> AsyncNetworkStream:
        self.connected.append((host, port))
        return await super().connect_tcp("127.0.0.1", self.ports[host], **options)


class Names:
    """A resolver whose answers can change from one question to the next; the last one stays."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        answers = self.answers[host]
        return [answers.pop(0) if len(answers) > 1 else answers[0]]


class Host:
    """A host of photos: answers each path as it was told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, Headers, bytes]] = {}
        self.asked: list[Scope] = []
        self.disconnected = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope)
        match scope["path"]:
            case "/drip":
                await self._drip(send, receive, b"\xff")
            case "/endless":
                await self._drip(send, receive, bytes(2**16))
            case path:
                status, headers, body = self.pages.get(path, (404, (), b""))
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})

    async def _drip(self, send: Send, receive: Receive, chunk: bytes) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async with anyio.create_task_group() as tasks:

            async def more() -> None:
                while True:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    await anyio.sleep(0.01 if len(chunk) == 1 else 0)

            tasks.start_soon(more)
            while (await receive())["type"] != "http.disconnect":
                pass
            self.disconnected += 1
            tasks.cancel_scope.cancel()


@pytest.fixture(scope="module")
def host() -> Host:
    return Host()


@pytest.fixture(scope="module")
def host_port(host: Host, run_app: RunApp) -> Iterator[int]:
    with run_app(host) as port:
        yield port


@pytest.fixture
def pages(host: Host, photo: bytes) -> dict[str, tuple[int, Headers, bytes]]:
    host.asked.clear()
    host.pages = {"/a.jpg": (200, [(b"content-type", b"text/html"), (b"set-cookie", b"a=b")], photo)}
    return host.pages


@pytest.fixture
def internet(host_port: int) -> Internet:
    return Internet({CDN: host_port})


@pytest.fixture
def names() -> Names:
    return Names(cdn_example_com=[CDN], a_img_example_com=[CDN])


@pytest.fixture
def api(model: ServedModel, internet: Internet, names: Names, pages: object) -> TestClient:
    del pages
    settings = Settings(data=Path(), photo_hosts=HOSTS, max_body_bytes=20 * 2**20)
    network = PublicNetwork(resolve=names, inner=internet)
    fetch = Fetcher(HOSTS, most_bytes=settings.max_body_bytes, network=network)
    return TestClient(create_app(ModelSlot(model), settings, fetch=fetch), base_url="http://127.0.0.1")


def listing(*photos: object, listing_id: str = "a") -> dict[str, Any]:
    return {"listing_id": listing_id, "photos": [{"url": each} if isinstance(each, str) else each for each in photos]}


def error(api: TestClient, url: str, **headers: str) -> tuple[int, str, str]:
    """Status, field and message of what a listing with this photo gets."""
    answer = api.post("/v1/verdicts", json=listing(url), headers=headers).json()
    [wrong] = answer["errors"]
    return answer["status"], wrong["field"], wrong["message"]


def refused(api: TestClient, url: str) -> str:
    status, field, message = error(api, url)
    assert (status, field) == (422, "photos[0]")
    return message


def test_a_fetched_photo_is_judged_as_if_it_had_been_sent(api: TestClient, photo: bytes, host: Host) -> None:
    fetched = api.post("/v1/verdicts", json=listing("http://cdn.example.com/a.jpg"))
    sent = api.post("/v1/verdicts", json={"listing_id": "a", "photos": [base64.b64encode(photo).decode()]})

    assert fetched.status_code == 200, fetched.text
    assert fetched.json() == sent.json()
    [asked] = host.asked
    headers = dict(asked["headers"])
    assert headers[b"host"] == b"cdn.example.com"
    assert headers[b"accept-encoding"] == b"identity"
    assert not {b"cookie", b"authorization", b"referer"} & headers.keys()


def test_each_photo_that_cannot_be_had_is_named_and_spoils_its_listing_alone(api: TestClient, photo: bytes) -> None:
    good = "http://cdn.example.com/a.jpg"
    text = base64.b64encode(photo).decode()
    items = [
        listing(good, listing_id="a"),
        {"listing_id": "b", "photos": [text, {"url": "http://cdn.example.com/none.jpg"}]},
        {"listing_id": "c", "photos": [{"url": good}, text, {"url": good}]},
        listing("http://evil.example.net/a.jpg", listing_id="d"),
    ]

    found = api.post("/v1/verdicts", json={"listings": items}).json()["results"]

    assert [each["listing_id"] for each in found] == [*"abcd"]
    assert ["verdict" in each for each in found] == [True, False, True, False]
    assert found[1]["error"] == {"field": "photos[1]", "message": "the photo's host answers 404", "status": 422}
    assert found[3]["error"]["field"] == "photos[0]"
    assert found[3]["error"]["message"] == "photos are not fetched from the address's host"


def test_an_address_that_comes_often_is_fetched_once_and_cookies_are_not_kept(api: TestClient, host: Host) -> None:
    items = [listing("http://cdn.example.com/a.jpg", listing_id=str(index)) for index in range(20)]

    for _ in range(2):
        assert api.post("/v1/verdicts", json={"listings": items}).status_code == 200

    assert len(host.asked) == 2
    assert not any(b"cookie" in dict(asked["headers"]) for asked in host.asked)


def test_a_form_may_name_addresses_too(api: TestClient, photo: bytes) -> None:
    told = '{"listing_id": "a", "photos": ["one", {"url": "http://cdn.example.com/a.jpg"}]}'

    answer = api.post("/v1/verdicts", files={"listings": (None, told), "one": ("one.jpg", photo)})

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("spoilt", "field"),
    [
        ({}, "photos[0].url"),
        ({"url": 1}, "photos[0].url"),
        ({"url": "https://x.example.com/\ud800"}, "photos[0].url"),
        ({"url": "https://x.example.com", "headers": {}}, "photos[0].headers"),
        (1, "photos[0]"),
    ],
)
def test_what_is_no_photo_is_told_before_anything_is_fetched(
    api: TestClient, host: Host, spoilt: object, field: str
) -> None:
    item = {"listing_id": "a", "photos": [spoilt, {"url": "http://cdn.example.com/a.jpg"}]}
    answer = api.post("/v1/verdicts", content=json.dumps(item), headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert host.asked == []


def test_without_hosts_addresses_are_refused(client: TestClient) -> None:
    told = "addresses of photos are not fetched; send the photo itself as base64"
    assert refused(client, "https://cdn.example.com/a.jpg") == told


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirections_are_followed_within_the_allowed_hosts(
    api: TestClient, pages: dict[str, Any], internet: Internet, names: Names, status: int
) -> None:
    pages["/1"] = (status, [(b"location", b"/2")], b"")
    pages["/2"] = (status, [(b"location", b"http://a.img.example.com/3")], b"")
    pages["/3"] = (status, [(b"location", b"//cdn.example.com/a.jpg")], b"")

    assert api.post("/v1/verdicts", json=listing("http://cdn.example.com/1")).status_code == 200
    assert {host for host, _ in internet.connected} == {CDN}
    assert set(names.asked) == {"cdn.example.com", "a.img.example.com"}


def test_redirections_come_to_an_end(api: TestClient, pages: dict[str, Any], host: Host) -> None:
    pages["/loop"] = (302, [(b"location", b"/loop")], b"")

    assert refused(api, "http://cdn.example.com/loop") == "the address leads on more than 3 times"
    assert len(host.asked) == 4


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://2130706433/"),
        *("http://0177.0.0.1/", "http://0x7f000001/", "http://127.1/", "http://localhost/", "http://evil.example.net/"),
        *("http://a@cdn.example.com/a.jpg", "http://cdn.example.com:22/", "file:///etc/passwd", "gopher://x/", ""),
    ],
)
def test_redirections_lead_nowhere_else(
    api: TestClient, pages: dict[str, Any], internet: Internet, location: str
) -> None:
    pages["/1"] = (302, [(b"location", location.encode())] if location else [], b"")

    message = refused(api, "http://cdn.example.com/1")

    assert message.startswith("the address leads")
    assert not location or location not in message
    assert {host for host, _ in internet.connected} == {CDN}


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
)
def test_a_name_of_an_inner_address_is_not_connected_to_nor_is_the_address_told(
    api: TestClient, names: Names, internet: Internet, address: str
) -> None:
    names.answers["cdn.example.com"] = [address]

    assert refused(api, "http://cdn.example.com/a.jpg") == "the photo's host cannot be reached"
    assert internet.connected == []


def test_a_name_that_is_rebound_changes_nothing(api: TestClient, names: Names, internet: Internet) -> None:
    """The second answer, for whoever would ask again after the check, is this machine."""
    names.answers["cdn.example.com"] = [CDN, "127.0.0.1"]

    assert api.post("/v1/verdicts", json=listing("http://cdn.example.com/a.jpg")).status_code == 200
    assert names.asked == ["cdn.example.com"]
    assert refused(api, "http://cdn.example.com/a.jpg") == "the photo's host cannot be reached"
    assert internet.connected == [(CDN, 80)]


def test_a_redirection_to_a_name_that_was_rebound_is_checked_again(
    api: TestClient, names: Names, internet: Internet, pages: dict[str, Any]
) -> None:
    pages["/1"] = (302, [(b"location", b"/a.jpg"), (b"connection", b"close")], b"")
    names.answers["cdn.example.com"] = [CDN, "127.0.0.1"]

    assert refused(api, "http://cdn.example.com/1") == "the photo's host cannot be reached"
    assert internet.connected == [(CDN, 80)]


def test_a_photo_that_is_too_large_is_given_up(api: TestClient, pages: dict[str, Any]) -> None:
    most = ImageLimits().max_bytes
    pages["/announced"] = (200, [(b"content-length", str(most + 1).encode())], bytes(most + 1))
    message = f"the photo has more than {most} bytes"

    assert refused(api, "http://cdn.example.com/announced") == message
    assert refused(api, "http://cdn.example.com/endless") == message


def test_photos_of_a_request_have_no_more_bytes_than_a_request_may(
    api: TestClient, pages: dict[str, Any], photo: bytes
) -> None:
    for index in range(3):
        pages[f"/{index}"] = (200, [], photo + bytes(ImageLimits().max_bytes - len(photo)))
    items = [listing(f"http://cdn.example.com/{index}", listing_id=str(index)) for index in range(3)]

    found = api.post(
        "/v1/verdicts", json={"listings": [*items, listing("http://cdn.example.com/a.jpg", listing_id="z")]}
    )

    errors = [each["error"] for each in found.json()["results"] if "error" in each]
    assert [each["message"] for each in errors] == ["the photos of the request have more than 20971520 bytes together"]


def test_what_is_compressed_is_not_unpacked(api: TestClient, pages: dict[str, Any]) -> None:
    bomb = gzip.compress(bytes(50 * 2**20))
    pages["/encoded"] = (200, [(b"content-encoding", b"gzip")], bomb)
    pages["/bomb"] = (200, [], bomb)

    assert refused(api, "http://cdn.example.com/encoded") == "the photo comes compressed, though that was not asked for"
    assert "photo" in refused(api, "http://cdn.example.com/bomb")


def test_a_photo_that_drips_is_given_up_in_time(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [
        listing("http://cdn.example.com/a.jpg", listing_id="a"),
        listing("http://cdn.example.com/drip", listing_id="b"),
    ]
    monkeypatch.setattr(fetcher, "REQUEST_SECONDS", 2)
    answer = api.post("/v1/verdicts", json={"listings": items})
    errors = [each["error"] for each in answer.json()["results"] if "error" in each]
    late = "the photos of the request were not there in time"
    assert errors == [{"field": "photos[0]", "message": late, "status": 504}]

    monkeypatch.setattr(fetcher, "REQUEST_SECONDS", 30)
    monkeypatch.setattr(fetcher, "PHOTO_SECONDS", 1)
    found = api.post("/v1/verdicts", json={"listings": items}).json()["results"]
    assert "verdict" in found[0]
    assert found[1]["error"]["status"] == 504
    assert found[1]["error"]["message"] == "the photo was not there within 1 seconds"
    monkeypatch.setattr(fetcher, "PHOTO_SECONDS", 30)
    assert error(api, "http://cdn.example.com/drip", **{"X-Request-Timeout": "0.5"})[0] == 504


@pytest.mark.parametrize("host", [[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], [b"SSH-2.0-x\r\n"], [b""]])
def test_a_host_that_breaks_off_or_speaks_something_else_is_told(model: ServedModel, host: list[bytes]) -> None:
    fetch = Fetcher(HOSTS, most_bytes=100, network=AsyncMockBackend(host))
    api = TestClient(
        create_app(ModelSlot(model), Settings(data=Path(), photo_hosts=HOSTS), fetch=fetch), base_url="http://127.0.0.1"
    )

    assert refused(api, "http://cdn.example.com/a.jpg").startswith("the photo's host ")


def test_whoever_comes_when_too_many_wait_is_sent_away_at_once(
    internet: Internet, names: Names, pages: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del pages
    monkeypatch.setattr(fetcher, "REQUESTS", 1)
    monkeypatch.setattr(fetcher, "WAITING", 0)
    drip, good = "http://cdn.example.com/drip", "http://cdn.example.com/a.jpg"

    async def ask() -> Fetched:
        begun = anyio.Event()

        async def resolve(host: str) -> Sequence[str]:
            begun.set()
            return await names(host)

        fetch = Fetcher(HOSTS, most_bytes=2**20, network=PublicNetwork(resolve=resolve, inner=internet))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: fetch([drip], seconds=60))
            await begun.wait()
            refused = (await fetch([good], seconds=60))[good]
            tasks.cancel_scope.cancel()
        assert isinstance((await fetch([good], seconds=60))[good], Photo)
        return refused

    found = asyncio.run(ask())

    assert isinstance(found, FetchError)
    assert (str(found), found.status) == ("too many photos are being fetched", 504)


def certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for a host, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    found = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(found.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_over_https_the_hosts_name_is_checked_though_the_connection_is_to_an_address(
    model: ServedModel, host: Host, pages: object, run_app: RunApp, tmp_path: Path
) -> None:
    del pages
    hosts = PhotoHosts.read("cdn.example.com, other.example.com")
    cert, key = certificate("cdn.example.com", tmp_path)
    names = Names(cdn_example_com=[CDN], other_example_com=[CDN])

    with run_app(host, ssl_certfile=cert, ssl_keyfile=key) as port:
        fetch = Fetcher(
            hosts,
            most_bytes=2**20,
            network=PublicNetwork(resolve=names, inner=Internet({CDN: port})),
            certificates=ssl.create_default_context(cafile=str(cert)),
        )
        api = TestClient(
            create_app(ModelSlot(model), Settings(data=Path(), photo_hosts=hosts), fetch=fetch),
            base_url="http://127.0.0.1",
        )
        good = api.post("/v1/verdicts", json=listing("https://cdn.example.com/a.jpg"))
        wrong = refused(api, "https://other.example.com/a.jpg")

    assert good.status_code == 200, good.text
    assert wrong == "the photo's host cannot be reached"
