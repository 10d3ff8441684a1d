"""The manifest of a model bundle: what it holds, how it decides, and the digest of every file beside it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trueshelf.models.encoders import ImageSpec, TextSpec, ViewSpec
from trueshelf.models.inscriptions import ReaderSpec
from trueshelf.models.judgement import Judgement
from trueshelf.models.ngrams import NgramSpec
from trueshelf.models.precision import Precision

FORMAT = 2
MANIFEST = "bundle.json"


class BundleError(ValueError):
    """A bundle that must not be served: unreadable, altered, or answering otherwise than when it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `bundle.json` says.

    Attributes:
        judgements: of every precision that the bundle offers.
        reader: how writing in photos is read; None where it is not.
        made: where the bundle comes from (recipe, dataset and its digest, …), for people and for the registry.
        files: the SHA-256 of every other file by its path relative to the bundle.
    """

    name: str
    image: ImageSpec
    view: ViewSpec
    text: TextSpec
    ngrams: NgramSpec
    judgements: Mapping[Precision, Judgement]
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
                "judgements": {precision.value: each.to_dict() for precision, each in self.judgements.items()},
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
            data = _upgraded(json.loads(text))
            return cls(
                name=data["name"],
                image=ImageSpec.from_dict(data["image"]),
                view=ViewSpec.from_dict(data["view"]),
                text=TextSpec.from_dict(data["text"]),
                ngrams=NgramSpec.from_dict(data["ngrams"]),
                judgements={Precision(name): Judgement.from_dict(each) for name, each in data["judgements"].items()},
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

    def judgement(self, precision: Precision) -> Judgement:
        """By which the logits of a precision are judged.

        Raises:
            BundleError: the bundle does not offer the precision.
        """
        if precision not in self.judgements:
            offered = ", ".join(self.judgements)
            raise BundleError(
                f"the bundle offers {offered} and not {precision}, for which nothing was calibrated: train it anew "
                f"to have that"
            )
        return self.judgements[precision]

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


def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
    """A stored manifest as this version writes it; format 1 had one judgement, fitted to fp32.

    Raises:
        BundleError: it is of another format.
    """
    match data["format"]:
        case 1:
            fp32 = {"calibrators": data["calibrators"], "thresholds": data["thresholds"]}
            return data | {"judgements": {Precision.FP32.value: fp32}}
        case format_ if format_ == FORMAT:
            return data
    raise BundleError(f"the bundle has format {data['format']}; this version of Trueshelf reads formats 1 to {FORMAT}")
