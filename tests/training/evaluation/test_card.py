from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from training.data.folder import write_dataset
from training.evaluation.card import model_card
from training.evaluation.report import report
from training.evaluation.table import GENERATED
from training.testing import ACTING, make_predictions
from trueshelf.listings import Dataset, Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.encoders import ImageSpec, TextSpec, ViewSpec
from trueshelf.models.judgement import Judgement
from trueshelf.models.manifest import Manifest
from trueshelf.models.ngrams import NgramSpec
from trueshelf.models.precision import Precision
from trueshelf.models.prevalence import Prevalence

MANIFEST = Manifest(
    name="listing-risk",
    image=ImageSpec("efficientnet-lite0", 224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1280),
    view=ViewSpec(2),
    text=TextSpec("minilm-l6", 64, 384),
    ngrams=NgramSpec(),
    judgements={
        Precision.FP32: Judgement(
            {Head.COUNTERFEIT: Calibrator(0.8, 1.1, -0.2), Head.LOW_QUALITY: Calibrator(note="not calibrated")}, ACTING
        )
    },
    made={"recipe": "listings", "dataset_digest": "abc"},
)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return write_dataset(
        tmp_path,
        name="market",
        card={
            "source": "simulated",
            "licence": "CC0-1.0",
            "made": "by a simulator",
            "generated": True,
            "split": {"forward_in_time": True, "starts": {"test": datetime(2025, 9, 2, 16, tzinfo=UTC)}},
        },
        listings=[{"listing_id": "a", "photos": []}],
        splits=[{"listing_id": "a", "split": "test", "reason": None}],
    )


def card(dataset: Dataset, found: dict[str, Any] | None = None) -> str:
    found = found or report(make_predictions(), thresholds=ACTING, replicates=50, dataset="market", generated=True)
    return model_card(found, manifest=MANIFEST, dataset=dataset)


def test_it_states_where_the_model_is_from_and_what_it_is_worth(dataset: Dataset) -> None:
    text = card(dataset)
    for fact in (
        "# listing-risk",
        dataset.digest,
        "- Licence: CC0-1.0",
        "- Recipe: listings",
        "efficientnet-lite0, 224 px, 5 views a photo",
        "- Listings: 1 test",
        "- Split forward in time: yes",
        "- Split starts: test 2025-09-02",
        "| PR-AUC | 0.",
        "- counterfeit: acts above 0.900",
        "not calibrated",
        "slices by ROC-AUC",
    ):
        assert fact in text


def test_generated_data_is_said_at_the_top(dataset: Dataset) -> None:
    assert card(dataset).split("\n\n")[1] == GENERATED


def test_the_same_model_has_the_same_card(dataset: Dataset) -> None:
    assert card(dataset) == card(dataset)


def test_listings_counted_one_by_one_are_said_to_weaken_the_promise(dataset: Dataset) -> None:
    assert "listings were counted as independent" in card(dataset)
    found = report(make_predictions(), thresholds=ACTING, replicates=20)
    for thresholds in found["thresholds"].values():
        thresholds["per_shop"] = True
    assert "counted as independent" not in card(dataset, found)


def test_bars_in_values_do_not_break_the_tables(dataset: Dataset) -> None:
    some = make_predictions()
    for value_N in some.slices.values():
        value_N[:] = "a|b"
    text = card(dataset, report(some, thresholds=ACTING, replicates=20))
    assert r"| brand | a\|b |" in text


def test_it_says_what_prevalence_the_probabilities_are_for(dataset: Dataset) -> None:
    prevalences = {Head.COUNTERFEIT: Prevalence(0.02, stated=True), Head.LOW_QUALITY: Prevalence(0.15)}
    found = report(make_predictions(), thresholds=ACTING, prevalences=prevalences, replicates=20)
    text = card(dataset, found)
    assert 'counterfeit: probabilities are for listings of which 2.00% are "yes", as was stated of the field' in text
    assert 'low_quality: probabilities are for listings of which 15.00% are "yes", as of the answers' in text
    assert "label shift" in text
    assert "label shift" not in card(dataset)
