"""What a bundle promises, on a real one."""

import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trueshelf.listings import Dataset, Head, Listing, Photo
from trueshelf.models.bundle import Bundle
from trueshelf.models.calibration import Calibrator
from trueshelf.models.explanation import ranked
from trueshelf.models.golden import read_listings
from trueshelf.models.judgement import Judgement
from trueshelf.models.manifest import MANIFEST, BundleError, Manifest, file_digest
from trueshelf.models.precision import Precision
from trueshelf.models.reasons import MODALITIES
from trueshelf.models.verdict import Action, Guarantee, ItemError, Scored, Thresholds, Verdict
from trueshelf.testing import make_listing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bundle")]


@pytest.fixture(scope="module")
def bundles(bundle_folder: Path) -> Mapping[Precision, Bundle]:
    return {precision: Bundle.load(bundle_folder, precision=precision) for precision in Precision}


@pytest.fixture(scope="module")
def bundle(bundles: Mapping[Precision, Bundle]) -> Bundle:
    return bundles[Precision.FP32]


@pytest.fixture(scope="module")
def some(market: Dataset) -> list[Listing]:
    return list(market.listings())[:24]


def scored(bundle: Bundle, listings: list[Listing]) -> list[Scored]:
    answers = bundle.score(listings)
    assert all(isinstance(answer, Scored) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Scored)]


def test_a_poisoned_photo_is_one_error_and_all_others_are_answered(bundle: Bundle, some: list[Listing]) -> None:
    poisoned = replace(some[3], id="poisoned", photos=(*some[3].photos, Photo.of(b"<svg/>")))
    answers = bundle.predict([*some[:5], poisoned, *some[5:]])
    errors = [answer for answer in answers if isinstance(answer, ItemError)]
    assert [(error.listing_id, error.field) for error in errors] == [("poisoned", f"photos[{len(some[3].photos)}]")]
    assert [answer.listing_id for answer in answers] == [
        *(x.id for x in some[:5]),
        "poisoned",
        *(x.id for x in some[5:]),
    ]


@pytest.mark.parametrize("precision", Precision)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.randoms(use_true_random=False), size=st.integers(1, 24))
def test_a_verdict_is_the_same_to_the_last_bit_alone_and_in_any_batch_and_order(
    bundles: Mapping[Precision, Bundle], some: list[Listing], order: random.Random, size: int, precision: Precision
) -> None:
    bundle = bundles[precision]
    alone = {listing.id: scored(bundle, [listing])[0] for listing in some[:4]}
    batch = some[:size]
    order.shuffle(batch)
    beside = {answer.verdict.listing_id: answer for answer in scored(bundle, batch)}
    assert {name: beside[name] for name in alone.keys() & beside} == {name: alone[name] for name in list(alone)[:size]}


def test_listings_without_photos_or_text_or_anything_get_a_verdict(bundle: Bundle, some: list[Listing]) -> None:
    listings = [
        replace(some[0], id="no-photos", photos=()),
        replace(some[0], id="no-text", title="", description="", brand=None, attributes={}),
        Listing(id="nothing"),
    ]
    for answer in scored(bundle, listings):
        for verdict in answer.verdict.heads.values():
            assert 0 <= verdict.probability <= 1
        assert answer.verdict.reasons


def test_a_modality_contributes_what_its_absence_changes(bundle: Bundle, some: list[Listing]) -> None:
    with_photos = next(listing for listing in some if listing.photos and listing.title)
    (answer,) = scored(bundle, [with_photos])
    for head in Head:
        reasons = [reason for reason in answer.verdict.reasons if reason.head is head]
        assert any(reason.contribution is not None for reason in reasons)
        codes = {reason.code for reason in reasons}
        assert codes & MODALITIES
    assert answer.verdict.reasons == ranked(answer.verdict.reasons, answer.verdict.heads)


def test_the_action_follows_the_thresholds(bundle: Bundle, some: list[Listing]) -> None:
    for answer in scored(bundle, some):
        for head, verdict in answer.verdict.heads.items():
            assert verdict.action is bundle.thresholds[head].action(verdict.probability)
        assert answer.verdict.action.strength == max(
            verdict.action.strength for verdict in answer.verdict.heads.values()
        )


def test_int8_answers_nearly_the_same(bundle_folder: Path, bundle: Bundle, some: list[Listing]) -> None:
    int8 = Bundle.load(bundle_folder, precision=Precision.INT8)
    far = [
        abs(a.verdict.heads[head].probability - b.verdict.heads[head].probability)
        for a, b in zip(scored(bundle, some), scored(int8, some), strict=True)
        for head in Head
    ]
    assert np.median(far) < 0.05


