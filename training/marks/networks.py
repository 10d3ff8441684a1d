"""Two small networks: one finds marks, one compares a crop with a true mark.

Shapes: B pictures, H and W their sides, G and K places along them, D dimensions of an embedding, S side of a crop.
"""

import torch
from torch import Tensor, nn

from trueshelf.models.marks.geometry import INPUT_MEAN, INPUT_SPREAD


def _step(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class FinderNetwork(nn.Module):
    """For every eighth pixel: whether a mark is centred there, and where exactly.

    Pixels are RGB from 0 to 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            _step(3, 16, 2), _step(16, 32, 2), _step(32, 64, 2), _step(64, 64), _step(64, 64), _step(64, 64)
        )
        self.places = nn.Conv2d(64, 5, 1)

    def forward(self, pixels_B3HW: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [B,G,K], boxes [B,4,G,K]."""
        places = self.places(self.trunk((pixels_B3HW - INPUT_MEAN) / INPUT_SPREAD))
        return places[:, 0], places[:, 1:]


def _standardised(pixels_B3SS: Tensor) -> Tensor:
    middle = pixels_B3SS.mean(dim=(2, 3), keepdim=True)
    spread = ((pixels_B3SS - middle) ** 2).mean(dim=(1, 2, 3), keepdim=True).sqrt() + 0.03
    return (pixels_B3SS - middle) / spread


class ComparerNetwork(nn.Module):
    """What a crop has to do with a true mark.

    The crop's pixels are RGB from 0 to 1, the mark is ink from 0 to 1 in the same frame.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(_step(4, 16, 2), _step(16, 32, 2), _step(32, 48), _step(48, 48))
        self.difference = nn.Sequential(_step(48, 24), nn.Conv2d(24, 1, 1))
        self.deep = nn.Sequential(_step(48, 64, 2), _step(64, 64), _step(64, 80, 2), _step(80, 80))
        self.answers = nn.Sequential(nn.Linear(80 * 4 + 2, 96), nn.ReLU(inplace=True), nn.Linear(96, 6))
        self.pool = nn.MaxPool2d(3)

    def forward(self, pixels_B3SS: Tensor, references_B1SS: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of present and of true [B,2], shifts [B,4], logits of differences [B,F,F]."""
        seen = self.trunk(torch.cat([_standardised(pixels_B3SS), references_B1SS], dim=1))
        difference_B1FF = self.difference(seen)
        size = torch.stack([references_B1SS.mean(dim=(1, 2, 3)), difference_B1FF.sigmoid().mean(dim=(1, 2, 3))], dim=1)
        said = self.answers(torch.cat([self.pool(self.deep(seen)).flatten(1), size], dim=1))
        return said[:, :2], said[:, 2:], difference_B1FF[:, 0]
