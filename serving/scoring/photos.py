"""The photos that a table names: in it, beside it, by file:// and s3:// addresses, and by https:// where allowed."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin

from anyio.from_thread import BlockingPortal, start_blocking_portal

from serving.fetching.fetcher import REQUEST_SECONDS, Fetched, Fetcher
from serving.scoring.places import Place
from trueshelf.listings import Photo
from trueshelf.listings.images import ImageLimits

AT_ONCE: Final = 16
"""Listings whose photos are read at a time; as many as a fetcher takes."""

_WEB: Final = ("https://", "http://")
_READ: Final = ("file", "s3")
_MOST: Final = ImageLimits().max_bytes + 1  # one more shows that it is too large

Cells = Sequence[str | bytes]


class Photos:
    """Reads photos; to be entered, and then used from several threads.

    Args:
        folder: the path or address that the table's own paths start from.
        fetcher: fetches web addresses; None fetches none.
    """

    def __init__(self, folder: str, fetcher: Fetcher | None) -> None:
        self._folder = folder
        self._fetcher = fetcher
        self._portal: BlockingPortal | None = None
        self._leaving = ExitStack()

    def __enter__(self) -> Self:
        self._portal = self._leaving.enter_context(start_blocking_portal())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.close()

    def of(self, cells: Cells) -> "ListedPhotos":
        """The photos of one listing."""
        return ListedPhotos(cells, self)

    def fetch(self, urls: Sequence[str]) -> Mapping[str, Fetched]:
        """The photos behind web addresses, or why there is none.

        Raises:
            ValueError: no web address is fetched.
        """
        if self._fetcher is None:
            raise ValueError("photos are fetched only from hosts that TRUESHELF_PHOTO_HOSTS names")
        assert self._portal is not None, "photos are read within their context"
        return self._portal.call(partial(self._fetcher, urls, seconds=REQUEST_SECONDS))

    def address(self, cell: str) -> str:
        """Where a photo lies, whether it is named by its address or by its path from the table on."""
        if "://" in cell:
            return cell
        if "://" in self._folder:
            return urljoin(f"{self._folder}/", cell) if self._folder.startswith(_WEB) else f"{self._folder}/{cell}"
        return str(Path(self._folder) / cell)


class ListedPhotos:
    """The photos of one listing; those from the web are fetched together when the first of them is asked for."""

    def __init__(self, cells: Cells, photos: Photos) -> None:
        self._cells = cells
        self._photos = photos
        self._fetched: Mapping[str, Fetched] | None = None

    def __len__(self) -> int:
        return len(self._cells)

    def read(self, index: str) -> Photo:
        """The photo at a place.

        Raises:
            ValueError: it cannot be had; the message says why.
        """
        cell = self._cells[int(index)]
        if isinstance(cell, bytes):
            return Photo.of(cell)
        if not isinstance(cell, str):
            raise ValueError(f"the photo {cell!r} cannot be read: it is no path and no address")
        address = self._photos.address(cell)
        return self._from_web(address) if address.startswith(_WEB) else Photo.of(_content(cell, address))

    def _from_web(self, address: str) -> Photo:
        if self._fetched is None:
            addresses = (self._photos.address(cell) for cell in self._cells if isinstance(cell, str))
            self._fetched = self._photos.fetch([each for each in addresses if each.startswith(_WEB)])
        found = self._fetched[address]
        if isinstance(found, Photo):
            return found
        raise found


def _content(cell: str, address: str) -> bytes:
    scheme, mark, _ = address.partition("://")
    try:
        if not mark:
            with Path(address).open("rb") as file:
                return file.read(_MOST)
        if scheme not in _READ or "::" in address:
            raise ValueError("photos are paths, or file://, s3:// and https:// addresses")
        with Place.of(address).open() as file:
            return file.read(_MOST)
    except Exception as error:  # what keeps files elsewhere has exceptions of its own, and each is one listing's
        raise ValueError(f"the photo {cell!r} cannot be read: {error}") from error
