"""What is seen in one photo before anything is learned from others.

Shapes: V views of a photo, D image dimensions, Q facts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueshelf.models.gallery.imprint import Imprint
from trueshelf.models.inscriptions import Inscription
from trueshelf.models.marks.found import SeenMarks

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen in one photo.

    Attributes:
        views_VD: an embedding of every view.
        facts_Q: its facts, in the order of `PHOTO_FACTS`.
        inscriptions: the lines of writing in it; None where it was not read.
        imprint: by which the same picture is found among known photos.
        marks: the brand marks found in it; None where it was not searched.
    """

    views_VD: Floats
    facts_Q: Floats
    inscriptions: tuple[Inscription, ...] | None = None
    imprint: Imprint | None = None
    marks: SeenMarks | None = None
