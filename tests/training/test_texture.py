import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.probe import Probe
from training.texture import Texture, TextureProbe, square_root


@given(st.integers(0, 1000), st.integers(2, 6))
def test_the_square_root_squared_is_the_matrix(seed: int, channels: int) -> None:
    """Where eigenvalues differ by no more than a few times; far smaller ones are left too small on purpose."""
    generator = torch.Generator().manual_seed(seed)
    basis, _ = torch.linalg.qr(torch.randn(3, channels, channels, generator=generator))
    eigenvalues = 1 + 2 * torch.rand(3, channels, generator=generator)
    matrix = basis @ torch.diag_embed(eigenvalues) @ basis.transpose(1, 2)
    root = square_root(matrix)
    torch.testing.assert_close(root @ root, matrix, atol=0.05, rtol=0.02)


def test_texture_does_not_depend_on_where_things_are() -> None:
    torch.manual_seed(0)
    maps = torch.randn(2, 5, 4, 4)
    shuffled = maps.flatten(2)[:, :, torch.randperm(16)].reshape(2, 5, 4, 4)
    texture = Texture(5)
    torch.testing.assert_close(texture(shuffled), texture(maps))
    torch.testing.assert_close(texture(maps + torch.randn(1, 5, 1, 1)), texture(maps), atol=1e-4, rtol=1e-4)
    assert texture(maps).shape == (2, 15)


def test_a_flat_map_has_no_texture() -> None:
    assert not Texture(3)(torch.ones(1, 3, 4, 4)).any()


def test_the_probe_is_read_from_the_maps() -> None:
    rng = np.random.default_rng(0)
    textures_NT = Texture(4)(torch.from_numpy(rng.standard_normal((30, 4, 3, 3), dtype=np.float32))).numpy()
    probe = Probe.fit(textures_NT, rng.integers(0, 2, (30, 2)), penalty=0.1)
    maps = torch.from_numpy(rng.standard_normal((3, 4, 3, 3), dtype=np.float32))
    expected = probe(Texture(4)(maps).numpy())
    np.testing.assert_allclose(TextureProbe(probe)(maps).numpy(), expected, atol=1e-4)
