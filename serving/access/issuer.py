"""The issuer of tokens that the service believes."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from serving.access.loopback import is_loopback


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer.

    Attributes:
        url: as tokens have it in `iss`, to the letter.
        audience: what tokens for this service have in `aud`.
    """

    url: str
    audience: str

    def __post_init__(self) -> None:
        if not is_safe(self.url):
            raise ValueError(f"TRUESHELF_OIDC_ISSUER is {self.url!r}, not an https address")
        if not self.audience:
            raise ValueError("TRUESHELF_OIDC_AUDIENCE is missing: what tokens for this service have in `aud`")

    @property
    def discovery(self) -> str:
        """Where it describes itself."""
        return f"{self.url.rstrip('/')}/.well-known/openid-configuration"


def is_safe(url: str) -> bool:
    """Whether nobody on the way can answer instead: https, or this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host or "")))
