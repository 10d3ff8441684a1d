"""Tokens of a real issuer on this machine."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from serving.access.caller import Caller
from serving.access.issuer import Issuer
from serving.access.refreshed import UnavailableError
from serving.access.scopes import Scope
from serving.access.tokens import LEEWAY, Tokens
from serving.classify.problems import Problem

Provider = Any  # of conftest.py
Signed = Callable[..., str]


def ask(tokens: Tokens, text: str) -> Caller:
    return anyio.run(tokens.caller_of, text)


def why_not(tokens: Tokens, text: str) -> str:
    with pytest.raises(Problem) as refused:
        ask(tokens, text)
    assert refused.value.status == 401
    assert 'error="invalid_token"' in refused.value.headers["WWW-Authenticate"]
    return refused.value.detail


@pytest.fixture
def tokens(provider: Provider, rsa: RSAKey) -> Tokens:
    provider.keys = [rsa]
    return Tokens(provider.issuer, rate=100, again=0)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA", "Ed25519"])
def test_a_valid_token_tells_who_asks_and_what_they_may(provider: Provider, rsa: RSAKey, alg: str) -> None:
    keys = {"RS256": rsa, "ES256": ECKey.generate_key("P-256", {"kid": "ec"})}
    key = keys.get(alg) or OKPKey.generate_key("Ed25519", {"kid": "ok"})
    provider.keys = [key]

    found = ask(Tokens(provider.issuer, rate=100), provider.token(key, alg))

    assert found == Caller("oidc:pipeline", frozenset({Scope.SCORE, Scope.READ}), rate=100)


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": None, "scp": ["score", "odd", 7]}, {Scope.SCORE}),
        ({"scope": None, "scp": "read metrics"}, {Scope.READ, Scope.METRICS}),
        ({"scope": "openid scores SCORE"}, set()),
        ({"scope": None}, set()),
        ({"scope": 7, "scp": {"score": 1}}, set()),
        ({"aud": ["other", "trueshelf"]}, {Scope.SCORE, Scope.READ}),
    ],
)
def test_scopes_are_those_that_a_token_names(
    tokens: Tokens, provider: Provider, rsa: RSAKey, claims: dict[str, Any], scopes: set[Scope]
) -> None:
    assert ask(tokens, provider.token(rsa, "RS256", **claims)).scopes == scopes


@pytest.mark.parametrize(
    ("claims", "detail"),
    [
        ({"iss": "https://evil.example"}, "of another issuer"),
        ({"aud": "other"}, "for another audience"),
        ({"aud": []}, "for another audience"),
        ({"sub": ""}, "not valid now"),
        ({"sub": 7}, "not valid now"),
        ({"sub": "x" * 300}, "sub has more than 255"),
        ({"exp": int(time.time()) - LEEWAY - 5}, "has expired"),
        ({"exp": "never"}, "not valid now"),
        ({"nbf": int(time.time()) + 10_000}, "not valid now"),
        ({"iat": int(time.time()) + 10_000}, "not valid now"),
        ({"exp": None}, "lacks one of"),
        ({"aud": None}, "lacks one of"),
        ({"iss": None}, "lacks one of"),
        ({"sub": None}, "lacks one of"),
    ],
)
def test_claims_that_do_not_hold_are_refused(
    tokens: Tokens, provider: Provider, rsa: RSAKey, claims: dict[str, Any], detail: str
) -> None:
    told = why_not(tokens, provider.token(rsa, "RS256", **claims))
    assert detail in told
    assert "evil" not in told


def test_clocks_may_differ_a_little(tokens: Tokens, provider: Provider, rsa: RSAKey) -> None:
    now = int(time.time())
    ask(tokens, provider.token(rsa, "RS256", exp=now - LEEWAY // 2, nbf=now + LEEWAY // 2, iat=now + LEEWAY // 2))


def _unsigned(text: str, header: dict[str, Any], signature: str = "") -> str:
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{head}.{text.split('.')[1]}.{signature}"


def _with_a_shared_secret(text: str, secret: bytes) -> str:
    """Signed with what everybody can know of the issuer's key."""
    signed = _unsigned(text, {"alg": "HS256", "kid": "rsa-1"}).rpartition(".")[0]
    digest = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def test_no_signature_but_the_issuers_counts(tokens: Tokens, provider: Provider, rsa: RSAKey) -> None:
    text = provider.token(rsa, "RS256")
    other = RSAKey.generate_key(2048, {"kid": "rsa-1"})
    ec = ECKey.generate_key("P-256", {"kid": "rsa-1"})
    mine = {"jwk": other.as_dict(private=False), "jku": "https://evil.example/jwks"}

    for forged in (
        _unsigned(text, {"alg": "none"}),
        _unsigned(text, {"alg": "none", "kid": "rsa-1"}),
        _unsigned(text, {"alg": "NoNe", "kid": "rsa-1"}),
        _unsigned(text, {"alg": ["RS256"], "kid": "rsa-1"}),
        _unsigned(text, {"alg": "RS256", "kid": {"a": 1}}),
        _with_a_shared_secret(text, rsa.as_pem(private=False)),
        provider.token(rsa, "RS512"),
        provider.token(rsa, "PS256"),
        provider.token(other, "RS256"),
        provider.token(other, "RS256", header=mine),
        provider.token(ec, "ES256"),
        _unsigned(text, {"alg": "RS256", "kid": "rsa-1"}, text.split(".")[2]),
        _unsigned(text, {"alg": "ES256", "kid": "rsa-1"}, text.split(".")[2]),
        text[:-6] + "AAAAAA",
        text + "." + text,
        "e30.e30.e30",
        "é.é.é",
        "x" * 10_000,
        "tsk_0123",
    ):
        assert why_not(tokens, forged), forged


