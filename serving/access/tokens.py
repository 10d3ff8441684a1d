"""Bearer tokens of an OpenID Connect issuer (RFC 7519, RFC 9068), by joserfc.

The issuer's keys alone decide: nothing in a token says where its key is to be had. Only signatures with a key pair are
accepted, so that no public key can pass for a shared secret.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import httpx2
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact

from serving.access.caller import Caller, refused
from serving.access.issuer import Issuer, is_safe
from serving.access.refreshed import Refreshed
from serving.access.scopes import Scope
from serving.classify.problems import Problem

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA", "Ed25519")
LEEWAY: Final = 60
"""Seconds by which clocks may differ."""

EVERY, AGAIN, KEEP = 600.0, 10.0, 86_400.0
"""Seconds: an issuer's keys are fetched so often, after a token with an unknown one no sooner than that, and the last
ones stand for so long where they cannot be fetched."""

_LONGEST = 8 * 2**10
_LONGEST_NAME = 255
_MOST_BYTES = 2**20
_SECONDS = 5.0
_RSA_BITS = 2048
_CURVES = {"P-256", "Ed25519"}

PublicKey: TypeAlias = RSAKey | ECKey | OKPKey


class _Signatures(JWSRegistry):
    """Those that are accepted. joserfc warns of `EdDSA`, whose new name is Ed25519, but that is what issuers write."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


class Tokens:
    """Tells who shows a token.

    Args:
        rate: requests a minute of each subject.
        again: see `AGAIN`.
    """

    def __init__(
        self, issuer: Issuer, *, rate: int, again: float = AGAIN, clock: Callable[[], float] = time.time
    ) -> None:
        self._issuer, self._rate = issuer, rate
        self._again = again
        self._keys: Refreshed[Mapping[str | None, PublicKey]] = Refreshed(
            lambda: keys_of(issuer), what="the issuer's keys", every=EVERY, again=again, keep=KEEP
        )
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer.url},
            aud={"essential": True, "value": issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    async def caller_of(self, text: str) -> Caller:
        """Who shows a token.

        Raises:
            Problem: 401, it is none of the issuer's for this service, or not valid now.
            UnavailableError: the issuer's keys cannot be had.
        """
        if len(text) > _LONGEST:
            raise refused(f"the token has more than {_LONGEST} characters")
        try:
            header = extract_compact(text.encode()).headers()
            if header.get("alg") not in ALGORITHMS:
                raise refused(f"the token is not signed by one of {', '.join(ALGORITHMS)}")
            key = await self._key(header.get("kid"))
            claims = jwt.decode(text, key, registry=_Signatures(strict_check_header=False)).claims
            self._claims.validate(claims)
        except (JoseError, ValueError) as error:
            raise _refusal(error) from error
        if len(claims["sub"]) > _LONGEST_NAME:
            raise refused(f"the token's sub has more than {_LONGEST_NAME} characters")
        return Caller(f"oidc:{claims['sub']}", _scopes(claims), rate=self._rate)

    async def _key(self, kid: Any) -> PublicKey:
        """The key that a token names; a new one, which the issuer may have taken since, is asked for."""
        for within in (None, self._again):
            keys = await self._keys.get(within=within)
            if kid is None and len(keys) == 1:
                return next(iter(keys.values()))
            if isinstance(kid, str) and kid in keys:
                return keys[kid]
        raise refused("the token is signed with no key of the issuer")


def keys_of(issuer: Issuer) -> Mapping[str | None, PublicKey]:
    """The keys that an issuer signs with now, by their ids.

    Raises:
        ValueError: what it says is not what OpenID Connect Discovery has, or it has no key that could be used.
        httpx2.HTTPError: it does not answer.
    """
    with httpx2.Client(timeout=_SECONDS) as http:
        about = _fetched(http, issuer.discovery)
        if about.get("issuer") != issuer.url:
            raise ValueError(f"{issuer.discovery} describes another issuer")
        address = about.get("jwks_uri")
        if not isinstance(address, str) or not is_safe(address):
            raise ValueError(f"{issuer.discovery} has no https address as jwks_uri")
        listed = _fetched(http, address).get("keys")
    keys = {key.kid: key for key in _usable(listed if isinstance(listed, list) else [])}
    if not keys:
        raise ValueError(f"{address} has no key for {', '.join(ALGORITHMS)}")
    return keys


def _fetched(http: httpx2.Client, address: str) -> dict[str, Any]:
    with http.stream("GET", address) as response:
        response.raise_for_status()
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > _MOST_BYTES:
                raise ValueError(f"{address} has more than {_MOST_BYTES} bytes")
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError(f"{address} is no JSON object")
    return found


def _usable(listed: list[Any]) -> Iterator[PublicKey]:
    """Those of an issuer's keys that may sign tokens here; others, of whatever kind, are its own business."""
    for each in listed:
        try:
            key = JWKRegistry.import_key(each)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if not isinstance(key, (RSAKey, ECKey, OKPKey)):
            continue
        strong = each.get("crv") in _CURVES or (isinstance(key, RSAKey) and key.public_key.key_size >= _RSA_BITS)
        if strong and each.get("use", "sig") == "sig" and each.get("alg", ALGORITHMS[0]) in ALGORITHMS:
            yield key


def _scopes(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Ours among the scopes of a token: words in `scope` (RFC 8693), words or a list in `scp`."""
    words: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name)
        listed = value.split() if isinstance(value, str) else value
        words |= {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()
    return frozenset(scope for scope in Scope if scope in words)


def _refusal(error: Exception) -> Problem:
    """Why a token is not accepted, without anything that it says."""
    match error:
        case ExpiredTokenError():
            return refused("the token has expired")
        case MissingClaimError():
            return refused("the token lacks one of iss, aud, sub and exp")
        case InvalidClaimError():
            return refused("the token is not valid now, or of another issuer, or for another audience")
    return refused("the token cannot be read, or its signature is not the issuer's")
