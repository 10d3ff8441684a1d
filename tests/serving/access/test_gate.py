"""Who may call: the real API on a real socket."""

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from joserfc.jwk import RSAKey

from serving.access.gate import Gatekeeper, check_somebody_may_call
from serving.access.issuer import Issuer
from serving.access.ring import KeyRing
from serving.access.scopes import Scope
from serving.access.store import KeyStore
from serving.access.tokens import Tokens
from serving.classify.logs import JsonFormatter
from serving.client import served_model
from serving.settings import Settings
from trueshelf.client import AccessError, AsyncClient, Client, Judged, OverloadedError
from trueshelf.testing import make_listing

Provider = Any  # of conftest.py
RunWith = Callable[[Gatekeeper], AbstractContextManager[str]]

DAY = 86_400
LISTING = {"listing_id": "a"}
READABLE = ("/v1/model", "/metrics", "/docs", "/openapi.json", "/")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'keys.db'}"


@pytest.fixture
def store(url: str) -> KeyStore:
    return KeyStore(url)


@pytest.fixture
def keeper(store: KeyStore) -> Gatekeeper:
    """Knows of a change of keys at once."""
    return Gatekeeper(ring=KeyRing(store, rate=6_000, every=0))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What is logged."""
    found: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(JsonFormatter().format(record))

    handler, root = Keeping(), logging.getLogger("serving")
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(handler)
    root.setLevel(before)


def made(store: KeyStore, *scopes: Scope, name: str = "pipeline", rate: int | None = None) -> tuple[str, str]:
    """The id and the text of a key."""
    key, text = store.add(name, frozenset(scopes), rate=rate, seconds=DAY, now=int(time.time()))
    return key.id, text


def get(address: str, path: str = "/v1/model", **headers: str) -> httpx2.Response:
    return httpx2.get(address + path, headers={name.replace("_", "-"): each for name, each in headers.items()})


def showing(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_without_a_key_this_machine_is_answered_until_there_is_one(
    run_with: RunWith, keeper: Gatekeeper, store: KeyStore, tmp_path: Path
) -> None:
    with run_with(keeper) as address:
        assert httpx2.post(f"{address}/v1/verdicts", json=LISTING).status_code == 200
        assert get(address, Host="rebound.example").status_code == 401
        assert get(address, X_Forwarded_For="203.0.113.9").status_code == 401

        key_id, text = made(store, Scope.READ)

        assert [get(address, path).status_code for path in READABLE] == [401] * len(READABLE)
        assert httpx2.post(f"{address}/v1/verdicts", json=LISTING).status_code == 401
        assert get(address, **showing(text)).status_code == 200
        store.revoke(key_id, now=1)
        assert get(address).status_code == 401
        (tmp_path / "keys.db").unlink()
        assert get(address).status_code == 401


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_open(run_with: RunWith, keeper: Gatekeeper, store: KeyStore, path: str) -> None:
    made(store)
    with run_with(keeper) as address:
        assert get(address, path).status_code == 200
        assert get(address, path, Authorization="Bearer nonsense").status_code == 200


def test_a_key_opens_what_its_scopes_name_and_nothing_else(
    run_with: RunWith, keeper: Gatekeeper, store: KeyStore
) -> None:
    _, score = made(store, Scope.SCORE, name="score")
    _, read = made(store, Scope.READ, name="read")
    _, admin = made(store, Scope.ADMIN, name="admin")
    with run_with(keeper) as address:
        refused = get(address, **showing(score))
        posted = httpx2.post(f"{address}/v1/verdicts", json=LISTING, headers=showing(read))

        assert (refused.status_code, refused.json()["detail"]) == (403, "this needs the scope read")
        assert 'error="insufficient_scope", scope="read"' in refused.headers["WWW-Authenticate"]
        assert (posted.status_code, posted.json()["detail"]) == (403, "this needs the scope score")
        assert httpx2.post(f"{address}/v1/verdicts", json=LISTING, headers=showing(score)).status_code == 200
        for path in ("/metrics", "/docs", "/openapi.json", "/metrics%0A", "/v1/model%0A", "/docs%0A"):
            assert get(address, path, **showing(score)).status_code in (403, 404), path
            assert get(address, path).status_code == 401, path
        assert [get(address, path, **showing(admin)).status_code for path in READABLE] == [200, 200, 200, 200, 307]
        assert httpx2.head(f"{address}/metrics", headers=showing(score)).status_code == 403
        assert get(address, "/nowhere", **showing(score)).status_code == 404


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Basic dTpw", "tsk_0", "Bearer tsk_0", "Bearer a.b.c", "Bearer é", "Bearer a b"]
)
def test_what_is_no_key_is_refused_in_the_usual_shape(
    run_with: RunWith, keeper: Gatekeeper, store: KeyStore, shown: str
) -> None:
    made(store, Scope.READ)
    with run_with(keeper) as address:
        answer = httpx2.get(f"{address}/v1/model", headers={b"Authorization": shown.encode()})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="trueshelf"')
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_key_that_is_nearly_right_is_told_like_one_that_never_was(
    run_with: RunWith, keeper: Gatekeeper, store: KeyStore
) -> None:
    _, text = made(store, Scope.READ)
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
    with run_with(keeper) as address:
        found = [get(address, **showing(each)) for each in (wrong, "tsk_000000000000_" + "A" * 43)]
        twice = httpx2.get(
            f"{address}/v1/model", headers=[("Authorization", f"Bearer {text}"), ("Authorization", f"Bearer {text}")]
        )

    assert {each.json()["detail"] for each in found} == {"the key is not known"}
    assert twice.status_code == 401


def test_keys_end_and_are_rotated_without_a_gap(run_with: RunWith, keeper: Gatekeeper, store: KeyStore) -> None:
    now = int(time.time())
    old_id, old = made(store, Scope.READ)
    with run_with(keeper) as address:
        new_key, new = store.rotate(old_id, overlap=3_600, seconds=DAY, now=now)
        assert [get(address, **showing(each)).status_code for each in (old, new)] == [200, 200]
        store.revoke(old_id, now=now)
        ended = get(address, **showing(old))
        assert (ended.status_code, ended.json()["detail"]) == (401, f"the key {old_id} is revoked")
        assert get(address, **showing(new)).status_code == 200
    used = {key.id: key.used_at for key in store.all()}
    assert used[old_id] == used[new_key.id] is not None
    assert used[old_id] % 3_600 == 0  # type: ignore[operator]


def test_an_expired_key_is_refused(run_with: RunWith, store: KeyStore) -> None:
    key_id, text = made(store, Scope.READ)
    ring = KeyRing(store, rate=60, clock=lambda: time.time() + DAY)
    with run_with(Gatekeeper(ring=ring)) as address:
        assert get(address, **showing(text)).json()["detail"] == f"the key {key_id} is expired"


def test_who_asks_too_often_is_told_when_to_come_back(run_with: RunWith, keeper: Gatekeeper, store: KeyStore) -> None:
    key_id, text = made(store, Scope.READ, rate=6)
    _, other = made(store, Scope.READ, name="other")
    _, rotated = store.rotate(key_id, overlap=60, seconds=DAY, now=int(time.time()))
    with run_with(keeper) as address:
        assert get(address, **showing(text)).status_code == 200
        late = [get(address, **showing(each)) for each in (text, rotated)]
        assert get(address, **showing(other)).status_code == 200
        with Client(address, token=text, budget=0.5) as client, pytest.raises(OverloadedError) as raised:
            client.model()

    for answer in late:
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
        assert answer.json()["detail"] == "more than the 6 requests a minute that this caller has"
    assert raised.value.retry_after is not None


def test_who_is_not_known_is_refused_before_the_body_is_sent(
    run_with: RunWith, keeper: Gatekeeper, store: KeyStore
) -> None:
    made(store)
    with run_with(keeper) as address, closing(socket.create_connection(("127.0.0.1", int(address.split(":")[2])))) as s:
        s.sendall(b"POST /v1/verdicts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        assert s.recv(100).startswith(b"HTTP/1.1 401 ")


def test_no_log_line_holds_a_key_and_each_tells_whose_it_was(
    run_with: RunWith, keeper: Gatekeeper, store: KeyStore, lines: list[str], tmp_path: Path
) -> None:
    key_id, text = made(store, Scope.READ)
    with run_with(keeper) as address:
        get(address, **showing(text))
        get(address, **showing(text + "x"))
        get(address, "/metrics", **showing(text))
        (tmp_path / "keys.db").write_text("no database any more, whatever it was before, and long enough")
        get(address, **showing(text))

    assert text[17:] not in "".join(lines)
    told = [json.loads(line) for line in lines]
    asked = [line for line in told if line["event"] == "request"]
    assert [(line["status"], line.get("caller"), line.get("key")) for line in asked] == [
        (200, "key:pipeline", key_id),
        (401, None, None),
        (403, "key:pipeline", key_id),
        (200, "key:pipeline", key_id),  # what was known stands for a while
    ]


def test_a_store_that_was_never_read_lets_nobody_in(run_with: RunWith, url: str, tmp_path: Path) -> None:
    (tmp_path / "keys.db").write_text("no database, but long enough to be taken for one by its size alone")
    with run_with(Gatekeeper.of(Settings(data=tmp_path, keys=url))) as address:
        answer = get(address)
        assert get(address, "/livez").status_code == 200

    assert (answer.status_code, answer.json()["detail"]) == (503, "the keys cannot be had now")
    assert answer.headers["Retry-After"] == "5"


def test_what_was_opened_is_open_to_everybody(run_with: RunWith, store: KeyStore) -> None:
    made(store)
    keeper = Gatekeeper(ring=KeyRing(store, rate=60), opened=frozenset({Scope.METRICS}))
    with run_with(keeper) as address:
        assert get(address, "/metrics", Host="rebound.example").status_code == 200
        assert get(address).status_code == 401
        assert get(address, "/metrics", **showing("tsk_0")).status_code == 401


def test_tokens_of_the_issuer_are_accepted_beside_keys(
    run_with: RunWith, store: KeyStore, provider: Provider, rsa: RSAKey
) -> None:
    provider.keys = [rsa]
    _, key = made(store, Scope.SCORE)
    keeper = Gatekeeper(ring=KeyRing(store, rate=60), tokens=Tokens(provider.issuer, rate=60))
    given: list[str] = []

    def token() -> str:
        given.append(provider.token(rsa, "RS256"))
        return given[-1]

    with run_with(keeper) as address, Client(address, token=token) as client:
        assert isinstance(client.judge(make_listing(photos=())), Judged)
        assert client.model().version == "1"
        assert len(given) == 2
        with Client(address, token=key) as other:
            assert isinstance(other.judge(make_listing(photos=())), Judged)
            with pytest.raises(AccessError, match="403: this needs the scope read"):
                other.model()
        assert get(address).status_code == 401


def test_what_gives_tokens_to_async_code_may_be_waited_for(run_with: RunWith, store: KeyStore) -> None:
    _, key = made(store, Scope.READ)

    async def token() -> str:
        await anyio.sleep(0)
        return key

    async def versions(address: str) -> list[str | None]:
        found: list[str | None] = []
        for shown in (key, lambda: key, token):
            async with AsyncClient(address, token=shown) as client:
                found.append((await client.model()).version)
        return found

    with run_with(Gatekeeper(ring=KeyRing(store, rate=60))) as address:
        assert anyio.run(versions, address) == ["1"] * 3


def test_the_commands_here_show_the_key_that_the_settings_have(
    run_with: RunWith, keeper: Gatekeeper, store: KeyStore, tmp_path: Path
) -> None:
    _, text = made(store, Scope.READ)
    with run_with(keeper) as address:
        settings = Settings(data=tmp_path, port=int(address.split(":")[2]))
        with pytest.raises(ValueError, match=r"answers whom it knows: 401.*set TRUESHELF_KEY"):
            served_model(settings)
        found = served_model(replace(settings, key=text))

    assert found is not None
    assert found.version == "1"
    assert text not in repr(replace(settings, key=text))


def test_an_issuer_alone_closes_the_service(run_with: RunWith, provider: Provider, rsa: RSAKey) -> None:
    with run_with(Gatekeeper(tokens=Tokens(provider.issuer, rate=60))) as address:
        assert get(address).status_code == 401
        provider.broken = True
        away = get(address, **showing(provider.token(rsa, "RS256")))
        assert (away.status_code, away.json()["detail"]) == (503, "the issuer's keys cannot be had now")


def test_the_description_says_how_to_be_known(run_with: RunWith) -> None:
    with run_with(Gatekeeper()) as address:
        document = get(address, "/openapi.json").json()

    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    needed = {path: next(iter(each.values())).get("security") for path, each in document["paths"].items()}
    assert needed["/v1/verdicts"] == [{"bearer": ["score"]}]
    assert needed["/metrics"] == [{"bearer": ["metrics"]}]
    assert needed["/livez"] is needed["/readyz"] is None
    assert {"401", "403", "429"} <= document["paths"]["/v1/verdicts"]["post"]["responses"].keys()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_service_of_this_machine_needs_nothing(host: str, tmp_path: Path) -> None:
    check_somebody_may_call(Settings(data=tmp_path, host=host))


def test_a_service_that_others_reach_does_not_start_before_it_is_said_who_may(store: KeyStore, url: str) -> None:
    everywhere = Settings(data=Path(), host="0.0.0.0", keys=url)  # noqa: S104
    with pytest.raises(
        ValueError, match=r"TRUESHELF_HOST is '0\.0\.0\.0'.*keys add.*TRUESHELF_OIDC_ISSUER.*TRUESHELF_OPEN"
    ):
        Gatekeeper.of(everywhere)
    check_somebody_may_call(replace(everywhere, opened=frozenset({Scope.SCORE})))
    check_somebody_may_call(replace(everywhere, issuer=Issuer("https://idp.example", "trueshelf")))
    made(store)
    check_somebody_may_call(everywhere)
