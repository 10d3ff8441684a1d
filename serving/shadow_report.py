"""Compares what champion and challenger said about the same listings.

python -m serving shadow-report --json
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from serving.classify.comparisons import Comparison, Said
from trueshelf.listings import Head
from trueshelf.models import Action


def shadow_report(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """What is to be told of each pair of models, the pair that was compared last first."""
    by_pair = sorted(comparisons, key=_pair)
    reports = [_report(list(rows)) for _, rows in groupby(by_pair, key=_pair)]
    return sorted(reports, key=lambda report: str(report["last"]), reverse=True)


def lines(report: dict[str, Any]) -> list[str]:
    """A pair's report for people."""
    pair = f"champion {report['champion']}, challenger {report['challenger']}"
    told = [f"{pair}: {report['listings']} listings, {report['failed']} without a verdict of the challenger"]
    if not report["heads"]:
        return told
    ratio = f"the challenger took {report['latency_ratio']:.2f} times as long"
    told.append(f"  same action: {report['agreement']:.1%}; {ratio}")
    for name, head in report["heads"].items():
        flips = ", ".join(f"{count} {change}" for change, count in head["flips"].items()) or "none"
        told.append(
            f"  {name.replace('_', ' ')}: same action {head['agreement']:.1%}; flips: {flips}; probability "
            f"{head['shift']:+.4f} on average, {head['distance_p95']:.4f} apart at the 95th percentile"
        )
    return told


def _pair(comparison: Comparison) -> tuple[str, str]:
    return comparison.champion, comparison.challenger


def _report(rows: Sequence[Comparison]) -> dict[str, Any]:
    both = [(each.said[0], each.said[1]) for each in rows if each.said[1] is not None]
    heads = {
        head.value: _head([(champion[head], challenger[head]) for champion, challenger in both])
        for head in Head
        if both and all(head in each for pair in both for each in pair)
    }
    same = [_strongest(champion.values()) is _strongest(challenger.values()) for champion, challenger in both]
    seconds = np.array([each.seconds for each in rows if each.said[1] is not None]).reshape(-1, 2)
    return {
        "champion": rows[0].champion,
        "challenger": rows[0].challenger,
        "first": rows[0].at.isoformat(),
        "last": rows[-1].at.isoformat(),
        "listings": len(rows),
        "failed": len(rows) - len(both),
        "agreement": float(np.mean(same)) if both else None,
        "latency_ratio": float(np.median(seconds[:, 1]) / np.median(seconds[:, 0])) if both else None,
        "heads": heads,
    }


def _head(pairs: Sequence[tuple[Said, Said]]) -> dict[str, Any]:
    """One head's: flips by "from → to", and how far the challenger's probabilities lie from the champion's."""
    shift_N = np.array([challenger.probability - champion.probability for champion, challenger in pairs])
    flips = Counter(
        f"{champion.action.value} → {challenger.action.value}"
        for champion, challenger in pairs
        if champion.action is not challenger.action
    )
    return {
        "agreement": 1 - flips.total() / len(pairs),
        "flips": dict(sorted(flips.items())),
        "shift": float(shift_N.mean()),
        "distance": float(np.abs(shift_N).mean()),
        "distance_p95": float(np.quantile(np.abs(shift_N), 0.95)),
    }


def _strongest(said: Iterable[Said]) -> Action:
    return max((each.action for each in said), key=lambda action: action.strength)
