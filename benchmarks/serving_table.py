"""The serving benchmark's figures for people, beside what they are to be."""

from collections.abc import Mapping
from typing import Any


def table(found: Mapping[str, Any]) -> str:
    """Everything that was measured."""
    return "\n".join(
        [
            f"{found['model']}; {found['listings']} listings, {found['photos']} photos, {found['lanes']} lanes",
            f"other programs took {found['others_processors']:.2f} processors meanwhile\n",
            f"{'':24}{'listings/s':>12}{'of bare':>10}{'processor ms each':>20}{'client processors':>20}",
            *(_row(name, each) for name, each in found["throughput"].items()),
            "",
            _alone(found["alone"]),
            _open(found["open"]),
            _overload(found["overload"]),
            _rescored(found["rescored"]),
            f"\none request by its parts in ms; the model's own are {found['model_share']:.1%}",
            *(f"  {part:28}{taken:8.2f}" for part, taken in sorted(found["spans_ms"].items(), key=lambda it: -it[1])),
        ]
    )


def _row(name: str, each: Mapping[str, float]) -> str:
    rate, share = f"{each['rate']:12.2f}", f"{each['share']:10.1%}"
    return f"{name:24}{rate}{share}{each['processor_ms']:20.1f}{each['client_processors']:20.3f}"


def _alone(single: Mapping[str, float]) -> str:
    return (
        f"one request alone: {single['served_ms']:.1f} ms, the bare call {single['bare_ms']:.1f} ms, "
        f"{single['more_ms']:+.1f} ms between them (aim: at most 3)"
    )


def _open(opened: Mapping[str, float]) -> str:
    return (
        f"Poisson load at 60 % of capacity: median {opened['p50_ms']:.0f} ms, 99th percentile "
        f"{opened['p99_ms']:.0f} ms, {opened['p99_in_singles']:.1f} times one alone (aim: at most 3; a faultless "
        f"queue: {opened['faultless_p99_in_singles']:.1f}); "
        f"{opened['requests']} requests, {opened['failed']} failed"
    )


def _overload(flooded: Mapping[str, Any]) -> str:
    statuses = ", ".join(f"{count} × {status}" for status, count in flooded["statuses"].items())
    return (
        f"ten times capacity: goodput {flooded['goodput_share']:.1%} of capacity (aim: at least 90 %), "
        f"{flooded['processor_ms']:.0f} processor ms for each instead of {flooded['usual_processor_ms']:.0f}; "
        f"{statuses}; {flooded['memory_more_mb']:+.0f} MB; over after {flooded['recovered_s']:.1f} s; "
        f"the client took {flooded['client_processors']:.2f} processors"
    )


def _rescored(again: Mapping[str, float]) -> str:
    shares = ", ".join(f"{name} {share:.2%}" for name, share in again.items())
    return f"scored again, of what it costs where nothing is remembered (aim: at most 5 %): {shares}"
