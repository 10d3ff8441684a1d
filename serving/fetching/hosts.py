"""Which hosts photos are fetched from, and the strict reading of the addresses that name them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin

from serving.fetching.errors import FetchError

LONGEST = 2_048
"""Characters of an address."""

PORTS = {"https": 443, "http": 80}

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
# What RFC 3986 lets a path and a query consist of. Names of users, fragments and literal IPv6 addresses have no place.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:/(?:[a-z0-9._~!$&'()*+,;=:@/-]|%[0-9a-f]{2})*)?(?:\?(?:[a-z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo is: what is connected to and what is asked for, taken from one reading of its address."""

    scheme: str
    host: str
    target: str

    @property
    def port(self) -> int:
        return PORTS[self.scheme]

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.target}"


@dataclass(frozen=True, slots=True)
class PhotoHosts:
    """The hosts that are allowed.

    Attributes:
        secure: host names, or `*.` and a name for all below it, whose photos are fetched over https.
        plain: those of them whose photos are fetched over http too.
    """

    secure: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str) -> "PhotoHosts":
        """Patterns with commas between them, such as `cdn.example.com,*.img.example.com,http://old.example.com`.

        Raises:
            ValueError: one is no pattern.
        """
        patterns = [each.strip().lower() for each in text.split(",") if each.strip()]
        plain = frozenset(each.removeprefix("http://") for each in patterns if each.startswith("http://"))
        secure = frozenset(each.removeprefix("http://").removeprefix("https://") for each in patterns)
        for each in sorted(secure):
            if not _is_name(each.removeprefix("*.")):
                raise ValueError(f"{each!r} is no host such as cdn.example.com or *.example.com")
        return cls(secure, plain)

    def place(self, url: str) -> Place:
        """Where an address points to.

        Raises:
            FetchError: photos are not fetched from there.
        """
        if len(url) > LONGEST:
            raise FetchError(f"the address has {len(url)} characters, more than {LONGEST}")
        found = _URL.fullmatch(url)
        if found is None:
            raise FetchError("the address is none such as https://cdn.example.com/photo.jpg, percent-encoded")
        scheme, host = found["scheme"].lower(), found["host"].lower()
        if found["port"] and int(found["port"]) != PORTS[scheme]:
            raise FetchError(f"photos are fetched from port {PORTS[scheme]} of {scheme} alone")
        if not _is_name(host) or not _matches(host, self.secure):
            raise FetchError("photos are not fetched from the address's host")
        if scheme == "http" and not _matches(host, self.plain):
            raise FetchError("photos are not fetched from the address's host over http; use https")
        target = found["target"]
        return Place(scheme, host, target if target.startswith("/") else f"/{target}")

    def place_after(self, place: Place, location: str) -> Place:
        """Where a redirection leads to.

        Raises:
            FetchError: photos are not fetched from there.
        """
        try:
            return self.place(urljoin(place.url, location.partition("#")[0]))
        except ValueError as error:
            raise FetchError("the address leads to where photos are not fetched from") from error

    def __bool__(self) -> bool:
        return bool(self.secure)


NOWHERE = PhotoHosts()
"""No photo is fetched."""


def _is_name(host: str) -> bool:
    """Whether it is a name of at least two labels, and no address in whatever notation (127.1, 0177.0.0.1, 0x7f.1)."""
    return _HOST.fullmatch(host) is not None and not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2])


def _matches(host: str, patterns: Iterable[str]) -> bool:
    return any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in patterns)
