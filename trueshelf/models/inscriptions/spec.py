"""How photos are read, saved in the manifest beside the networks' files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ReaderSpec:
    """How much of a photo is read.

    Attributes:
        source: the package and version that the networks came from.
        hint: how much a photo must look as if it had writing for it to be read; see `writing_hint`.
        side: pixels along the longer side that lines are looked for in; smaller photos are enlarged by two at most.
        most_lines: lines that are read of a photo, the largest ones.
    """

    source: str
    hint: float = 0.36
    side: int = 512
    most_lines: int = 8

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        return cls(**fields)
