"""The networks that read writing in photos, as they come in the `rapidocr` package (PP-OCR, Apache 2.0).

The package's own code is not used: a bundle carries the networks, and serving needs neither it nor OpenCV.
"""

from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from trueshelf.models.inscriptions import InscriptionReader, ReaderSpec

_PACKAGE: Final = "rapidocr"
_DETECTOR: Final = "PP-OCRv6_det_small.onnx"
_RECOGNISER: Final = "PP-OCRv6_rec_small.onnx"


@dataclass(frozen=True, slots=True)
class ReaderGraphs:
    """Both networks and how they are used."""

    detector: Path
    recogniser: Path
    spec: ReaderSpec

    def open(self) -> InscriptionReader:
        return InscriptionReader.open(self.detector, self.recogniser, self.spec)


def reader_graphs() -> ReaderGraphs:
    """The packaged networks.

    Raises:
        ValueError: the package is not installed, or has no such networks.
    """
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ValueError(f"writing in photos is read with the networks of {_PACKAGE}, which is not installed")
    models = Path(found.origin).parent / "models"
    graphs = ReaderGraphs(models / _DETECTOR, models / _RECOGNISER, ReaderSpec(f"{_PACKAGE} {version(_PACKAGE)}"))
    for path in (graphs.detector, graphs.recogniser):
        if not path.is_file():
            raise ValueError(f"{_PACKAGE} {version(_PACKAGE)} does not bring {path.name}")
    return graphs
