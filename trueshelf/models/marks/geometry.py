"""Sizes that drawing, training and serving agree on.

A mark's frame has its centre at the origin and reaches from -1 to 1; the mark's longer side takes up `MARK / CANVAS`.
"""

from typing import Final

CANVAS: Final = 96
"""Pixels along the side of a mark's frame, as the comparer sees it."""

MARK: Final = 64
"""Pixels of them that the mark's longer side takes up."""

NAMED: Final = 64
"""Pixels along the side of a mark's frame, as the namer sees it."""

CELL: Final = 8
"""Pixels between the places that the finder looks at."""

TYPICAL: Final = 32.0
"""Pixels of a mark's longer side that the finder knows best."""

DIFFERENCE: Final = 24
"""Side of the map of differences over a mark's frame."""

EMBEDDED: Final = 64
"""Dimensions of a mark's embedding."""
