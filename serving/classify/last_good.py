"""The bundles that were served last, on disk, so that the service can start while the registry is away.

    last-good/
      index.json     which bundles may be served, the newest first
      bundle-…/      each in a folder of its own

A bundle counts only once the index names it, and the index is replaced as a whole: a crash leaves the one before.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from serving.classify.registry import Registered
from serving.settings import Settings

log = logging.getLogger(__name__)

MOST: Final = 2
"""The one that is served, and the one before, should the newer have suffered on disk."""

_INDEX: Final = "index.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A bundle that was served.

    Attributes:
        address: under which the registry had it.
        bundle: its folder.
    """

    address: str
    found: Registered
    bundle: Path


class LastGood:
    """The bundles in a folder, of which there is one keeper."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings) -> "LastGood":
        """Those of the service that the settings describe."""
        return cls(settings.service_folder / "last-good")

    def incoming(self) -> Path:
        """A new folder, for a bundle that may come to be kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="bundle-", dir=self._folder))

    def keep(self, new: Kept) -> None:
        """Keep a bundle that lies in a folder of `incoming`, and forget the oldest."""
        others = [each for each in self.kept() if (each.address, each.found) != (new.address, new.found)]
        rows = [self._row(each) for each in (new, *others)[:MOST]]
        part = self._folder / f"{_INDEX}.part"
        part.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        part.replace(self._folder / _INDEX)
        self.tidy()

    def tidy(self) -> None:
        """Remove every folder that the index does not name."""
        named = {each.bundle.relative_to(self._folder).parts[0] for each in self.kept()}
        for folder in self._folder.glob("bundle-*"):
            if folder.name not in named:
                shutil.rmtree(folder, ignore_errors=True)

    def kept(self) -> list[Kept]:
        """What is kept, the newest first; a damaged index counts as none."""
        path = self._folder / _INDEX
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            return list(self._read(rows))
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError):
            log.warning("the index of the last good bundles is damaged", extra={"fields": {"path": str(path)}})
            return []

    def _row(self, kept: Kept) -> dict[str, Any]:
        bundle = kept.bundle.relative_to(self._folder).as_posix()
        return {"address": kept.address, "found": asdict(kept.found), "bundle": bundle}

    def _read(self, rows: list[dict[str, Any]]) -> Iterator[Kept]:
        for row in rows:
            yield Kept(row["address"], Registered(**row["found"]), self._folder / row["bundle"])
