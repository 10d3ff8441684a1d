"""What the README tells people to type is what the commands take."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.classify.schemas import ListingIn
from serving.cli import app as serving
from training.cli import app as training

README = Path(__file__).parents[1] / "README.md"
COMMANDS = re.findall(r"^    python -m (\w+) (.+)$", README.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize(("program", "line"), COMMANDS, ids=[line for _, line in COMMANDS])
def test_every_command_and_option_exists(program: str, line: str) -> None:
    words = shlex.split(line)
    options = {word for word in words if word.startswith("--")}
    path = [word for word in words[:2] if re.fullmatch(r"[a-z]+", word)]
    app = {"training": training, "serving": serving}[program]
    found = None
    for depth in range(len(path), 0, -1):
        found = CliRunner().invoke(app, [*path[:depth], "--help"], env={"COLUMNS": "200"})
        if found.exit_code == 0:
            break
    assert found is not None
    assert found.exit_code == 0, found.output
    for option in options:
        assert option in found.output, f"{program} {line}"


def test_the_example_request_is_a_listing() -> None:
    body = re.search(r"-d '(\{.+?\})'", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert body is not None
    assert ListingIn.model_validate(json.loads(body[1])).listing_id == "L1"
