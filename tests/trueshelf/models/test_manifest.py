import json
from dataclasses import replace

import pytest

from trueshelf.listings import Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.encoders import ImageSpec, TextSpec, ViewSpec
from trueshelf.models.judgement import Judgement
from trueshelf.models.manifest import FORMAT, BundleError, Manifest
from trueshelf.models.ngrams import NgramSpec
from trueshelf.models.precision import Precision
from trueshelf.models.prevalence import Prevalence
from trueshelf.models.verdict import Guarantee, Thresholds

BAGS = Thresholds(0.3, 0.8, Guarantee(0.01, 0.95, 700, per_shop=True, group="bags", groups=2))
BY_CATEGORY = Thresholds(0.3, 0.9, Guarantee(0.01, 0.95, 400, per_shop=True, groups=2), {"bags": BAGS})
POOLED = Thresholds(0.4, None, Guarantee(0.01, 0.95, 12, "12 are too few"))


def judgement(thresholds: Thresholds, calibrator: Calibrator | None = None) -> Judgement:
    return Judgement(dict.fromkeys(Head, calibrator or Calibrator()), dict.fromkeys(Head, thresholds))


def manifest(thresholds: Thresholds) -> Manifest:
    return Manifest(
        name="listing-risk",
        image=ImageSpec("efficientnet-lite0", 224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1280),
        view=ViewSpec(2),
        text=TextSpec("minilm-l6", 64, 384),
        ngrams=NgramSpec(),
        judgements={Precision.FP32: judgement(thresholds)},
    )


def test_each_precision_is_read_as_it_was_written() -> None:
    stated = Calibrator(0.9, 1.2, -0.3, prevalence=Prevalence(0.02, stated=True))
    both = {Precision.FP32: judgement(BY_CATEGORY), Precision.INT8: judgement(POOLED, stated)}
    read = Manifest.from_json(replace(manifest(POOLED), judgements=both).to_json())
    assert read.judgements == both
    assert read.judgement(Precision.INT8) == both[Precision.INT8]


def test_a_precision_that_nothing_was_calibrated_for_is_refused() -> None:
    with pytest.raises(BundleError, match="offers fp32 and not int8, for which nothing was calibrated: train it anew"):
        manifest(POOLED).judgement(Precision.INT8)


def test_a_bundle_that_knows_nothing_of_categories_has_one_promise_about_all() -> None:
    stored = json.loads(manifest(POOLED).to_json())
    for thresholds in stored["judgements"]["fp32"]["thresholds"].values():
        del thresholds["group"], thresholds["groups"]
    assert Manifest.from_json(json.dumps(stored)).judgement(Precision.FP32).thresholds == dict.fromkeys(Head, POOLED)


def test_what_a_manifest_of_the_first_format_says_is_of_fp32_only() -> None:
    stored = json.loads(manifest(BY_CATEGORY).to_json())
    stored |= stored.pop("judgements")["fp32"] | {"format": 1}
    assert Manifest.from_json(json.dumps(stored)).judgements == {Precision.FP32: judgement(BY_CATEGORY)}


def test_other_formats_are_refused() -> None:
    stored = json.loads(manifest(POOLED).to_json()) | {"format": FORMAT + 1}
    with pytest.raises(
        BundleError, match=f"format {FORMAT + 1}; this version of Trueshelf reads formats 1 to {FORMAT}"
    ):
        Manifest.from_json(json.dumps(stored))
