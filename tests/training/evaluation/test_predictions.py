from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.evaluation.predictions import Predictions, common
from training.testing import make_predictions
from trueshelf.listings import Head


def same(first: Predictions, second: Predictions) -> bool:
    arrays: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = [
        (first.listing_N, second.listing_N),
        (first.shop_N, second.shop_N),
    ]
    arrays += [(first.slices[name], second.slices[name]) for name in first.slices]
    for head in first.heads:
        one, other = first.heads[head], second.heads[head]
        arrays += [(one.logit_N, other.logit_N), (one.probability_N, other.probability_N)]
        arrays += [(one.label_N, other.label_N), (one.action_N, other.action_N)]
    return first.errors == second.errors and all(np.array_equal(one, other) for one, other in arrays)


def test_they_survive_parquet(tmp_path: Path) -> None:
    predictions = make_predictions()
    predictions.shop_N[3] = None
    path = tmp_path / "deep" / "predictions.parquet"
    predictions.write(path)
    assert same(Predictions.read(path), predictions)


def test_errors_survive_too(tmp_path: Path) -> None:
    some = make_predictions()
    counted = Predictions(some.listing_N, some.shop_N, some.heads, some.slices, errors=4)
    counted.write(tmp_path / "p.parquet")
    assert Predictions.read(tmp_path / "p.parquet").errors == 4


def test_another_table_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=r"x\.parquet is no table of predictions"):
        Predictions.read(tmp_path / "x.parquet")


def test_the_listings_in_common_are_matched_by_id() -> None:
    everything = make_predictions()
    order = np.random.default_rng(0).permutation(len(everything))
    ours, theirs = common(everything.take(np.arange(50)), everything.take(order[: len(order) // 2]))
    assert 0 < len(ours) < 50
    assert same(ours, theirs)


def test_labelled_leaves_the_unknown_out() -> None:
    everything = make_predictions(unlabelled=0.3)
    labelled = everything.labelled(Head.COUNTERFEIT)
    assert 0 < len(labelled) < len(everything)
    assert labelled.heads[Head.COUNTERFEIT].labelled.all()
