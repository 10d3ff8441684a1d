"""Where keys are kept: one table, in SQLite or PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, create_engine, inspect, or_
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from serving.access.keys import Key, digest_of, new_key
from serving.access.scopes import Scope, scopes_of

_WAIT_SECONDS = 5

_METADATA = MetaData()
_KEYS = Table(
    "access_keys",
    _METADATA,
    Column("id", String(12), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("rate", Integer),
    Column("digest", String(64), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)


class KeyStore:
    """The keys at a database's address. Nothing is made there before the first key is.

    All methods raise ValueError where the database does not answer.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
            backend = self._url.get_backend_name()
            options = {"sqlite": {"timeout": _WAIT_SECONDS}, "postgresql": {"connect_timeout": _WAIT_SECONDS}}
            if backend not in options:
                raise ValueError(f"TRUESHELF_KEYS names a {backend} database, not one of sqlite and postgresql")
            self._engine = create_engine(self._url, connect_args=options[backend], poolclass=NullPool)
        except (ArgumentError, NoSuchModuleError) as error:
            raise ValueError("TRUESHELF_KEYS is no database's address such as sqlite:////var/keys.db") from error
        except ModuleNotFoundError as error:
            raise ValueError(f"TRUESHELF_KEYS needs a driver: pip install '{error.name}[binary]'") from error

    def all(self) -> tuple[Key, ...]:
        """Every key that there ever was, the oldest first."""
        if not self._exists():
            return ()
        with self._begin() as connection:
            if not inspect(connection).has_table(_KEYS.name):
                return ()
            rows = connection.execute(_KEYS.select().order_by(_KEYS.c.made_at, _KEYS.c.id)).mappings()
            return tuple(_key(dict(row)) for row in rows)

    def add(self, name: str, scopes: frozenset[Scope], *, rate: int | None, seconds: int, now: int) -> tuple[Key, str]:
        """Make a key; the key itself is told here and never again.

        Args:
            seconds: that it lives.

        Raises:
            ValueError: there is a live key of this name.
        """
        for key in self.all():
            if key.name == name and key.state(now) == "live":
                raise ValueError(f"{name!r} has the live key {key.id}: rotate or revoke it, or choose another name")
        with self._begin() as connection:
            return _insert(connection, name, scopes, rate=rate, seconds=seconds, now=now)

    def rotate(self, key_id: str, *, overlap: int, seconds: int, now: int) -> tuple[Key, str]:
        """Make a key with the same name, scopes and rate, and end the old one `overlap` seconds from now.

        Raises:
            ValueError: there is no such key, or it is not live.
        """
        old = self._one(key_id)
        if (state := old.state(now)) != "live":
            raise ValueError(f"the key {key_id} is {state}; make another with `add`")
        ends = min(old.expires_at, now + overlap)
        with self._begin() as connection:
            connection.execute(_KEYS.update().where(_KEYS.c.id == key_id).values(expires_at=ends))
            return _insert(connection, old.name, old.scopes, rate=old.rate, seconds=seconds, now=now)

    def revoke(self, key_id: str, *, now: int) -> Key:
        """End a key at once.

        Raises:
            ValueError: there is no such key.
        """
        key = self._one(key_id)
        with self._begin() as connection:
            first = _KEYS.c.revoked_at.is_(None)
            connection.execute(_KEYS.update().where(_KEYS.c.id == key_id, first).values(revoked_at=now))
        return replace(key, revoked_at=key.revoked_at or now)

    def used(self, key_id: str, *, hour: int) -> None:
        """Note the hour in which a key was used."""
        with self._begin() as connection:
            earlier = or_(_KEYS.c.used_at.is_(None), _KEYS.c.used_at < hour)
            connection.execute(_KEYS.update().where(_KEYS.c.id == key_id, earlier).values(used_at=hour))

    def _one(self, key_id: str) -> Key:
        for key in self.all():
            if key.id == key_id:
                return key
        raise ValueError(f"there is no key {key_id!r}; `python -m serving keys list` shows them")

    def _exists(self) -> bool:
        """False where opening a SQLite file would make an empty one."""
        return self._url.get_backend_name() != "sqlite" or Path(self._url.database or "").is_file()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            if not self._exists():
                Path(self._url.database or "").parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            why = type(getattr(error, "orig", None) or error).__name__
            message = f"the keys at {self._url.render_as_string(hide_password=True)} cannot be had: {why}"
            raise ValueError(message) from error


def _insert(
    connection: Connection, name: str, scopes: frozenset[Scope], *, rate: int | None, seconds: int, now: int
) -> tuple[Key, str]:
    _METADATA.create_all(connection)
    key_id, text = new_key()
    key = Key(
        id=key_id,
        name=name,
        scopes=scopes,
        rate=rate,
        digest=digest_of(text),
        made_at=now,
        expires_at=now + seconds,
    )
    connection.execute(_KEYS.insert().values(asdict(key) | {"scopes": ",".join(sorted(scopes))}))
    return key, text


def _key(row: dict[str, Any]) -> Key:
    return Key(**row | {"scopes": scopes_of(row["scopes"])})
