"""How logits become probabilities and actions; each precision of a bundle has its own, since its logits are others."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from trueshelf.listings import Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.verdict import Guarantee, Thresholds

_PROMISE = tuple(field.name for field in fields(Guarantee))


@dataclass(frozen=True, slots=True)
class Judgement:
    """A calibrator and thresholds for every head, fitted to the logits of one precision on the calibration split."""

    calibrators: Mapping[Head, Calibrator]
    thresholds: Mapping[Head, Thresholds]

    def to_dict(self) -> dict[str, Any]:
        return {
            "calibrators": {head.value: calibrator.to_dict() for head, calibrator in self.calibrators.items()},
            "thresholds": {head.value: _thresholds_to_dict(each) for head, each in self.thresholds.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Judgement":
        """The judgement that `to_dict` described.

        Raises:
            KeyError: a part is missing.
        """
        return cls(
            {Head(head): Calibrator.from_dict(item) for head, item in data["calibrators"].items()},
            {Head(head): _thresholds_from_dict(item) for head, item in data["thresholds"].items()},
        )


def _thresholds_to_dict(thresholds: Thresholds) -> dict[str, Any]:
    stored = {"review": thresholds.review, "act": thresholds.act, **asdict(thresholds.guarantee)}
    groups = {name: _thresholds_to_dict(each) for name, each in thresholds.groups.items()}
    return stored | ({"groups_of_their_own": groups} if groups else {})


def _thresholds_from_dict(data: Mapping[str, Any]) -> Thresholds:
    promise = Guarantee(**{name: data[name] for name in _PROMISE if name in data})
    groups = {name: _thresholds_from_dict(each) for name, each in data.get("groups_of_their_own", {}).items()}
    return Thresholds(review=data["review"], act=data["act"], guarantee=promise, groups=groups)
