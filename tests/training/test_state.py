from pathlib import Path

import pytest

from training.state import read_state, write_state


def test_what_was_written_is_read_and_nothing_else_lies_there(tmp_path: Path) -> None:
    path = tmp_path / "run" / "state.json"
    write_state(path, {"epoch": 1})
    write_state(path, {"epoch": 2})
    assert read_state(path) == {"epoch": 2}
    assert [entry.name for entry in path.parent.iterdir()] == ["state.json"]


@pytest.mark.parametrize("content", [None, "", "[1]", '{"epoch": ', "\udcff"])
def test_what_cannot_be_read_is_as_nothing(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    if content is not None:
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
    assert read_state(path) is None
