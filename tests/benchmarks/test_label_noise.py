from pathlib import Path

import numpy as np
import pytest

from benchmarks.label_noise import planted, turned
from training.data.folder import write_dataset
from training.data.parts import UNKNOWN, read_parts
from trueshelf.listings import Dataset, Split


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """400 listings, half of them in the training split, of whose answers every fifth is unknown."""
    names = [f"l{number}" for number in range(400)]
    return write_dataset(
        tmp_path / "true",
        name="true",
        card={"source": "a test", "licence": "none", "made": "by a test"},
        listings=[{"listing_id": name, "title": "bag"} for name in names],
        labels=[
            {
                "listing_id": name,
                "head": "counterfeit",
                "answer": "unknown" if number % 5 == 0 else "yes" if number % 3 == 0 else "no",
                "provenance": "reviewer",
            }
            for number, name in enumerate(names)
        ],
        splits=[
            {"listing_id": name, "split": "train" if number % 2 else "validation", "reason": None}
            for number, name in enumerate(names)
        ],
    )


def test_a_share_of_the_known_training_answers_is_turned_round_and_nothing_else(
    dataset: Dataset, tmp_path: Path
) -> None:
    before, after = read_parts(dataset), read_parts(planted(dataset, tmp_path / "noisy", 0.2))
    was_NH, is_NH = before[Split.TRAIN].answers_NH, after[Split.TRAIN].answers_NH
    wrong_NH = was_NH != is_NH
    np.testing.assert_array_equal(wrong_NH, turned(before[Split.TRAIN], 0.2, seed=0))
    np.testing.assert_array_equal(is_NH[wrong_NH], 1 - was_NH[wrong_NH])
    assert 0.1 < wrong_NH[was_NH != UNKNOWN].mean() < 0.3
    np.testing.assert_array_equal(after[Split.VALIDATION].answers_NH, before[Split.VALIDATION].answers_NH)


def test_another_seed_turns_others(dataset: Dataset) -> None:
    train = read_parts(dataset)[Split.TRAIN]
    assert (turned(train, 0.2, seed=0) != turned(train, 0.2, seed=1)).any()
    assert not turned(train, 0.0, seed=0).any()
