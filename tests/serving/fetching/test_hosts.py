import pytest

from serving.fetching.errors import FetchError
from serving.fetching.hosts import PhotoHosts

HOSTS = PhotoHosts.read(" cdn.example.com, *.img.example.org,http://old.example.com ,")


@pytest.mark.parametrize(
    ("url", "scheme", "host", "target"),
    [
        ("https://cdn.example.com/a.jpg", "https", "cdn.example.com", "/a.jpg"),
        ("HTTPS://CDN.Example.COM:443/A%20b.jpg?w=1&h=2", "https", "cdn.example.com", "/A%20b.jpg?w=1&h=2"),
        ("https://cdn.example.com", "https", "cdn.example.com", "/"),
        ("https://cdn.example.com?a", "https", "cdn.example.com", "/?a"),
        ("https://a.b.img.example.org/@x", "https", "a.b.img.example.org", "/@x"),
        ("http://old.example.com:80/a", "http", "old.example.com", "/a"),
        ("https://old.example.com/a", "https", "old.example.com", "/a"),
    ],
)
def test_an_address_of_an_allowed_host_is_taken_apart(url: str, scheme: str, host: str, target: str) -> None:
    place = HOSTS.place(url)

    assert (place.scheme, place.host, place.target) == (scheme, host, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cdn.example.com/a.jpg",
        "//cdn.example.com/a.jpg",
        "ftp://cdn.example.com/a.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "https:/cdn.example.com/a",
        "https://cdn.example.com/a b",
        "https://cdn.example.com/ä",
        "https://cdn.example.com/%",
        "https://cdn.example.com/a\r\nHost: x",
        "https://cdn.example.com/a#b",
        "https://cdn.example.com\\@evil.com/",
        "https://cdn.example.com:8443/a",
        "https://cdn.example.com:80/a",
        "https://cdn.example.com:/a",
        "https://me@cdn.example.com/a",
        "https://me:pw@cdn.example.com/a",
        "https://evil.com/cdn.example.com",
        "https://cdn.example.com.evil.com/",
        "https://evilcdn.example.com/",
        "https://img.example.org/a",
        "https://.img.example.org/a",
        "https://evilimg.example.org/a",
        "https://cdn.example.com./a",
        "http://cdn.example.com/a",
        "http://a.img.example.org/a",
        "https://localhost/a",
        "https://127.0.0.1/a",
        "https://2130706433/a",
        "https://0177.0.0.1/a",
        "https://0x7f.0.0.1/a",
        "https://127.1/a",
        "https://[::1]/a",
        "https://cdn.example.com/" + "a" * 3_000,
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as raised:
        HOSTS.place(url)
    assert raised.value.status == 422


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.com/a",
        "//evil.com/a",
        "http://127.0.0.1/a",
        "http://[::1]/",
        "http://[::1",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://cdn.example.com/a",
        "https://me@cdn.example.com/a",
        "https://cdn.example.com:8443/a",
        "file:///etc/passwd",
        "/a b",
    ],
)
def test_a_redirection_is_held_to_the_same_rules_and_not_said_back(location: str) -> None:
    with pytest.raises(FetchError) as raised:
        HOSTS.place_after(HOSTS.place("https://cdn.example.com/a"), location)
    assert str(raised.value) == "the address leads to where photos are not fetched from"


def test_a_redirection_may_be_relative() -> None:
    place = HOSTS.place("https://cdn.example.com/a/b?c")

    assert HOSTS.place_after(place, "d#e").target == "/a/d"
    assert HOSTS.place_after(place, "//x.img.example.org").host == "x.img.example.org"


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.com",
        "com",
        "localhost",
        "127.0.0.1",
        "a.*.com",
        "*a.example.com",
        "a..com",
        "a.com/b",
        "a.com:80",
        "[::1]",
        "ä.com",
    ],
)
def test_a_pattern_that_is_no_host_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no host such as"):
        PhotoHosts.read(f"cdn.example.com,{pattern}")


def test_without_patterns_nothing_is_allowed() -> None:
    assert not PhotoHosts.read(" , ")
    with pytest.raises(FetchError):
        PhotoHosts().place("https://cdn.example.com/")
