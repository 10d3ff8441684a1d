"""What the numbers of a config must lie within: said before a run begins, not by whatever stumbles over them in it."""

import operator
from collections.abc import Mapping
from typing import Any

At = Mapping[str, float]


def require(config: Any, *, at_least: At | None = None, above: At | None = None, below: At | None = None) -> None:
    """Hold fields of a config to their limits, each by its name.

    Raises:
        ValueError: a field is beyond one; NaN is beyond all.
    """
    for limits, holds, words in (
        (at_least, operator.ge, "at least"),
        (above, operator.gt, "above"),
        (below, operator.lt, "below"),
    ):
        for name, limit in (limits or {}).items():
            value = getattr(config, name)
            if not holds(value, limit):
                raise ValueError(f"{name} {value} must be {words} {limit:g}")
