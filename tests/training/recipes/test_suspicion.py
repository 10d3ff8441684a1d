"""What the recipe `listings` does about suspected answers, on the session's small market."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.data.parts import UNKNOWN, read_parts
from training.progress import silent
from training.recipes import Workspace
from training.recipes.listings_config import ListingsConfig
from training.recipes.preparation import prepared
from training.recipes.sellers import who
from training.recipes.suspicion import taught
from training.suspect_report import SUSPECTS, TABLE, Suspects
from training.tracking import NoTracker
from trueshelf.listings import Dataset, Head, Split

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bundle")]


def test_suspects_are_listed_and_left_out_only_where_that_is_asked_for(
    market: Dataset, workspace_folder: Path, tmp_path: Path
) -> None:
    config, shops = ListingsConfig(grid=0, ocr=False), market.shops()
    parts = read_parts(market, only=(Split.TRAIN, Split.VALIDATION))
    part = parts[Split.TRAIN]
    behind = [who(listing, shops) for listing in part.listings]
    workspace = Workspace(tmp_path / "run", workspace_folder)
    with prepared(market, parts, config, workspace=workspace, tracker=NoTracker(), progress=silent) as ready:
        kept, dropped = (
            taught(
                ready,
                part,
                lambda rows: [behind[row] for row in rows],
                each,
                run=workspace.run / each.suspects,
                tracker=NoTracker(),
                progress=silent,
            )
            for each in (config, replace(config, suspects="drop"))
        )
    found = Suspects.read(workspace.run / "keep" / SUSPECTS)
    assert found == Suspects.read(workspace.run / "drop" / SUSPECTS)
    assert (workspace.run / "keep" / TABLE).read_text(encoding="utf-8") == found.text()
    np.testing.assert_array_equal(kept.examples[Split.TRAIN].answers_NH, part.answers_NH)
    ids = [listing.id for listing in part.listings]
    left_out_NH = dropped.examples[Split.TRAIN].answers_NH != part.answers_NH
    assert {(ids[row], list(Head)[place].value) for row, place in np.argwhere(left_out_NH).tolist()} == {
        (row["listing_id"], row["head"]) for row in found.rows
    }
    assert (dropped.examples[Split.TRAIN].answers_NH[left_out_NH] == UNKNOWN).all()
    assert [len(each.rows_N) for each in dropped.heads] == (
        (dropped.examples[Split.TRAIN].answers_NH != UNKNOWN).sum(axis=0).tolist()
    )
