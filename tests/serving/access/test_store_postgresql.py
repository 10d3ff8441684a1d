"""Keys in PostgreSQL, where this machine has one to start."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.access.scopes import Scope
from serving.access.store import KeyStore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in ("initdb", "pg_ctl")), reason="no PostgreSQL server on the PATH"
    ),
]


@pytest.fixture
def url() -> Iterator[str]:
    """A database of its own, reached by a socket in a folder."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if user:
            shutil.chown(folder, "postgres")
        data = str(folder / "data")

        def run(*command: str) -> None:
            subprocess.run([*user, *command], check=True, capture_output=True, cwd=folder, stdin=subprocess.DEVNULL)

        run("initdb", "-D", data, "-U", "keys", "--auth=trust", "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -h ''", "start")
        try:
            yield f"postgresql+psycopg://keys@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def test_keys_are_made_rotated_used_and_revoked(url: str) -> None:
    store = KeyStore(url)
    assert store.all() == ()

    old, text = store.add("pipeline", frozenset({Scope.SCORE}), rate=None, seconds=100, now=10)
    new, _ = store.rotate(old.id, overlap=5, seconds=100, now=20)
    store.used(new.id, hour=3_600)
    store.revoke(new.id, now=30)

    kept = {key.id: key for key in KeyStore(url).all()}
    assert kept[old.id].is_of(text)
    assert kept[old.id].expires_at == 25
    assert (kept[new.id].used_at, kept[new.id].revoked_at) == (3_600, 30)


def test_a_server_that_is_away_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be had: \w+") as raised:
        KeyStore(f"postgresql+psycopg://keys:secret@/keys?host={tmp_path}").all()
    assert "secret" not in str(raised.value)
