"""A run that is broken off goes on where it stopped, and what comes out is what would have come out anyway."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.classify.model import Predict, ServedModel
from serving.score import score_table
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_photo

ServedBy = Callable[[Predict], ServedModel]

CHILD = """
import sys
from serving.classify.model import ServedModel
from serving.score import score_table
from trueshelf.testing import FakePredictor

model = ServedModel(
    name="fake", digest="1", precision="fp32", card="", thresholds={}, prevalences={}, predict=FakePredictor().predict
)
source, out = sys.argv[1:]
score_table(
    source, out, model=model, batch_size=7, part_rows=20, progress=lambda done, _total: print(done, flush=True)
)
"""


def write(path: Path, listings: int, **columns: Sequence[Any]) -> Path:
    """A table of good listings and bad ones, in row groups that end where no part does."""
    path.parent.mkdir(exist_ok=True)
    (path.parent / "a.jpg").write_bytes(make_photo(40, 30).read())
    ids = [f"L-{0 if number == 33 else number}" for number in range(listings)]
    photos = [["none.jpg" if number % 11 == 5 else "a.jpg"] for number in range(listings)]
    table = pa.table({"listing_id": ids, "title": [f"Bag {each}" for each in ids], "photos": photos} | columns)
    pq.write_table(table, path, row_group_size=33)
    return path


class Stopping:
    """A model that is stopped, as by Ctrl-C, at its nth call; and keeps what it was asked."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.asked: list[str] = []

    def __call__(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        self.asked += [listing.id for listing in listings]
        return FakePredictor().predict(listings)


@pytest.mark.slow
def test_killed_at_any_moment_a_run_comes_to_the_same_table(tmp_path: Path, model: ServedModel) -> None:
    source, out = write(tmp_path / "in.parquet", 400), tmp_path / "killed" / "out.parquet"
    score_table(source, tmp_path / "whole.parquet", model=model, batch_size=7, part_rows=20)
    chance, begun = random.Random(0), []

    for _ in range(5):
        command = [sys.executable, "-c", CHILD, str(source), str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            begun.append(int(child.stdout.readline()))
            for _line in range(chance.randrange(20)):
                child.stdout.readline()
            child.kill()
        assert not out.exists()
    subprocess.run([sys.executable, "-c", CHILD, str(source), str(out)], check=True, capture_output=True)

    assert begun == sorted(begun)
    assert begun[-1] > 0
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert [path.name for path in out.parent.iterdir()] == ["out.parquet"]


@pytest.mark.parametrize("batch_size", [7, 20, 64])
def test_stopped_at_every_batch_in_turn_nothing_whole_is_scored_twice(
    batch_size: int, tmp_path: Path, served_by: ServedBy, model: ServedModel
) -> None:
    source, out = write(tmp_path / "in.parquet", 90), tmp_path / "out.parquet"
    score_table(source, tmp_path / "whole.parquet", model=model, batch_size=batch_size, part_rows=20)

    stopped, complete = [], False
    while not complete:
        stopped.append(Stopping(at=20 // min(batch_size, 20) + 3))
        try:
            score_table(source, out, model=served_by(stopped[-1]), batch_size=batch_size, part_rows=20)
            complete = True
        except KeyboardInterrupt:
            assert not out.exists()

    assert len(stopped) > 1
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    for earlier, later in pairwise(stopped):
        first = int(later.asked[0].removeprefix("L-")) // 20 * 20
        assert all(int(each.removeprefix("L-")) >= first for each in later.asked)
        assert len(set(earlier.asked) & set(later.asked)) < 20


def broken_off(source: Path, out: Path, served_by: ServedBy) -> None:
    with pytest.raises(KeyboardInterrupt):
        score_table(source, out, model=served_by(Stopping(at=3)), batch_size=10, part_rows=10)


def test_another_model_does_not_go_on(tmp_path: Path, served_by: ServedBy, model: ServedModel) -> None:
    source, out = write(tmp_path / "in.parquet", 50), tmp_path / "out.parquet"
    broken_off(source, out, served_by)
    other = ServedModel(
        name="fake", digest="2", precision="int8", card="", thresholds={}, prevalences={}, predict=model.predict
    )

    with pytest.raises(ValueError, match=r"version 1 \(now 2\), model's precision fp32 \(now int8\)\. .* add --anew"):
        score_table(source, out, model=other, part_rows=10)

    assert score_table(source, out, model=other, part_rows=10, anew=True)["done_before"] == 0
    assert pq.read_schema(out).metadata[b"version"] == b"2"


def test_a_changed_source_does_not_go_on(tmp_path: Path, served_by: ServedBy, model: ServedModel) -> None:
    source, out = write(tmp_path / "in.parquet", 50), tmp_path / "out.parquet"
    broken_off(source, out, served_by)
    write(source, 50, title=["another"] * 50)

    with pytest.raises(ValueError, match=r"source's in\.parquet [0-9a-f]{64} \(now [0-9a-f]{64}\)\. Finish it with"):
        score_table(source, out, model=model, part_rows=10)


def test_a_source_that_was_only_touched_goes_on(tmp_path: Path, served_by: ServedBy, model: ServedModel) -> None:
    source, out = write(tmp_path / "in.parquet", 50), tmp_path / "out.parquet"
    broken_off(source, out, served_by)
    source.touch()

    summary = score_table(source, out, model=model, batch_size=10, part_rows=10)

    assert (summary["done_before"], summary["listings"]) == (20, 50)
    assert sum(summary["actions"].values()) + summary["errors"] == 50


def test_two_processes_do_not_write_one_table(tmp_path: Path, served_by: ServedBy, model: ServedModel) -> None:
    source, out = write(tmp_path / "in.parquet", 10), tmp_path / "out.parquet"

    def meanwhile(listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        with pytest.raises(ValueError, match=r"another process is writing .*out\.parquet"):
            score_table(source, out, model=model)
        return FakePredictor().predict(listings)

    score_table(source, out, model=served_by(meanwhile))

    assert pq.read_metadata(out).num_rows == 10


def test_a_spoilt_record_of_the_run_is_told(tmp_path: Path, served_by: ServedBy, model: ServedModel) -> None:
    source, out = write(tmp_path / "in.parquet", 50), tmp_path / "out.parquet"
    broken_off(source, out, served_by)
    record = tmp_path / "out.parquet.unfinished" / "run.json"
    assert json.loads(record.read_text())["rows"] == 50
    record.write_text("{")

    with pytest.raises(ValueError, match=r"run\.json is no JSON .*; add --anew to begin anew"):
        score_table(source, out, model=model)
