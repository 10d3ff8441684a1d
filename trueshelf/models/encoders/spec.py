"""What an encoder takes and gives, saved beside its weights so that preprocessing is never written a second time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """An image encoder's input and output.

    Attributes:
        name: the packaged model, Hugging Face id or folder that the weights came from.
        size: height and width of its square input, in pixels.
        mean: subtracted from each of red, green and blue on the scale 0..1.
        std: divides what remains: `(value / 255 - mean) / std`.
        dim: dimensions of the embedding.
    """

    name: str
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    dim: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`, also after a trip through JSON, which turns tuples into lists."""
        red, green, blue = fields["mean"]
        red_std, green_std, blue_std = fields["std"]
        return cls(**{**fields, "mean": (red, green, blue), "std": (red_std, green_std, blue_std)})


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """How closely a photo is looked at: once as a whole, and in tiles.

    Attributes:
        grid: tiles a row and rows of tiles; 0 for the whole photo only.
        zoom: sides of the tiled photo in sides of a tile. Tiles overlap where `grid` is larger than `zoom`.

    Raises:
        ValueError: the tiles would leave parts of the photo unseen.
    """

    grid: int = 2
    zoom: int = 2

    def __post_init__(self) -> None:
        if self.grid != 0 and not self.grid >= self.zoom >= 1:
            raise ValueError(f"a grid of {self.grid} tiles a row does not cover a photo {self.zoom} tiles wide")

    @property
    def count(self) -> int:
        """V, the number of views of one photo."""
        return 1 + self.grid**2

    def side(self, size: int) -> int:
        """Pixels a side that a photo needs for views of `size` pixels to be sharp."""
        return size * self.zoom if self.grid else size

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class TextSpec:
    """A text encoder's input and output.

    Attributes:
        name: the packaged model, Hugging Face id or folder that the weights came from.
        max_tokens: what is longer is cut off, special tokens included.
        dim: dimensions of the embedding.
    """

    name: str
    max_tokens: int
    dim: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        return cls(**fields)
