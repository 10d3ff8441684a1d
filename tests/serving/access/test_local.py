import pytest

from serving.access.local import is_local
from serving.access.loopback import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_addresses_of_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.1", "::", "10.0.0.1", "::ffff:10.0.0.1", "localhost.evil.example", "2130706433"]
)
def test_addresses_that_others_reach(host: str) -> None:
    assert not is_loopback(host)


def connection(server: str | None, *headers: tuple[str, str]) -> dict[str, object]:
    pairs = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "server": server and (server, 3000), "headers": pairs}


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost", "localhost:8080", "[::1]:3000"])
def test_what_came_in_on_loopback_and_asks_for_it_is_local(host: str) -> None:
    assert is_local(connection("127.0.0.1", ("host", host)))


@pytest.mark.parametrize(
    "asked",
    [
        connection("10.0.0.7", ("host", "127.0.0.1")),
        connection("/run/app.sock", ("host", "localhost")),
        connection(None, ("host", "localhost")),
        connection("127.0.0.1"),
        connection("127.0.0.1", ("host", "rebound.evil.example")),
        connection("127.0.0.1", ("host", "127.0.0.1@evil.example")),
        connection("127.0.0.1", ("host", "[")),
        connection("127.0.0.1", ("host", "localhost"), ("x-forwarded-for", "203.0.113.9")),
        connection("127.0.0.1", ("host", "localhost"), ("forwarded", "for=203.0.113.9")),
    ],
)
def test_what_may_have_come_from_elsewhere_is_not(asked: dict[str, object]) -> None:
    assert not is_local(asked)
