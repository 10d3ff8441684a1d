import pytest
import torch
from torch import Tensor

from trueshelf.models.network import FusionNetwork, Sizes

SIZES = Sizes(image=8, text=4, buckets=64, signals=6, hidden=16, ngram=8)


def inputs(photos: list[int], width: int, views: int = 3) -> list[Tensor]:
    """A batch of listings with so many photos each, padded to `width` photos of noise."""
    torch.manual_seed(0)
    there = torch.arange(width) < torch.tensor(photos)[:, None]
    real = torch.randn(len(photos), 4, views, 8)[:, :width]
    shown = torch.where(there[..., None, None], real, 9 * torch.randn_like(real))
    torch.manual_seed(1)
    count = len(photos)
    return [
        shown,
        there.float(),
        torch.randn(count, 4),
        torch.randint(0, 64, (count, 5)),
        torch.rand(count, 5),
        torch.randn(count, 6),
        torch.ones(count, 4),
    ]


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize("photos", [[1, 3, 0], [0, 0]])
def test_padding_says_nothing_and_the_graph_says_the_same(
    photos: list[int], views: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = FusionNetwork(SIZES).eval()
    torch.nn.init.normal_(network.photos.direct.weight)
    with torch.no_grad():
        expected = network(*inputs(photos, 3, views))
        torch.testing.assert_close(network(*inputs(photos, 4, views)), expected, rtol=0, atol=1e-5)
        monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
        torch.testing.assert_close(network(*inputs(photos, 3, views)), expected, rtol=0, atol=1e-5)
