"""The manifest of a model bundle: what it holds, how it decides, and the digest of every file beside it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from trueshelf.listings import Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.encoders import ImageSpec, TextSpec, ViewSpec
from trueshelf.models.inscriptions import ReaderSpec
from trueshelf.models.ngrams import NgramSpec
from trueshelf.models.verdict import Guarantee, Thresholds

FORMAT = 1
MANIFEST = "bundle.json"

_PROMISE = tuple(field.name for field in fields(Guarantee))


class BundleError(ValueError):
    """A bundle that must not be served: unreadable, altered, or answering otherwise than when it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `bundle.json` says.

    Attributes:
        reader: how writing in photos is read; None where it is not.
        made: where the bundle comes from (recipe, dataset and its digest, …), for people and for the registry.
        files: the SHA-256 of every other file by its path relative to the bundle.
    """

    name: str
    image: ImageSpec
    view: ViewSpec
    text: TextSpec
    ngrams: NgramSpec
    calibrators: Mapping[Head, Calibrator]
    thresholds: Mapping[Head, Thresholds]
    reader: ReaderSpec | None = None
    made: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "name": self.name,
                "image": self.image.to_dict(),
                "view": self.view.to_dict(),
                "text": self.text.to_dict(),
                "ngrams": self.ngrams.to_dict(),
                "calibrators": {head.value: calibrator.to_dict() for head, calibrator in self.calibrators.items()},
                "thresholds": {
                    head.value: _thresholds_to_dict(thresholds) for head, thresholds in self.thresholds.items()
                },
                "reader": self.reader.to_dict() if self.reader else None,
                "made": dict(self.made),
                "files": dict(sorted(self.files.items())),
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Read a manifest.

        Raises:
            BundleError: the text is no manifest, or of a format that this version does not read.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise BundleError(
                    f"the bundle has format {data['format']}; this version of Trueshelf reads format {FORMAT}"
                )
            return cls(
                name=data["name"],
                image=ImageSpec.from_dict(data["image"]),
                view=ViewSpec.from_dict(data["view"]),
                text=TextSpec.from_dict(data["text"]),
                ngrams=NgramSpec.from_dict(data["ngrams"]),
                calibrators={Head(head): Calibrator.from_dict(item) for head, item in data["calibrators"].items()},
                thresholds={Head(head): _thresholds_from_dict(item) for head, item in data["thresholds"].items()},
                reader=ReaderSpec.from_dict(data["reader"]) if data.get("reader") else None,
                made=data["made"],
                files=data["files"],
            )
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise BundleError(f"{MANIFEST} is no manifest of a bundle: {error!r}") from error

    @property
    def digest(self) -> str:
        """The bundle's identity: the SHA-256 of the manifest, and so of every file that it names."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def verify(self, folder: Path) -> None:
        """Compare every file with its digest.

        Raises:
            BundleError: a file is missing or was altered.
        """
        for name, expected in self.files.items():
            path = folder / name
            if not path.is_file():
                raise BundleError(f"the bundle in {folder} lacks {name}")
            if file_digest(path) != expected:
                raise BundleError(f"{name} in {folder} was altered: its SHA-256 is not the manifest's {expected[:12]}…")


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _thresholds_to_dict(thresholds: Thresholds) -> dict[str, Any]:
    stored = {"review": thresholds.review, "act": thresholds.act, **asdict(thresholds.guarantee)}
    groups = {name: _thresholds_to_dict(each) for name, each in thresholds.groups.items()}
    return stored | ({"groups_of_their_own": groups} if groups else {})


def _thresholds_from_dict(data: Mapping[str, Any]) -> Thresholds:
    promise = Guarantee(**{name: data[name] for name in _PROMISE if name in data})
    groups = {name: _thresholds_from_dict(each) for name, each in data.get("groups_of_their_own", {}).items()}
    return Thresholds(review=data["review"], act=data["act"], guarantee=promise, groups=groups)
