from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from training.evaluation.gate import Check
from training.evaluation.report import report
from training.evaluation.table import GENERATED, checks_table, human_table, interval_text, promise_lines, promise_text
from training.testing import ACTING, BY_CATEGORY, WATCHING, make_predictions


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return report(
        make_predictions(), thresholds=ACTING, replicates=50, model="listing-risk/1", dataset="d", generated=True
    )


def shown(renderable: Any) -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(renderable)
    return console.export_text()


def test_a_report_is_readable_and_says_where_its_data_are_from(found: dict[str, Any]) -> None:
    text = shown(human_table(found))
    assert "listing-risk/1 on d, test" in text
    assert interval_text(found["heads"]["counterfeit"]["pr_auc"]) in text
    assert GENERATED in " ".join(text.split())
    assert "counterfeit: acts above 0.900, reviews above 0.400" in text


def test_without_automatic_action_it_says_why() -> None:
    found = report(make_predictions(thresholds=WATCHING), thresholds=WATCHING, replicates=20)
    assert promise_text(found["thresholds"]["counterfeit"]) == "no automatic action: 12 of 299; review above 0.400"


def test_what_is_undefined_is_a_dash() -> None:
    assert interval_text({"value": None, "low": None, "high": None}) == interval_text(None) == "–"


def test_a_failed_check_is_seen() -> None:
    checks = [Check("a", True, 1, 0, "a is fine"), Check("b", False, 0.41, 0.45, "b 0.41 is below 0.45 by 0.04")]
    text = shown(checks_table(checks))
    assert "passed" in text
    assert "failed  b  b 0.41 is below 0.45 by 0.04" in text


def test_each_category_with_a_promise_has_a_line_and_what_it_leaves_out_is_said() -> None:
    found = report(make_predictions(thresholds=BY_CATEGORY), thresholds=BY_CATEGORY, replicates=20)
    rest, own, note = promise_lines(found, "counterfeit")
    assert rest.startswith("counterfeit: acts above 0.900")
    assert own.startswith("counterfeit, a: acts above 0.950")
    assert "measured ." in own
    assert note == "counterfeit: that holds of all 2 at once; the first is of all other categories"
