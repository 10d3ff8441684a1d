"""Sizes that drawing, training and serving agree on.

A mark's frame has its centre at the origin and reaches from -1 to 1; the mark's longer side takes up `MARK / CANVAS`.
"""

from typing import Final

CANVAS: Final = 96
"""Pixels along the side of a mark's frame."""

MARK: Final = 64
"""Pixels of them that the mark's longer side takes up."""

CELL: Final = 8
"""Pixels between the places that the finder looks at."""

TYPICAL: Final = 32.0
"""Pixels of a mark's longer side that the finder knows best."""

DIFFERENCE: Final = 24
"""Side of the map of differences over a mark's frame."""

INPUT_MEAN: Final = 0.5
INPUT_SPREAD: Final = 0.25
"""By which pixels from 0 to 1 are standardised for both networks."""
