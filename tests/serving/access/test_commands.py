import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serving.cli import app


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRUESHELF_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def listed() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("list", "--json").stdout)
    return found


def test_a_key_is_shown_once_and_lives_until_it_is_ended(data: Path) -> None:
    assert "there are no keys" in run("list").stdout
    assert not (data / ".trueshelf").exists()

    text = run("add", "pipeline", "--scope", "score", "--scope", "metrics", "--days", "30", "--rate", "60").stdout
    assert re.fullmatch(r"tsk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n", text)
    [key] = listed()
    assert (key["name"], key["scopes"], key["rate"], key["state"]) == ("pipeline", ["metrics", "score"], 60, "live")

    new = run("rotate", str(key["id"]), "--hours", "1").stdout
    assert [each["state"] for each in listed()] == ["live", "live"]
    run("revoke", str(key["id"]))

    assert {str(each["id"]): each["state"] for each in listed()} == {key["id"]: "revoked", new[4:16]: "live"}
    shown = run("list").stdout
    assert text.strip() not in shown
    assert new.strip() not in shown
    assert "pipeline" in shown
    assert str(key["id"]) in shown


def test_without_scopes_a_key_may_score_and_read() -> None:
    run("add", "pipeline")
    assert listed()[0]["scopes"] == ["read", "score"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", " a"], "the name is ' a'"),
        (["add", "a\nb"], "not 1 to 100 printable characters"),
        (["rotate", "nobody"], "there is no key 'nobody'"),
        (["revoke", "nobody"], "there is no key 'nobody'"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], told: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 2
    assert told in found.stderr
    assert found.stderr.count("\n") == 1


def test_the_help_tells_what_there_is_to_know() -> None:
    told = " ".join(run("--help").stdout.replace("│", " ").split())
    for expected in ("shown once", "rotate", "metrics (read the metrics)", "TRUESHELF_KEYS", "Authorization: Bearer"):
        assert expected in told


def test_a_service_that_others_reach_is_not_started_before_it_is_said_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUESHELF_HOST", "0.0.0.0")  # noqa: S104
    for command in ("serve", "start"):
        found = CliRunner().invoke(app, [command])
        assert found.exit_code == 2
        assert "TRUESHELF_HOST is '0.0.0.0'" in found.stderr
