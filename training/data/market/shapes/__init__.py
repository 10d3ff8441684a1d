"""Articles drawn as SVG."""

from training.data.market.shapes import carried, devices, worn
from training.data.market.shapes.sketch import Drawing, Piece, Place, Sketch

_SHAPES = worn.SHAPES | carried.SHAPES | devices.SHAPES

_EXTENTS = {
    "sneakers": (90, 240, 930, 790),
    "tshirts": (75, 130, 925, 925),
    "hoodies": (85, 75, 915, 910),
    "caps": (165, 240, 960, 735),
    "sunglasses": (95, 255, 905, 880),
    "handbags": (120, 90, 880, 880),
    "backpacks": (215, 70, 785, 880),
    "perfume": (240, 180, 760, 880),
    "model_cars": (70, 380, 930, 815),
    "watches": (270, 45, 745, 960),
    "headphones": (130, 160, 870, 860),
    "phones": (245, 50, 755, 950),
    "phone_cases": (245, 40, 755, 960),
    "watch_straps": (300, 70, 710, 940),
    "ear_pads": (110, 190, 890, 810),
}

__all__ = ["Drawing", "Piece", "Place", "draw", "extent"]


def draw(piece: Piece) -> Drawing:
    """A piece as SVG."""
    sketch = Sketch(piece)
    _SHAPES[piece.article.category](sketch)
    return sketch.finish()


def extent(category: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what articles of a category cover of their box."""
    return _EXTENTS[category]