def test_each_precision_is_calibrated_by_itself(bundle: Bundle, bundle_folder: Path) -> None:
    int8 = Bundle.load(bundle_folder, precision=Precision.INT8)
    for head in Head:
        assert int8.judgement.calibrators[head] != bundle.judgement.calibrators[head]
        assert int8.thresholds[head].review != bundle.thresholds[head].review
        assert int8.thresholds[head].guarantee.n == bundle.thresholds[head].guarantee.n


@pytest.mark.parametrize("mine", list(Precision))
def test_no_precision_is_judged_by_the_others_thresholds(mine: Precision, copy: Path, some: list[Listing]) -> None:
    before = scored(Bundle.load(copy, precision=mine), some)
    (other,) = (precision for precision in Precision if precision is not mine)
    manifest = Manifest.from_json((copy / MANIFEST).read_text())
    wild = Judgement(
        dict.fromkeys(Head, Calibrator(offset=9.0)), dict.fromkeys(Head, Thresholds(0.0, 0.0, Guarantee(0.5, 0.5, 1)))
    )
    changed = replace(manifest, judgements={**manifest.judgements, other: wild})
    (copy / MANIFEST).write_text(changed.to_json())
    assert scored(Bundle.load(copy, precision=mine), some) == before
    with pytest.raises(BundleError, match=f"golden listing .* {other}"):
        Bundle.load(copy, precision=other)


def test_a_precision_without_a_calibration_of_its_own_is_not_served(copy: Path) -> None:
    manifest = Manifest.from_json((copy / MANIFEST).read_text())
    fp32 = {Precision.FP32: manifest.judgements[Precision.FP32]}
    (copy / MANIFEST).write_text(replace(manifest, judgements=fp32).to_json())
    assert Bundle.load(copy).precision is Precision.FP32
    with pytest.raises(BundleError, match="offers fp32 and not int8"):
        Bundle.load(copy, precision=Precision.INT8)


@pytest.fixture
def copy(bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_folder, tmp_path / "copy"))


def test_an_altered_file_is_refused(copy: Path) -> None:
    with (copy / "fusion.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match=r"fusion\.onnx"):
        Bundle.load(copy)


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(BundleError, match=r"lacks tokenizer\.json"):
        Bundle.load(copy)


def test_other_answers_than_the_golden_ones_are_refused(copy: Path) -> None:
    expected = copy / "golden" / "expected.json"
    answers = json.loads(expected.read_text())
    first = next(iter(answers["fp32"]))
    answers["fp32"][first]["counterfeit"] += 0.01
    expected.write_text(json.dumps(answers))
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["files"]["golden/expected.json"] = file_digest(expected)
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=f"golden listing {first}"):
        Bundle.load(copy)


def test_a_bundle_of_other_signals_is_refused_and_told_by_them(copy: Path) -> None:
    scale = copy / "scale.json"
    stored = json.loads(scale.read_text())
    stored["signals"][0] = "moon_phase"
    scale.write_text(json.dumps(stored))
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["files"]["scale.json"] = file_digest(scale)
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"has \['moon_phase'\] besides, and lacks \['brand_known'\]; train it anew"):
        Bundle.load(copy)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model bundle"):
        Bundle.load(tmp_path)


def test_golden_listings_carry_their_photos(bundle_folder: Path) -> None:
    golden = read_listings(bundle_folder)
    assert {"without-photos", "without-text"} <= {listing.id for listing in golden}
    assert all(Photo.of(photo.read()).digest == photo.digest for listing in golden for photo in listing.photos)


def test_hostile_texts_get_a_verdict(bundle: Bundle) -> None:
    listings = [
        make_listing(id=str(place), title=title)
        for place, title in enumerate(["\ud800", "\u202eekiN", "\x00", "a" * 20_000])
    ]
    assert all(isinstance(answer, Verdict) for answer in bundle.predict(listings))


def test_no_action_is_stronger_than_act() -> None:
    assert [action.strength for action in (Action.PASS, Action.REVIEW, Action.ACT)] == [0, 1, 2]


def test_no_verdict_moves_with_who_the_shop_is(bundle: Bundle, some: list[Listing]) -> None:
    renamed = [replace(listing, shop_id=f"another of {listing.shop_id}") for listing in some]
    assert scored(bundle, renamed) == scored(bundle, some)


def test_golden_listings_keep_what_was_known_of_their_shops(bundle_folder: Path, market: Dataset) -> None:
    shops = {listing.id: listing.shop for listing in market.listings()}
    golden = [listing for listing in read_listings(bundle_folder) if listing.id in shops and listing.shop is not None]
    assert golden
    assert all(listing.shop == shops[listing.id] or listing.shop.listings is None for listing in golden if listing.shop)
