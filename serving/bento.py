"""Builds a Bento that holds the code and the model's bundle: it serves without this folder and without a registry.

python -m serving bento
bentoml serve trueshelf_classify:latest --host 127.0.0.1
"""

import shutil
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bentoml

from serving.settings import PACKED_BUNDLE, Settings
from trueshelf.models.manifest import MANIFEST, Manifest

SERVICE = "serving.classify.service:Classify"

_ROOT = Path(__file__).resolve().parents[1]
_CODE = ("trueshelf", "serving")
_NOT_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")


def build_bento(bundle: Path, *, settings: Settings) -> Any:
    """Build a Bento around a bundle folder.

    Only what it needs is copied together first, since BentoML would take caches, datasets and runs along.
    """
    manifest = Manifest.from_json((bundle / MANIFEST).read_text(encoding="utf-8"))
    with TemporaryDirectory(prefix="trueshelf-bento-") as folder:
        context = Path(folder)
        for package in _CODE:
            shutil.copytree(_ROOT / package, context / package, ignore=_NOT_CODE)
        shutil.copytree(bundle, context / PACKED_BUNDLE.name)
        return bentoml.build(
            SERVICE,
            build_ctx=str(context),
            include=["trueshelf/", "serving/", f"{PACKED_BUNDLE.name}/"],
            labels={"model": manifest.name, "version": manifest.digest[:16], "precision": settings.precision},
            description=(bundle / "card.md").read_text(encoding="utf-8"),
            python={"packages": requirements(), "lock_packages": False},
        )


def requirements() -> list[str]:
    """What the service needs installed, as the project's metadata says."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["serving"]]
