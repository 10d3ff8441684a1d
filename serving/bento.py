"""What goes into a Bento beside the code: what it needs installed, and the model's bundle.

    bentoml build                     # takes the model that the settings name
    bentoml serve trueshelf_classify:latest --host 127.0.0.1

A Bento serves from elsewhere: without this repository, without a registry.
"""

import shutil
from pathlib import Path
from typing import Any

from bentoml.images import Image

from serving.classify.registry import resolve
from serving.requirements import requirements
from serving.settings import PACKED_BUNDLE, Settings


class ModelImage(Image):  # type: ignore[misc]  # BentoML has no types here
    """The environment of a Bento. BentoML freezes it while it builds one, and then it packs the bundle too."""

    def freeze(self, bento_fs: Path, envs: list[Any], platform_: str | None = None) -> Any:
        """Put the bundle beside the code, and write down what is to be installed.

        Raises:
            ValueError: there is no such model.
        """
        settings = Settings.read()
        bundle = resolve(settings.model, tracking_uri=settings.tracking_uri)
        shutil.copytree(bundle, bento_fs / "src" / PACKED_BUNDLE.name)
        self.python_requirements = "\n".join(requirements()) + "\n"
        return super().freeze(bento_fs, envs, platform_)
