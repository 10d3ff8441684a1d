"""Reads the writing in a photo with two networks: one finds lines, the other reads a line.

Both run on ONNX Runtime on one thread each; a reader may be called from several threads at once. The photo's pixels
alone decide what is read, so the result can be kept by the photo's digest.

Shapes: H height, W width, T steps along a line, C characters.
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from trueshelf.models.encoders.runtime import open_session
from trueshelf.models.inscriptions.hint import writing_hint
from trueshelf.models.inscriptions.inscription import Inscription
from trueshelf.models.inscriptions.spec import ReaderSpec
from trueshelf.models.inscriptions.strips import Strip, strips

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

_VERSION: Final = 1  # of what this code makes of the networks' answers
_STEP = 32  # the detector halves a picture five times
_LINE = 48  # pixels of a line's height that the recogniser reads
_LONGEST_LINE = 16 * _LINE
_SHORTEST_LINE = 2 * _LINE
_MOST_ENLARGED = 2.0
_UPRIGHT = np.deg2rad(60)


class InscriptionReader:
    """What is written in photos.

    Attributes:
        digest: of both networks, the spec and this code: two readers of one digest read alike.
    """

    def __init__(
        self, detector: ort.InferenceSession, recogniser: ort.InferenceSession, spec: ReaderSpec, digest: str
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._characters = _characters(recogniser)
        self.spec = spec
        self.digest = digest

    @classmethod
    def open(cls, detector: Path, recogniser: Path, spec: ReaderSpec) -> Self:
        """Load both networks.

        Raises:
            OSError: a file cannot be read.
            ValueError: a file is no ONNX graph, or the recogniser does not say which characters it knows.
        """
        (finds, finds_digest), (reads, reads_digest) = (
            open_session(path, threads=1) for path in (detector, recogniser)
        )
        facts = json.dumps([_VERSION, finds_digest, reads_digest, spec.to_dict()], sort_keys=True)
        return cls(finds, reads, spec, hashlib.sha256(facts.encode()).hexdigest())

    def __call__(self, image: "Image") -> tuple[Inscription, ...] | None:
        """The lines of an RGB photo from top to bottom, or None where it does not look as if it had any."""
        return self.read(image) if writing_hint(image) >= self.spec.hint else None

    def read(self, image: "Image") -> tuple[Inscription, ...]:
        """The lines of an RGB photo, whatever it looks like."""
        picture = _sized(image, self.spec.side)
        found = [self._line(picture, strip) for strip in self._strips(picture)]
        return tuple(sorted((line for line in found if line.text), key=lambda line: (line.box[1], line.box[0])))

    def _strips(self, picture: "Image") -> list[Strip]:
        from PIL.Image import Resampling

        width, height = (max(_STEP, round(side / _STEP) * _STEP) for side in picture.size)
        pixels = _normalised(picture.resize((width, height), Resampling.BILINEAR))
        probability_HW = self._detector.run(None, {self._detector.get_inputs()[0].name: pixels})[0][0, 0]
        across, down = picture.width / width, picture.height / height
        return [strip.scaled(across, down) for strip in strips(probability_HW)[: self.spec.most_lines]]

    def _line(self, picture: "Image", strip: Strip) -> Inscription:
        """What a strip says; of one that runs up or down what is read with more confidence, from below or above."""
        turns = (strip,) if abs(strip.angle) < _UPRIGHT else (strip, _turned(strip))
        text, confidence = max((self._recognised(_cut_out(picture, turn)) for turn in turns), key=lambda read: read[1])
        left, top, right, bottom = strip.bounds
        box = (left / picture.width, top / picture.height, right / picture.width, bottom / picture.height)
        left, top, right, bottom = np.clip(box, 0, 1).astype(np.float32).tolist()  # as a store of arrays keeps them
        return Inscription(text, confidence, (left, top, right, bottom))

    def _recognised(self, line: "Image") -> tuple[str, float]:
        """A line's text, the likeliest character of each step without repetitions (CTC), and their mean probability."""
        pixels = _normalised(line)
        likely_TC = self._recogniser.run(None, {self._recogniser.get_inputs()[0].name: pixels})[0][0]
        best_T = likely_TC.argmax(axis=1)
        kept_T = (best_T != 0) & (best_T != np.concatenate([[0], best_T[:-1]]))
        if not kept_T.any():
            return "", 0.0
        text = "".join(self._characters[index] for index in best_T[kept_T])
        return text.strip(), float(likely_TC.max(axis=1)[kept_T].mean())


def _characters(recogniser: ort.InferenceSession) -> list[str]:
    """What each place of the recogniser's answer stands for: nothing, its characters, a blank."""
    facts = recogniser.get_modelmeta().custom_metadata_map
    if "character" not in facts:
        raise ValueError("the recogniser's graph does not say which characters it knows")
    return ["", *facts["character"].splitlines(), " "]


def _sized(image: "Image", side: int) -> "Image":
    """The photo with `side` pixels along its longer side, or twice its size where that is less."""
    from PIL.Image import Resampling

    scale = min(side / max(image.size), _MOST_ENLARGED)
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Resampling.BICUBIC, reducing_gap=2.0)


def _normalised(picture: "Image") -> Floats:
    """Blue, green and red from -1 to 1: float32 [1, 3, H, W]."""
    pixels_HWC = np.asarray(picture, dtype=np.float32)[..., ::-1] / 127.5 - 1
    return np.ascontiguousarray(pixels_HWC.transpose(2, 0, 1)[None])


def _turned(strip: Strip) -> Strip:
    return Strip(strip.x, strip.y, strip.length, strip.height, strip.angle + np.pi)


def _cut_out(picture: "Image", strip: Strip) -> "Image":
    """A strip laid level, `_LINE` pixels high."""
    from PIL.Image import Resampling, Transform

    length, height = max(1, round(strip.length)), max(1, round(strip.height))
    cos, sin = float(np.cos(strip.angle)), float(np.sin(strip.angle))
    x = strip.x - cos * length / 2 + sin * height / 2
    y = strip.y - sin * length / 2 - cos * height / 2
    level = picture.transform(
        (length, height), Transform.AFFINE, (cos, -sin, x, sin, cos, y), Resampling.BICUBIC, fill=1
    )
    width = min(max(round(length * _LINE / height), _SHORTEST_LINE), _LONGEST_LINE)
    return level.resize((width, _LINE), Resampling.BILINEAR)
