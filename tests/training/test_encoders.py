from pathlib import Path

import pytest

from training.encoders import kept_beside


def test_a_graph_is_made_once_for_the_same_facts(tmp_path: Path) -> None:
    made: list[str] = []

    def make(path: Path) -> None:
        made.append("again")
        path.write_text(f"graph {len(made)}")

    first, again, other = (kept_beside(tmp_path / "encoder.onnx", "int8", facts, make) for facts in ("a", "a", "b"))
    assert first == again != other
    assert [first.read_text(), other.read_text()] == ["graph 1", "graph 2"]


def test_what_could_not_be_made_is_not_kept(tmp_path: Path) -> None:
    def broken(path: Path) -> None:
        path.write_text("half a gr")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        kept_beside(tmp_path / "encoder.onnx", "int8", "a", broken)

    def sound(path: Path) -> None:
        path.write_text("a graph")

    assert kept_beside(tmp_path / "encoder.onnx", "int8", "a", sound).read_text() == "a graph"
