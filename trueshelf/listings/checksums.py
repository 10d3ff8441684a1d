"""The SHA-256 sums by which a dataset's card knows its files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path


def file_checksum(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dataset_digest(checksums: Mapping[str, str]) -> str:
    """One SHA-256 over a card's checksums."""
    return hashlib.sha256("\n".join(f"{key} {checksums[key]}" for key in sorted(checksums)).encode()).hexdigest()
