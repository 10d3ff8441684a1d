"""Photos unlike all that a model has learned from are not judged by their looks.

A network extrapolates without hesitation: one that has seen drawn photos only took 39 % of people's own photos of their
clothes for listings of low quality, and acted upon them. The promise of a bounded false-action rate says nothing about
such photos. So a photo counts for nothing to the towers when too much of its embedding lies outside the subspace that
training photos fill (the residual of Wang et al., "ViM: Out-of-distribution with virtual-logit matching", CVPR 2022),
and a listing of such photos only is judged as one without photos; what is measured on them stays.

It is part of the fusion graph, so that calibration, evaluation and serving see the same. A photo's distance is its own;
only one that lies within rounding of the limit (a millionth of it) could be seen differently among other batch-mates.

Shapes: B listings, P photos, V views, D image dimensions, K axes, M modalities.
"""

import torch
from torch import Tensor, nn

from trueshelf.models.modality import MODALITIES, Modality


class Familiarity(nn.Module):
    """Tells photos like those of training from strange ones.

    Args:
        mean_D: of the training photos' mean views.
        axes_KD: orthonormal axes of the subspace that they fill.
        limit: the squared length outside of it from which a photo is strange.
    """

    def __init__(self, mean_D: Tensor, axes_KD: Tensor, limit: float) -> None:
        super().__init__()
        self.register_buffer("mean_D", mean_D)
        self.register_buffer("axes_KD", axes_KD)
        self.limit = limit
        others = [0.0 if modality is Modality.PHOTOS else 1.0 for modality in MODALITIES]
        self.register_buffer("others_M", torch.tensor(others))

    def strangeness(self, views_BPVD: Tensor) -> Tensor:
        """The squared length [B, P] of each photo's mean view outside the subspace."""
        assert isinstance(self.mean_D, Tensor)
        assert isinstance(self.axes_KD, Tensor)
        centred_BPD = views_BPVD.mean(dim=2) - self.mean_D
        inside_BPD = (centred_BPD @ self.axes_KD.T) @ self.axes_KD
        return (centred_BPD - inside_BPD).square().sum(dim=-1)

    def forward(self, views_BPVD: Tensor, photo_mask_BP: Tensor, present_BM: Tensor) -> tuple[Tensor, Tensor]:
        """The masks of photos and modalities without strange photos."""
        assert isinstance(self.others_M, Tensor)
        mask_BP = photo_mask_BP * (self.strangeness(views_BPVD) <= self.limit).to(photo_mask_BP.dtype)
        seen_B1 = mask_BP.amax(dim=1, keepdim=True)
        return mask_BP, present_BM * torch.maximum(self.others_M, seen_B1)
