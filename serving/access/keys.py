"""Keys: what they look like, and what is kept of them.

A key is `tsk_ID_SECRET`. The secret is 256 random bits, so that nobody finds it by trying: a slow hash, which guards
passwords that people choose, would only make every request dear. SHA-256 is enough, and what is kept tells nobody the
key.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final, Literal

from serving.access.scopes import Scope

_SHAPE: Final = re.compile(r"tsk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")

State = Literal["live", "expired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is kept of a key; times are in seconds since 1970.

    Attributes:
        id: names it, and is no secret.
        name: who holds it; the keys of one name are one caller.
        rate: requests a minute; None for what the settings say.
        digest: of the whole key, SHA-256 in hexadecimal digits.
        used_at: the hour in which it was last used.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    rate: int | None
    digest: str
    made_at: int
    expires_at: int
    revoked_at: int | None = None
    used_at: int | None = None

    def state(self, now: float) -> State:
        if self.revoked_at is not None:
            return "revoked"
        return "live" if now < self.expires_at else "expired"

    def is_of(self, text: str) -> bool:
        """Whether this is the key, told in the same time wherever they differ."""
        return hmac.compare_digest(self.digest, digest_of(text))


def new_key() -> tuple[str, str]:
    """The id and the whole of a key that nobody has had."""
    key_id = secrets.token_hex(6)
    return key_id, f"tsk_{key_id}_{secrets.token_urlsafe(32)}"


def id_of(text: str) -> str | None:
    """The id in a key; None for what is no key."""
    found = _SHAPE.fullmatch(text)
    return found and found[1]


def digest_of(text: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(text.encode()).hexdigest()
