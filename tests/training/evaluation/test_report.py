import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from training.evaluation.predictions import HeadPredictions, Predictions
from training.evaluation.report import MEASURES, report
from training.testing import ACTING, BY_CATEGORY, WATCHING, make_predictions
from trueshelf.listings import Head
from trueshelf.models.prevalence import Prevalence

HEAD_KEYS = {"n", "positives", "tail", *MEASURES}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return report(make_predictions(), thresholds=ACTING, replicates=200, model="m/1", dataset="d")


def labelled_as(label: int) -> Predictions:
    some = make_predictions()
    heads = {
        head: HeadPredictions(a.logit_N, a.probability_N, np.full_like(a.label_N, label), a.action_N)
        for head, a in some.heads.items()
    }
    return Predictions(some.listing_N, some.shop_N, heads, some.slices)


def test_every_head_has_exactly_the_keys_that_others_rely_on(found: dict[str, Any]) -> None:
    assert set(found["heads"]) == {"counterfeit", "low_quality"}
    for measures in found["heads"].values():
        assert set(measures) == HEAD_KEYS
        for name in MEASURES:
            assert set(measures[name]) == {"value", "low", "high"}


def test_it_is_plain_json_and_the_same_again(found: dict[str, Any]) -> None:
    again = report(make_predictions(), thresholds=ACTING, replicates=200, model="m/1", dataset="d")
    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(again))


def test_values_are_scikit_learns_and_lie_in_their_intervals(found: dict[str, Any]) -> None:
    answers = make_predictions().labelled(Head.COUNTERFEIT).heads[Head.COUNTERFEIT]
    measures = found["heads"]["counterfeit"]
    assert measures["n"] == len(answers)
    assert measures["positives"] == answers.positive.sum()
    assert measures["roc_auc"]["value"] == pytest.approx(roc_auc_score(answers.positive, answers.logit_N))
    assert measures["pr_auc"]["value"] == pytest.approx(average_precision_score(answers.positive, answers.logit_N))
    assert measures["recall_at_bound"]["value"] == pytest.approx(answers.acted[answers.positive].mean())
    assert measures["false_action_rate"]["value"] == pytest.approx(answers.acted[~answers.positive].mean())
    for name in MEASURES:
        assert measures[name]["low"] <= measures[name]["value"] <= measures[name]["high"]


def test_without_labels_there_are_no_values() -> None:
    found = report(labelled_as(-1), thresholds=ACTING, replicates=50)
    for measures in found["heads"].values():
        assert (measures["n"], measures["positives"]) == (0, 0)
        assert all(measures[name] == {"value": None, "low": None, "high": None} for name in MEASURES)
    assert found["queues"]["counterfeit"]["review_precision"]["value"] is None
    assert found["queues"]["counterfeit"]["reviewed"] > 0


def test_without_positives_only_what_negatives_define_has_a_value() -> None:
    measures = report(labelled_as(0), thresholds=ACTING, replicates=50)["heads"]["counterfeit"]
    defined = {name for name in MEASURES if measures[name]["value"] is not None}
    assert defined == {"false_action_rate", "brier", "ece", "ks_error", "tail_error"}