def test_what_a_header_has_beyond_that_is_left_alone(tokens: Tokens, provider: Provider, rsa: RSAKey) -> None:
    signed = jws.serialize_compact(
        {"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt", "odd": 1},
        base64.urlsafe_b64decode(provider.token(rsa, "RS256").split(".")[1] + "=="),
        rsa,
        registry=jws.JWSRegistry(strict_check_header=False),
    )
    assert ask(tokens, signed).known


def test_a_header_that_must_be_understood_and_is_not_is_refused(
    tokens: Tokens, provider: Provider, rsa: RSAKey
) -> None:
    text = provider.token(rsa, "RS256")
    why_not(tokens, _unsigned(text, {"alg": "RS256", "kid": "rsa-1", "crit": ["odd"], "odd": 1}, text.split(".")[2]))


def test_new_keys_of_the_issuer_are_found_and_old_ones_forgotten(
    tokens: Tokens, provider: Provider, rsa: RSAKey
) -> None:
    old = provider.token(rsa, "RS256")
    new = OKPKey.generate_key("Ed25519", {"kid": "new"})
    ask(tokens, old)
    ask(tokens, old)
    assert provider.asked == 1

    provider.keys = [new]

    assert ask(tokens, provider.token(new, "EdDSA")).name == "oidc:pipeline"
    assert "no key of the issuer" in why_not(tokens, old)


def test_tokens_with_odd_keys_do_not_make_us_ask_the_issuer_each_time(provider: Provider, rsa: RSAKey) -> None:
    provider.keys = [rsa]
    tokens = Tokens(provider.issuer, rate=100)
    odd = RSAKey.generate_key(2048, {"kid": "odd"})
    for _ in range(5):
        why_not(tokens, provider.token(odd, "RS256"))
    assert provider.asked == 1


def test_an_issuer_that_is_away_is_missed_only_by_who_needs_it(tokens: Tokens, provider: Provider, rsa: RSAKey) -> None:
    provider.broken = True
    with pytest.raises(UnavailableError, match="the issuer's keys"):
        ask(tokens, provider.token(rsa, "RS256"))
    provider.broken = False
    ask(tokens, provider.token(rsa, "RS256"))
    provider.broken = True
    ask(tokens, provider.token(rsa, "RS256"))


@pytest.mark.parametrize(
    "about",
    [{"issuer": "https://evil.example"}, {"jwks_uri": "http://198.51.100.1/jwks"}, {"jwks_uri": "file:///etc/passwd"}],
)
def test_an_issuer_that_describes_another_is_not_believed(
    tokens: Tokens, provider: Provider, rsa: RSAKey, about: dict[str, str]
) -> None:
    provider.about = about
    with pytest.raises(UnavailableError):
        ask(tokens, provider.token(rsa, "RS256"))
    assert provider.asked == 0


def test_a_key_for_something_else_signs_nothing(provider: Provider) -> None:
    other = ECKey.generate_key("P-256", {"kid": "a", "use": "enc"})
    curve = ECKey.generate_key("P-384", {"kid": "b"})
    good = ECKey.generate_key("P-256", {"kid": "c"})
    provider.keys = [other, curve, OctKey.generate_key(256, {"kid": "d"}), good]
    tokens = Tokens(provider.issuer, rate=1)

    assert ask(tokens, provider.token(good, "ES256")).known
    unmarked = ECKey.import_key({**other.as_dict(private=True), "use": "sig"})
    why_not(tokens, provider.token(unmarked, "ES256"))


@pytest.mark.parametrize("url", ["http://idp.example", "idp.example", "", "https://", "ftp://127.0.0.1"])
def test_an_issuer_is_asked_over_https_alone(url: str) -> None:
    with pytest.raises(ValueError, match="TRUESHELF_OIDC_ISSUER is"):
        Issuer(url, "trueshelf")
