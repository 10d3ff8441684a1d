"""Encoders by name, exported to ONNX once and kept with what they need at inference."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trueshelf.models.encoders import ImageSpec, TextSpec

_VERSION = 1
"""Raised when the export changes, so that what older versions kept is made anew."""


@dataclass(frozen=True, slots=True)
class ImageGraph:
    """An image encoder ready for ONNX Runtime."""

    path: Path
    spec: ImageSpec


@dataclass(frozen=True, slots=True)
class TextGraph:
    """A text encoder ready for ONNX Runtime, with its tokenizer."""

    path: Path
    tokenizer: Path
    spec: TextSpec


def image_graph(name: str, shared: Path) -> ImageGraph:
    """The image encoder `name` (packaged, a Hugging Face id or a local folder) in fp32.

    Raises:
        ValueError: there is no such encoder.
    """
    folder = _folder("image", name, shared)
    path, facts = folder / "encoder.onnx", folder / "spec.json"
    if not facts.exists():
        from trueshelf.models.encoders.export import export_image_encoder
        from trueshelf.models.encoders.sources import load_image_encoder

        folder.mkdir(parents=True, exist_ok=True)
        module, spec = load_image_encoder(name)
        export_image_encoder(module, spec, path)
        _write(facts, spec.to_dict())
    return ImageGraph(path, ImageSpec.from_dict(json.loads(facts.read_text(encoding="utf-8"))))


def text_graph(name: str, shared: Path) -> TextGraph:
    """The text encoder `name` (packaged, a Hugging Face id or a local folder) in fp32.

    Raises:
        ValueError: there is no such encoder.
    """
    folder = _folder("text", name, shared)
    path, tokenizer, facts = folder / "encoder.onnx", folder / "tokenizer.json", folder / "spec.json"
    if not facts.exists():
        from trueshelf.models.encoders.export import export_text_encoder
        from trueshelf.models.encoders.sources import load_text_encoder

        folder.mkdir(parents=True, exist_ok=True)
        module, tokenizer_json, spec = load_text_encoder(name)
        export_text_encoder(module, spec, path)
        tokenizer.write_text(tokenizer_json, encoding="utf-8")
        _write(facts, spec.to_dict())
    return TextGraph(path, tokenizer, TextSpec.from_dict(json.loads(facts.read_text(encoding="utf-8"))))


def kept_beside(graph: Path, kind: str, facts: str, make: Callable[[Path], None]) -> Path:
    """A graph made of another and kept beside it, one for each kind and facts; made where it is not there yet."""
    path = graph.with_name(f"{graph.stem}.{kind}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}.onnx")
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        make(part)
        part.replace(path)
    return path


def _folder(kind: str, name: str, shared: Path) -> Path:
    """Named by kind and name, and for a local folder also by what its files' sizes and times are."""
    facts = [kind, name, str(_VERSION)]
    if Path(name).is_dir():
        facts += [
            f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in sorted(Path(name).iterdir())
        ]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]
    return shared / "encoders" / f"{kind}-{re.sub(r'[^a-z0-9]+', '-', name.lower())[-40:]}-{digest}"


def _write(path: Path, data: object) -> None:
    """Written last and in one step: where it is, the graph beside it is whole."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data), encoding="utf-8")
    part.replace(path)
