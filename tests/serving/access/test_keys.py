from dataclasses import asdict
from pathlib import Path

import pytest

from serving.access.keys import Key, id_of, new_key
from serving.access.scopes import Scope, scopes_of
from serving.access.store import KeyStore

SCORE = frozenset({Scope.SCORE})
DAY = 86_400


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(f"sqlite:///{tmp_path / 'deep' / 'keys.db'}")


def test_keys_are_random_and_carry_their_id() -> None:
    made = [new_key() for _ in range(50)]

    assert len({text for _, text in made}) == 50
    assert all(id_of(text) == key_id for key_id, text in made)
    assert all(len(text.removeprefix(f"tsk_{key_id}_")) == 43 for key_id, text in made)  # 256 bits in base64


@pytest.mark.parametrize("around", ["x{}", "{}\n", "{}é", "tsk_", "tsk_0_x", ""])
def test_what_is_no_key_has_no_id(around: str) -> None:
    text = around.format(new_key()[1])
    assert id_of(text) is None


def test_reading_makes_nothing(store: KeyStore, tmp_path: Path) -> None:
    assert store.all() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_kept_as_a_digest_alone(store: KeyStore, tmp_path: Path) -> None:
    key, text = store.add("pipeline", SCORE, rate=60, seconds=DAY, now=1_000)

    assert store.all() == (key,)
    assert (key.name, key.scopes, key.rate, key.made_at, key.expires_at) == ("pipeline", SCORE, 60, 1_000, 1_000 + DAY)
    assert key.is_of(text)
    assert not key.is_of(text[:-1])
    assert text not in str(asdict(key))
    assert text.encode() not in (tmp_path / "deep" / "keys.db").read_bytes()


def test_a_name_has_one_live_key_but_while_it_is_rotated(store: KeyStore) -> None:
    old, _ = store.add("pipeline", SCORE, rate=60, seconds=DAY, now=0)
    with pytest.raises(ValueError, match=f"'pipeline' has the live key {old.id}"):
        store.add("pipeline", SCORE, rate=None, seconds=DAY, now=1)

    new, _ = store.rotate(old.id, overlap=3_600, seconds=DAY, now=10)

    assert (new.name, new.scopes, new.rate, new.expires_at) == (old.name, old.scopes, old.rate, 10 + DAY)
    kept = {key.id: key for key in store.all()}
    assert kept[old.id].expires_at == 3_610
    assert [kept[old.id].state(now) for now in (3_609, 3_610)] == ["live", "expired"]
    with pytest.raises(ValueError, match=f"the key {old.id} is expired"):
        store.rotate(old.id, overlap=0, seconds=DAY, now=4_000)


def test_rotating_never_lengthens_a_life(store: KeyStore) -> None:
    old, _ = store.add("pipeline", SCORE, rate=None, seconds=100, now=0)
    store.rotate(old.id, overlap=3_600, seconds=DAY, now=10)
    assert next(key for key in store.all() if key.id == old.id).expires_at == 100


def test_a_revoked_key_stays_so(store: KeyStore) -> None:
    key, _ = store.add("pipeline", SCORE, rate=None, seconds=DAY, now=0)
    assert [store.revoke(key.id, now=now).revoked_at for now in (5, 9)] == [5, 5]
    assert [each.state(6) for each in store.all()] == ["revoked"]
    with pytest.raises(ValueError, match="there is no key 'nobody'"):
        store.revoke("nobody", now=1)


def test_the_hour_of_a_use_only_goes_forward(store: KeyStore) -> None:
    key, _ = store.add("pipeline", SCORE, rate=None, seconds=DAY, now=0)

    def used(hour: int) -> int | None:
        store.used(key.id, hour=hour)
        return store.all()[0].used_at

    assert [used(7_200), used(3_600), used(10_800)] == [7_200, 7_200, 10_800]


@pytest.mark.parametrize("url", ["nowhere", "mysql://a/b", "frob://a/b"])
def test_an_address_that_is_none_is_told_without_what_it_holds(url: str) -> None:
    with pytest.raises(ValueError, match="TRUESHELF_KEYS"):
        KeyStore(url)


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys.db").write_text("no database at all, but long enough to be taken for one by its size")
    with pytest.raises(ValueError, match=r"the keys at sqlite:.*keys\.db cannot be had: DatabaseError"):
        KeyStore(f"sqlite:///{tmp_path / 'keys.db'}").all()


def test_scopes_are_read_by_name() -> None:
    assert scopes_of(" metrics, docs,") == {Scope.METRICS, Scope.DOCS}
    with pytest.raises(ValueError, match="'all' is no scope"):
        scopes_of("all")


def test_a_key_without_a_secret_is_nobodys() -> None:
    key = Key(id="0", name="a", scopes=SCORE, rate=None, digest="", made_at=0, expires_at=9)
    assert not key.is_of("")
