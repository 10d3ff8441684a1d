from pathlib import Path

import pytest

from serving.testing import FolderRegistry, Scene


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    return FolderRegistry(tmp_path / "registry")


@pytest.fixture
def scene(registry: FolderRegistry, tmp_path: Path) -> Scene:
    """Versions 1 to 5, none of which is the champion yet."""
    for version in range(1, 6):
        registry.register(str(version))
    return Scene(registry, tmp_path / "data")
