import json
from dataclasses import replace

from trueshelf.listings import Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.encoders import ImageSpec, TextSpec, ViewSpec
from trueshelf.models.manifest import Manifest
from trueshelf.models.ngrams import NgramSpec
from trueshelf.models.prevalence import Prevalence
from trueshelf.models.verdict import Guarantee, Thresholds

BAGS = Thresholds(0.3, 0.8, Guarantee(0.01, 0.95, 700, per_shop=True, group="bags", groups=2))
BY_CATEGORY = Thresholds(0.3, 0.9, Guarantee(0.01, 0.95, 400, per_shop=True, groups=2), {"bags": BAGS})
POOLED = Thresholds(0.4, None, Guarantee(0.01, 0.95, 12, "12 are too few"))


def manifest(thresholds: Thresholds) -> Manifest:
    return Manifest(
        name="listing-risk",
        image=ImageSpec("efficientnet-lite0", 224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1280),
        view=ViewSpec(2),
        text=TextSpec("minilm-l6", 64, 384),
        ngrams=NgramSpec(),
        calibrators=dict.fromkeys(Head, Calibrator()),
        thresholds=dict.fromkeys(Head, thresholds),
    )


def test_thresholds_are_read_as_they_were_written() -> None:
    for thresholds in (BY_CATEGORY, POOLED):
        assert Manifest.from_json(manifest(thresholds).to_json()).thresholds == dict.fromkeys(Head, thresholds)


def test_a_bundle_that_knows_nothing_of_categories_has_one_promise_about_all() -> None:
    stored = json.loads(manifest(POOLED).to_json())
    for thresholds in stored["thresholds"].values():
        del thresholds["group"], thresholds["groups"]
    assert Manifest.from_json(json.dumps(stored)).thresholds == dict.fromkeys(Head, POOLED)


def test_the_prevalence_that_probabilities_are_for_is_read_as_it_was_written() -> None:
    stated = replace(manifest(POOLED), calibrators=dict.fromkeys(Head, Calibrator(prevalence=Prevalence(0.02, True))))
    assert Manifest.from_json(stated.to_json()).calibrators == stated.calibrators
