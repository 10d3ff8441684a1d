"""The network of a model that goes by photos alone, in the shape of the fusion network, so that it is served like it.

Shapes: B listings, P photos, V views of a photo (the first shows the whole), D image dimensions, M modalities, H heads.
"""

import torch
from torch import Tensor, nn

from training.probe import Floats, Probe
from trueshelf.models.modality import MODALITIES, Modality
from trueshelf.models.network import Evidence, Fusing, Sizes

_PHOTOS = MODALITIES.index(Modality.PHOTOS)


class PhotoNetwork(Fusing):
    """A linear map of each photo as a whole and one of the mean over its close views, averaged over the photos.

    What the photos add to the prior is the tower of the modality PHOTOS; the towers of the others say nothing.

    Args:
        whole: on the embedding of the photo as a whole.
        close: on the mean embedding of its close views; both together are a photo's logits.
        prior_H: log-odds of "yes", which a listing without photos gets.
    """

    whole_HD: Tensor
    close_HD: Tensor
    bias_H: Tensor
    prior_H: Tensor

    def __init__(self, sizes: Sizes, whole: Probe, close: Probe, prior_H: Floats) -> None:
        super().__init__()
        self.sizes = sizes
        whole_HD, close_HD = (probe.weight_KD / probe.spread_D for probe in (whole, close))
        bias_H = whole.bias_K + close.bias_K - whole_HD @ whole.mean_D - close_HD @ close.mean_D
        for name, array in (("whole_HD", whole_HD), ("close_HD", close_HD), ("bias_H", bias_H), ("prior_H", prior_H)):
            self.register_buffer(name, torch.from_numpy(array))

    def towers(self, evidence: Evidence) -> Tensor:
        """One vector per modality, [B,M,H]: what it adds to each head's prior."""
        views_BPVD, photo_mask_BP = evidence.views_BPVD, evidence.photo_mask_BP
        whole_BPH = nn.functional.linear(views_BPVD[:, :, 0], self.whole_HD, self.bias_H)
        logits_BPH = whole_BPH + nn.functional.linear(views_BPVD[:, :, 1:].mean(dim=2), self.close_HD)
        photos_B1 = photo_mask_BP.sum(dim=1, keepdim=True)
        photos_BH = (logits_BPH * photo_mask_BP.unsqueeze(-1)).sum(dim=1) / photos_B1.clamp_min(1) - self.prior_H
        nothing_BH = torch.zeros_like(photos_BH)
        return torch.stack([photos_BH if place == _PHOTOS else nothing_BH for place in range(len(MODALITIES))], dim=1)

    def fuse(self, towers_BMF: Tensor, present_BM: Tensor) -> Tensor:
        """Logits [B,H]: the prior and what those modalities add whose entry of `present_BM` is 1."""
        return self.prior_H + (towers_BMF * present_BM.unsqueeze(-1)).sum(dim=1)