def test_without_automatic_action_its_rates_are_zero_by_decision() -> None:
    found = report(make_predictions(thresholds=WATCHING), thresholds=WATCHING, replicates=50)
    zero = {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["heads"]["counterfeit"]["recall_at_bound"] == zero
    assert found["heads"]["counterfeit"]["false_action_rate"] == zero
    assert found["field"]["counterfeit"]["0.02"]["precision"]["value"] is None
    assert found["thresholds"]["counterfeit"]["why_not"] == "no automatic action: 12 of 299"


def test_no_false_action_seen_is_not_none_possible() -> None:
    some = make_predictions(skill=8)
    shops = len(set(some.shop_N))
    rate = report(some, thresholds=ACTING, replicates=50)["heads"]["counterfeit"]["false_action_rate"]
    assert rate["value"] == 0
    assert rate["high"] == pytest.approx(1 - 0.025 ** (1 / shops), rel=0.1)


def test_a_precision_of_one_is_held_to_the_false_actions_that_may_have_been_missed() -> None:
    found = report(make_predictions(skill=8), thresholds=ACTING, replicates=50)
    caught, missed = (
        found["heads"]["counterfeit"][name][end]
        for name, end in (("recall_at_bound", "value"), ("false_action_rate", "high"))
    )
    precision = found["field"]["counterfeit"]["0.066"]["precision"]
    assert precision["value"] == precision["high"] == 1
    assert precision["low"] == pytest.approx(0.066 * caught / (0.066 * caught + 0.934 * missed))


def test_precision_in_the_field_falls_with_prevalence_and_never_below_the_promise(found: dict[str, Any]) -> None:
    field = found["field"]["counterfeit"]
    assert list(field) == ["0.005", "0.02", "0.066"]
    for name in ("precision", "pr_auc", "recall_at_precision_90"):
        values = [each[name]["value"] for each in field.values()]
        assert values == sorted(values)
    values = [each["precision"]["value"] for each in field.values()]
    caught, wrong = (found["heads"]["counterfeit"][name]["value"] for name in ("recall_at_bound", "false_action_rate"))
    assert values[1] == pytest.approx(0.02 * caught / (0.02 * caught + 0.98 * wrong))
    assert field["0.02"]["at_bound"] == pytest.approx(0.02 * caught / (0.02 * caught + 0.98 * 0.01))


def test_a_precision_that_one_false_alarm_would_undo_is_said_not_to_be_resolved(found: dict[str, Any]) -> None:
    few = {prevalence: each["resolved"] for prevalence, each in found["field"]["counterfeit"].items()}
    assert few == {"0.005": False, "0.02": False, "0.066": True}
    many = report(make_predictions(shops=600), thresholds=ACTING, replicates=20)["field"]["counterfeit"]
    assert all(each["resolved"] for each in many.values())


def test_people_find_more_among_the_top_listings_where_fewer_deserve_it(found: dict[str, Any]) -> None:
    here = found["heads"]["counterfeit"]["recall_at_capacity"]["value"]
    assert here == pytest.approx(0.05 / (1 / 3), rel=0.2)
    rare = [each["recall_at_capacity"]["value"] for each in found["field"]["counterfeit"].values()]
    assert rare == sorted(rare, reverse=True)
    assert rare[0] > 0.8


def test_slices_are_measured_where_they_have_support(found: dict[str, Any]) -> None:
    brands = found["slices"]["counterfeit"]["brand"]
    assert set(brands) == {"a", "b", "c"}
    assert sum(part["n"] for part in brands.values()) == found["heads"]["counterfeit"]["n"]
    assert all(0.5 < part["roc_auc"]["value"] <= 1 for part in brands.values())


def test_permuting_the_listings_changes_no_value() -> None:
    some = make_predictions(shops=30)
    order = np.random.default_rng(3).permutation(len(some))
    first, second = (
        report(each, thresholds=ACTING, replicates=20)["heads"]["low_quality"] for each in (some, some.take(order))
    )
    for name in MEASURES:
        assert first[name]["value"] == pytest.approx(second[name]["value"])


def test_errors_are_counted() -> None:
    assert report(replace(make_predictions(), errors=3), thresholds=ACTING, replicates=20)["errors"] == 3


def test_a_category_with_a_promise_of_its_own_is_measured_by_its_own_thresholds() -> None:
    some = make_predictions(thresholds=BY_CATEGORY)
    thresholds = report(some, thresholds=BY_CATEGORY, replicates=50)["thresholds"]["counterfeit"]
    assert thresholds["acts"]
    (name, found), *others = thresholds["categories"].items()
    assert (name, others) == ("a", [])
    assert (found["act"], found["group"], found["n"]) == (0.95, "a", 700)
    answers = some.take(some.slices["category"] == "a").labelled(Head.COUNTERFEIT).heads[Head.COUNTERFEIT]
    assert found["negatives"] == (~answers.positive).sum()
    wrong = answers.probability_N[~answers.positive] > 0.95
    assert found["false_action_rate"]["value"] == pytest.approx(wrong.mean())
    json.dumps(thresholds, allow_nan=False)


def test_calibration_is_measured_at_the_prevalence_that_was_stated() -> None:
    """The listings are one in three "yes"; the answers are moved to one in fifty."""
    plain = make_predictions(shops=600, unlabelled=0.1)
    moved = {head: answers_at(a, 0.02) for head, a in plain.heads.items()}
    there = Predictions(plain.listing_N, plain.shop_N, moved, plain.slices)
    stated = dict.fromkeys(Head, Prevalence(0.02, stated=True))
    unstated = dict.fromkeys(Head, Prevalence(1 / 3))
    right = report(there, thresholds=ACTING, prevalences=stated, replicates=50)
    wrong = report(there, thresholds=ACTING, prevalences=unstated, replicates=50)
    assert right["prevalence"]["counterfeit"] == {"share": 0.02, "stated": True}
    ours, theirs = (found["heads"]["counterfeit"] for found in (right, wrong))
    assert ours["ece"]["value"] < 0.01 < 0.05 < theirs["ece"]["value"]
    assert ours["ks_error"]["value"] < 0.01 < 0.05 < theirs["ks_error"]["value"]
    for name in ("roc_auc", "pr_auc", "recall_at_bound", "false_action_rate"):
        assert ours[name] == theirs[name]
    assert right["field"] == wrong["field"]


def test_the_share_for_review_is_of_the_field_that_was_stated() -> None:
    some = make_predictions(shops=4_000, unlabelled=0.5)
    answers = some.heads[Head.COUNTERFEIT]
    stated = dict.fromkeys(Head, Prevalence(0.02, stated=True))
    at_two = Predictions(some.listing_N, some.shop_N, dict.fromkeys(Head, answers_at(answers, 0.02)), some.slices)
    share = report(at_two, thresholds=ACTING, prevalences=stated, replicates=20)["queues"]["counterfeit"][
        "review_share"
    ]
    known = answers.labelled
    rates = [answers.reviewed[known & kind].mean() for kind in (answers.positive, ~answers.positive)]
    assert share == pytest.approx(0.02 * rates[0] + 0.98 * rates[1], rel=0.1)


def test_a_prevalence_that_was_stated_of_a_test_set_without_both_answers_measures_no_calibration() -> None:
    stated = dict.fromkeys(Head, Prevalence(0.02, stated=True))
    found = report(labelled_as(0), thresholds=ACTING, prevalences=stated, replicates=20)
    assert found["heads"]["counterfeit"]["ece"]["value"] is None
    assert found["queues"]["counterfeit"]["review_share"] is None


def answers_at(answers: HeadPredictions, share: float) -> HeadPredictions:
    """Answers that were right at one in three, moved to another share; their actions stay."""
    moved_N = answers.logit_N + np.log(share / (1 - share)) - np.log(0.5)
    return HeadPredictions(answers.logit_N, 1 / (1 + np.exp(-moved_N)), answers.label_N, answers.action_N)
