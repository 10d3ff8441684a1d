import asyncio
from collections.abc import Sequence

import pytest
from httpcore2 import AsyncMockBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from serving.fetching.network import MOST_TRIED, PublicNetwork, is_public


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450::1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1"),  # noqa: S104
        *("168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.9", "192.0.0.192", "192.0.2.1"),
        *("192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"),
        *("240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::7f00:1"),
        *(
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
        ),
        *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        *("", "localhost", "2130706433", "0177.0.0.1", "127.1"),
    ],
)
def test_all_others_are_not(address: str) -> None:
    assert not is_public(address)


class Wire(AsyncNetworkBackend):
    """Writes down which addresses are connected to."""

    def __init__(self, *, dead: Sequence[str] = ()) -> None:
        self.dead = dead
        self.connected: list[str] = []

    async def connect_tcp(self, host: str, *_: object, **__: object) -> AsyncNetworkStream:
        self.connected.append(host)
        if host in self.dead:
            raise ConnectError("refused")
        return await AsyncMockBackend([]).connect_tcp("x", 1)


def connect(*resolved: str, dead: Sequence[str] = ()) -> list[str]:
    wire = Wire(dead=dead)

    async def resolve(_host: str) -> Sequence[str]:
        return resolved

    asyncio.run(PublicNetwork(resolve=resolve, inner=wire).connect_tcp("cdn.example.com", 443))
    return wire.connected


def test_what_is_connected_to_is_the_address_that_was_checked() -> None:
    assert connect("8.8.8.8", "1.1.1.1") == ["8.8.8.8"]


def test_another_address_is_tried_where_one_does_not_answer() -> None:
    assert connect("2a00:1450::1", "8.8.8.8", dead=["2a00:1450::1"]) == ["2a00:1450::1", "8.8.8.8"]


def test_a_host_with_any_address_that_is_not_public_is_not_connected_to() -> None:
    for resolved in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "fe80::1%eth0"], []):
        with pytest.raises(ConnectError, match="no public address"):
            connect(*resolved)


def test_not_all_addresses_of_a_host_are_tried() -> None:
    many = [f"8.8.8.{index}" for index in range(20)]
    wire = Wire(dead=many)

    async def resolve(_host: str) -> Sequence[str]:
        return many

    with pytest.raises(ConnectError, match="refused"):
        asyncio.run(PublicNetwork(resolve=resolve, inner=wire).connect_tcp("cdn.example.com", 443))
    assert wire.connected == many[:MOST_TRIED]


def test_a_host_without_an_address_cannot_be_connected_to() -> None:
    with pytest.raises(ConnectError, match="no address"):
        asyncio.run(PublicNetwork().connect_tcp("nowhere.invalid", 443))
