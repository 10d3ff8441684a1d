"""Where tables lie: a path, or an address such as s3://bucket/listings.parquet that fsspec knows how to read."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from fsspec import AbstractFileSystem, available_protocols
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

_READ_ONLY = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder, which need not be there.

    Attributes:
        told: how people are told of it.
        path: its name within the file system.
    """

    told: str
    files: AbstractFileSystem
    path: str

    @classmethod
    def of(cls, address: str | Path) -> "Place":
        """The place that a path or an address names.

        Raises:
            ValueError: nothing is read from addresses of this kind, or what reads them is not installed.
        """
        told = str(address)
        scheme, mark, rest = told.partition("://")
        if "::" in told or (mark and scheme not in available_protocols()):
            raise ValueError(f"{told} is neither a path nor an address such as file://, s3:// or https://")
        named = unquote(rest) if scheme == "file" and mark else told  # RFC 8089
        try:
            files, path = url_to_fs(named, use_listings_cache=False)
        except ImportError as error:
            raise ValueError(f"{told} needs what the project's extra scale installs: {error}") from error
        return cls(told, files, path)

    @property
    def local(self) -> Path | None:
        """The path, if it is one of this machine's."""
        return Path(self.path) if isinstance(self.files, LocalFileSystem) else None

    @property
    def folder(self) -> str:
        """The address of the folder that it lies in, which what lies beside it starts from."""
        return str(Path(self.path).parent) if self.local else self.told.rpartition("/")[0]

    def __truediv__(self, name: str) -> "Place":
        return Place(f"{self.told}/{name}", self.files, f"{self.path}/{name}")

    def with_ending(self, ending: str) -> "Place":
        return Place(self.told + ending, self.files, self.path + ending)

    def exists(self) -> bool:
        return bool(self.files.exists(self.path))

    def names(self) -> frozenset[str]:
        """The names of what lies in this folder; none where there is no such folder."""
        try:
            return frozenset(each.rstrip("/").rpartition("/")[2] for each in self.files.ls(self.path, detail=False))
        except FileNotFoundError:
            return frozenset()

    def open(self) -> IO[bytes]:
        """Open the file for reading; of one elsewhere no more is fetched than what is asked for.

        Raises:
            OSError: it cannot be read.
        """
        if self.local:
            return self.local.open("rb")
        file: IO[bytes] = self.files.open(self.path, "rb", cache_type="none")
        return file

    def require_writable(self) -> None:
        """Make sure that it can be written to at all.

        Raises:
            ValueError: it is a web address.
        """
        protocol = self.files.protocol
        if _READ_ONLY & {protocol, *([] if isinstance(protocol, str) else protocol)}:
            raise ValueError(f"{self.told} cannot be written to; give a path or an address such as s3://")

    def write(self, fill: Callable[[IO[bytes]], object], *, aside: "Place | None" = None) -> None:
        """Write the file aside, and give it its name once it is whole; what had the name is replaced.

        Args:
            fill: writes the content.
            aside: where it is written until then; beside it by default.
        """
        aside = aside or self.with_ending(".unfinished")
        self.make_folder()
        if self.local is None or aside.local is None:
            with self.files.open(aside.path, "wb") as file:
                fill(file)
            self.files.mv(aside.path, self.path)
            return
        with aside.local.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        aside.local.replace(self.local)

    def make_folder(self) -> None:
        """Make the folder that the file lies in."""
        self.files.makedirs(self.path.rpartition("/")[0], exist_ok=True)

    def remove(self) -> None:
        """Remove the file, or the folder with all that is in it; nothing happens where there is none."""
        if self.exists():
            self.files.rm(self.path, recursive=True)

    def state(self) -> dict[str, Any]:
        """What tells whether the file has changed: its size, and what its keeper says of its version and time."""
        info = self.files.info(self.path)
        known = {name.lower().replace("-", ""): value for name, value in info.items()}
        named = {"size": "size", "etag": "version", "lastmodified": "time", "created": "time", "mtime": "time"}
        return {told: str(known[name]) for name, told in named.items() if known.get(name) is not None}
