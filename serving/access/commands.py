"""`python -m serving keys`: who may call."""

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from serving.access.scopes import MEANING, Scope
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.access.keys import Key
    from serving.access.store import KeyStore

_DAY, _HOUR = 86_400, 3_600

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The twelve characters after tsk_, as `list` shows them.")]
Days = Annotated[int, typer.Option(min=1, max=3_650, help="Days until the key ends.")]

app = typer.Typer(
    help=(
        "Make keys for those who call the service, and end them.\n\n"
        "    python -m serving keys add pipeline --scope score\n\n"
        "    curl -H 'Authorization: Bearer tsk_…' http://127.0.0.1:3000/v1/model\n\n"
        f"Scopes: {'; '.join(f'{scope} ({meaning})' for scope, meaning in MEANING.items())}.\n\n"
        "A key is shown once, when it is made; only its digest is kept. Give each program its own, under the program's "
        "name: its requests take turns and are counted under that name. As long as there has never been a key, the "
        "service answers this machine without one; from the first key on it asks everybody. A running service knows of "
        "changes within two seconds.\n\n"
        "To change a key without a gap: `rotate` it, give the new one out while both are valid, and see in `list` when "
        "the old one was last used. A key that others may have seen is revoked, which ends it at once.\n\n"
        "Keys are kept in the database that TRUESHELF_KEYS names; by default .trueshelf/keys.db in the data folder."
    ),
    no_args_is_help=True,
)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Who will hold it, such as the program's name.")],
    *,
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may; may be given several times.")] = None,
    days: Days = 365,
    rate: Annotated[int | None, typer.Option(min=1, max=10**6, help="Requests a minute; else TRUESHELF_RATE.")] = None,
) -> None:
    """Make a key, and print it on stdout. Without --scope it may score and read."""
    if not (name.isprintable() and 0 < len(name) <= 100 and name == name.strip()):
        raise ValueError(f"the name is {name[:100]!r}, not 1 to 100 printable characters")
    scopes = frozenset(scope or (Scope.SCORE, Scope.READ))
    key, text = _store().add(name, scopes, rate=rate, seconds=days * _DAY, now=_now())
    _show(key, text)


@app.command(name="list")
def list_keys(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array on stdout.")] = False
) -> None:
    """Show all keys, those that have ended too."""
    keys = _store().all()
    if as_json:
        sys.stdout.write(json.dumps([_document(key) for key in keys], ensure_ascii=False) + "\n")
        return
    names = ("name", "scopes", "a minute", "state", "ends", "last used (hour)")
    table = Table(Column("id", min_width=12), *(Column(name, overflow="fold") for name in names), box=None)
    for key in keys:
        told = _document(key)
        columns = (told["id"], told["name"], ", ".join(sorted(key.scopes)), told["rate"], told["state"])
        table.add_row(*(str(each or "–") for each in (*columns, told["ends"], told["used"])))
    Console().print(table if keys else "there are no keys")


@app.command()
def rotate(
    key_id: KeyId,
    *,
    hours: Annotated[int, typer.Option(min=0, max=8_760, help="Hours for which the old key stays valid.")] = 24,
    days: Days = 365,
) -> None:
    """Make a key in another's place, and print it on stdout; both are valid for a while, as one caller."""
    key, text = _store().rotate(key_id, overlap=hours * _HOUR, seconds=days * _DAY, now=_now())
    _show(key, text)
    _tell(f"{key_id} stays valid for {hours} hours, unless it ends before")


@app.command()
def revoke(key_id: KeyId) -> None:
    """End a key at once; a running service refuses it within two seconds."""
    key = _store().revoke(key_id, now=_now())
    _tell(f"{key.id} of {key.name} is revoked")


def _store() -> "KeyStore":
    from serving.access.store import KeyStore  # here, so that the command line starts quickly

    settings = Settings.read()
    assert settings.keys is not None  # whatever was read has one
    return KeyStore(settings.keys)


def _show(key: "Key", text: str) -> None:
    sys.stdout.write(text + "\n")
    scopes = ", ".join(sorted(key.scopes))
    _tell(f"{key.id} of {key.name} may {scopes} until {_time(key.expires_at)}; it is not shown again")


def _document(key: "Key") -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "rate": key.rate,
        "state": key.state(_now()),
        "made": _time(key.made_at),
        "ends": _time(key.expires_at),
        "revoked": _time(key.revoked_at),
        "used": _time(key.used_at),
    }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="minutes")


def _now() -> int:
    return int(time.time())


def _tell(line: str) -> None:
    Console(stderr=True).print(line, highlight=False, markup=False, soft_wrap=True)
