"""Three small networks: one finds marks, one says which they are, one compares a crop with a true mark.

Pixels are RGB from 0 to 1 everywhere.

Shapes: B pictures, H and W their sides, G and K places along them, D dimensions of an embedding, S side of a crop,
F side of a map of differences.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d, normalize

from trueshelf.models.marks.differences import DIFFERENCES
from trueshelf.models.marks.geometry import EMBEDDED


def _step(inputs: int, outputs: int, stride: int = 1, apart: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, apart, dilation=apart, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class FinderNetwork(nn.Module):
    """For every eighth pixel: whether a mark is centred there, and where exactly."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            _step(3, 16, 2), _step(16, 32, 2), _step(32, 64, 2), _step(64, 64), _step(64, 64, apart=2), _step(64, 64)
        )
        self.places = nn.Conv2d(64, 5, 1)

    def forward(self, pixels_B3HW: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [B,G,K], boxes [B,4,G,K]."""
        places = self.places(self.trunk((pixels_B3HW - 0.5) / 0.25))
        return places[:, 0], places[:, 1:]


class NamerNetwork(nn.Module):
    """A crop as a vector of length 1, the same for one mark whatever its colours and make."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            _step(3, 24, 2), _step(24, 48, 2), _step(48, 48), _step(48, 80, 2), _step(80, 80), _step(80, 80)
        )
        self.squeeze = nn.Sequential(_step(80, 96, 2), nn.Conv2d(96, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        self.embed = nn.Linear(64 * 16, EMBEDDED)

    def forward(self, pixels_B3SS: Tensor) -> Tensor:
        """Embeddings [B,D]."""
        maps = self.squeeze(self.trunk(_standardised(pixels_B3SS)))
        return normalize(self.embed(maps.flatten(1)))


class ComparerNetwork(nn.Module):
    """What a crop has to do with a true mark, which is ink from 0 to 1 in the same frame."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(_step(5, 16, 2), _step(16, 32, 2), _step(32, 40), _step(40, 40))
        self.difference = nn.Sequential(_step(40, 16), nn.Conv2d(16, 1, 1))
        self.deep = nn.Sequential(_step(40, 64, 2), _step(64, 64), _step(64, 80, 2), _step(80, 80))
        self.answers = nn.Sequential(
            nn.Linear(80 * 4 + 3, 96), nn.ReLU(inplace=True), nn.Linear(96, 6 + len(DIFFERENCES))
        )
        self.pool = nn.MaxPool2d(3)

    def forward(self, pixels_B3SS: Tensor, references_B1SS: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits of present and of true [B,2], shifts [B,4], logits of ways [B,K], logits of differences [B,F,F]."""
        inked_B1SS, contrast_B1 = _as_ink(pixels_B3SS, references_B1SS)
        both = torch.cat([_standardised(pixels_B3SS), inked_B1SS, references_B1SS - 0.5], dim=1)
        maps = self.trunk(both)
        difference_B1FF = self.difference(maps)
        facts = [references_B1SS.mean(dim=(2, 3)), difference_B1FF.sigmoid().mean(dim=(2, 3)), contrast_B1]
        said = self.answers(torch.cat([self.pool(self.deep(maps)).flatten(1), *facts], dim=1))
        return said[:, :2], said[:, 2:6], said[:, 6:], difference_B1FF[:, 0]


def _standardised(pixels_B3SS: Tensor) -> Tensor:
    middle = pixels_B3SS.mean(dim=(2, 3), keepdim=True)
    spread = ((pixels_B3SS - middle) ** 2).mean(dim=(1, 2, 3), keepdim=True).sqrt() + 0.03
    return (pixels_B3SS - middle) / spread


def _as_ink(pixels_B3SS: Tensor, references_B1SS: Tensor) -> tuple[Tensor, Tensor]:
    """The crop along the line from the colour around the reference's ink, at -1, to that under it, at 1.

    So a white mark on black looks as a red one on blue does, and as the reference itself.

    Returns:
        [B,1,S,S], and how far the two colours are apart [B,1].
    """
    coarse = max_pool2d(avg_pool2d(references_B1SS, 6), 3, 1, 1)  # pools of many pixels are slow in ONNX Runtime
    near_B1SS = (interpolate(coarse, scale_factor=6.0, mode="nearest") > 0.02).float()
    around_B1SS = near_B1SS * (1 - references_B1SS)
    under_B31, ground_B31 = (
        (pixels_B3SS * weight).sum(dim=(2, 3), keepdim=True) / (weight.sum(dim=(2, 3), keepdim=True) + 1e-3)
        for weight in (references_B1SS, around_B1SS)
    )
    way = under_B31 - ground_B31
    length_B11 = (way**2).sum(dim=1, keepdim=True)
    along = ((pixels_B3SS - (under_B31 + ground_B31) / 2) * way).sum(dim=1, keepdim=True) * 2 / (length_B11 + 0.002)
    return along.clamp(-3, 3), length_B11.flatten(1)
