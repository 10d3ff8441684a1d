import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.classify.comparisons import Comparison, Comparisons, Said
from serving.cli import app
from serving.settings import Settings
from serving.shadow_report import shadow_report
from trueshelf.listings import Head
from trueshelf.models import Action

START = datetime(2025, 3, 14, tzinfo=UTC)
PASS, REVIEW, ACT = Said(0.1, Action.PASS), Said(0.6, Action.REVIEW), Said(0.95, Action.ACT)


def compared(number: int, champion: Said, challenger: Said | None, *, pair: tuple[str, str] = ("1", "2")) -> Comparison:
    """Of the head counterfeit; of the other, both say pass."""
    said = {Head.COUNTERFEIT: champion, Head.LOW_QUALITY: PASS}
    return Comparison(
        at=START + timedelta(seconds=number),
        champion=pair[0],
        challenger=pair[1],
        listing_digest=str(number),
        seconds=(0.1, 0.1 * (1 + number % 3)),
        said=(said, None if challenger is None else said | {Head.COUNTERFEIT: challenger}),
    )


ROWS = [
    *(compared(number, PASS, PASS) for number in range(5)),
    compared(5, PASS, REVIEW),
    compared(6, REVIEW, ACT),
    compared(7, ACT, PASS),
    compared(8, ACT, None),
    compared(9, PASS, PASS, pair=("2", "3")),
]


def test_a_pair_is_told_by_its_flips_each_way_its_shift_and_its_time() -> None:
    newest, report = shadow_report(ROWS)

    assert (newest["champion"], newest["challenger"], newest["listings"]) == ("2", "3", 1)
    assert (report["listings"], report["failed"], report["agreement"]) == (9, 1, 5 / 8)
    assert report["latency_ratio"] == pytest.approx(2.0)
    head = report["heads"]["counterfeit"]
    assert head["flips"] == {"act → pass": 1, "pass → review": 1, "review → act": 1}
    assert head["agreement"] == 5 / 8
    assert head["shift"] == pytest.approx((0.5 + 0.35 - 0.85) / 8)
    assert head["distance"] == pytest.approx((0.5 + 0.35 + 0.85) / 8)
    assert report["heads"]["low_quality"]["flips"] == {}


def test_a_challenger_that_always_failed_is_told_without_shares() -> None:
    (report,) = shadow_report([compared(1, PASS, None)])

    assert (report["failed"], report["agreement"], report["heads"]) == (1, None, {})


def test_the_command_tells_people_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUESHELF_DATA", str(tmp_path))
    assert "nothing has been compared yet" in CliRunner().invoke(app, ["shadow-report"]).stdout
    comparisons = Comparisons.of(Settings.read())
    for row in ROWS:
        comparisons.add(row)

    told = CliRunner().invoke(app, ["shadow-report"]).stdout
    assert "champion 1, challenger 2: 9 listings, 1 without a verdict of the challenger" in told
    assert "flips: 1 act → pass, 1 pass → review, 1 review → act" in told
    assert json.loads(CliRunner().invoke(app, ["shadow-report", "--json"]).stdout) == shadow_report(ROWS)
