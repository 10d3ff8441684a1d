"""The environment, read once.

TRUESHELF_DATA   where datasets/, mlruns/ and .trueshelf/ lie; the working directory by default
"""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

MODEL_NAME = "listing-risk"
CHAMPION = "champion"

QUIET = {
    "BENTOML_DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
}
"""What keeps the libraries that we start from reporting home or asking package indexes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where everything lies."""

    data: Path

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        return cls(Path(environment.get("TRUESHELF_DATA") or ".").resolve())

    @property
    def mlruns(self) -> Path:
        return self.data / "mlruns"

    @property
    def work(self) -> Path:
        """Caches and unfinished runs: all of it can be deleted at any time."""
        return self.data / ".trueshelf"

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{self.mlruns / 'mlflow.db'}"


def silence(environment: MutableMapping[str, str] = os.environ) -> None:
    """Turn the telemetry of the libraries that we start off; what the user has set stays."""
    for name, value in QUIET.items():
        environment.setdefault(name, value)
