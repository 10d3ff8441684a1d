"""Connections that lead to the public internet and nowhere else.

A name is resolved once for each connection, all that it resolves to is checked, and the connection is made to what was
checked: a name that resolves to something else a moment later (DNS rebinding) changes nothing.
"""

import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import anyio
import anyio.to_thread
from httpcore2 import (
    SOCKET_OPTION,
    AnyIOBackend,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
)

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""The addresses of a host, as text; raises OSError where it has none."""

MOST_TRIED = 4
"""Addresses of one host that are connected to in turn."""

_CONNECT_SECONDS = 3.0
_RESOLVERS = 8

# Addresses of the internet that are not what they seem: Azure's own services for its machines, relays of 6to4
# (RFC 7526), and the anycast addresses of whatever router is near (RFC 7723, 8155).
_NEITHER = tuple(map(IPv4Network, ("168.63.129.16/32", "192.88.99.0/24", "192.0.0.0/24")))
_UNICAST = IPv6Network("2000::/3")
# Within those: protocol assignments with Teredo (RFC 2928), documentation (RFC 3849, 9637), 6to4 (RFC 3056).
_SPECIAL = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


def is_public(address: str) -> bool:
    """Whether an address is one machine's on the public internet.

    Of IPv6 only global unicast is: that leaves out loopback, link-local and private addresses, and all that carry an
    IPv4 address in them, as mapped ones and NAT64 do.
    """
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast and not any(found in network for network in _NEITHER)
    return found in _UNICAST and not any(found in network for network in _SPECIAL)


async def resolve(host: str) -> Sequence[str]:
    """The addresses of a host, as the system knows them."""
    found = await anyio.to_thread.run_sync(
        lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM), abandon_on_cancel=True
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PublicNetwork(AsyncNetworkBackend):
    """Connects to public addresses alone.

    Args:
        resolve: how names become addresses.
        inner: how an address is connected to, once it has been checked.
    """

    def __init__(self, *, resolve: Resolve = resolve, inner: AsyncNetworkBackend | None = None) -> None:
        self._resolve = resolve
        self._inner = inner or AnyIOBackend()
        self._resolving = anyio.CapacityLimiter(_RESOLVERS)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """A connection to an address of the host.

        Raises:
            ConnectError: the host has no address, one that is not public, or none that answers.
        """
        del timeout, local_address
        failure: Exception = ConnectError("no address")
        for address in (await self._public(host))[:MOST_TRIED]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=_CONNECT_SECONDS, socket_options=socket_options
                )
            except (ConnectError, ConnectTimeout) as error:
                failure = error
        raise failure

    async def _public(self, host: str) -> Sequence[str]:
        try:
            async with self._resolving:
                addresses = await self._resolve(host)
        except (OSError, UnicodeError) as error:
            raise ConnectError("no address") from error
        if not addresses or not all(map(is_public, addresses)):
            raise ConnectError("no public address")
        return addresses
