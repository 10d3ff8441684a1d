"""The small JSON files in a run's folder: written in one step, so that a kill leaves the old one or the new one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write in the place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(state), encoding="utf-8")
    part.replace(path)


def read_state(path: Path) -> dict[str, Any] | None:
    """What was written; None where nothing was, or where it cannot be read, as a full disk leaves it."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None
