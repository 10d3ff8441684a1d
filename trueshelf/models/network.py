"""The fusion network: four kinds of evidence, each summed up in one vector, weighed by learned gates.

The gate is the gated multimodal unit of Arevalo et al. (2017), "Gated Multimodal Units for Information Fusion", with
one sigmoid gate per modality, so that any subset of modalities may be absent.

Shapes: B listings, P photos, V views of a photo (the first shows the whole), D image dimensions, T text dimensions, L
n-grams, K signals, M modalities, H heads, F hidden units, C cases (all modalities, then all but one).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trueshelf.listings import Head
from trueshelf.models.modality import MODALITIES

INPUTS = ("views_BPVD", "photo_mask_BP", "text_BT", "ngram_ids_BL", "ngram_weights_BL", "signals_BK", "present_BM")


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the network's inputs measure, and how wide it is."""

    image: int
    text: int
    buckets: int
    signals: int
    hidden: int = 96
    ngram: int = 48


class AttentionPool(nn.Module):
    """A weighted mean of a set of vectors, the weights learned from the vectors (Ilse et al. 2018, gated attention)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.value = nn.Linear(width, width)
        self.gate = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)

    def forward(self, items_BNF: Tensor, mask_BN: Tensor) -> Tensor:
        """[B, F]; zero where a row of the mask is empty."""
        score_BN = self.score(torch.tanh(self.value(items_BNF)) * torch.sigmoid(self.gate(items_BNF))).squeeze(-1)
        weight_BN = torch.softmax(score_BN.masked_fill(mask_BN < 0.5, -1e4), dim=1) * mask_BN
        return (weight_BN.unsqueeze(-1) * items_BNF).sum(dim=1)


class PhotoTower(nn.Module):
    """Photos to one vector: attention over the whole views, and apart from it over the close views."""

    def __init__(self, sizes: Sizes, dropout: float) -> None:
        super().__init__()
        self.normalise = nn.LayerNorm(sizes.image)
        self.project = nn.Linear(sizes.image, sizes.hidden)
        self.whole = AttentionPool(sizes.hidden)
        self.close = AttentionPool(sizes.hidden)
        self.out = nn.Linear(2 * sizes.hidden, sizes.hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, views_BPVD: Tensor, photo_mask_BP: Tensor) -> Tensor:
        projected_BPVF = torch.relu(self.project(self.dropout(self.normalise(views_BPVD))))
        whole_BF = self.whole(projected_BPVF[:, :, 0], photo_mask_BP)
        close_BPWF = projected_BPVF[:, :, 1:]
        if close_BPWF.shape[2] == 0:
            close_BF = torch.zeros_like(whole_BF)
        else:
            mask_BPW = photo_mask_BP.unsqueeze(-1).expand(-1, -1, close_BPWF.shape[2])
            close_BF = self.close(close_BPWF.flatten(1, 2), mask_BPW.flatten(1, 2))
        pooled_BF: Tensor = self.out(self.dropout(torch.cat([whole_BF, close_BF], dim=-1)))
        return pooled_BF


class FusionNetwork(nn.Module):
    """From every modality's features to one logit a head."""

    def __init__(self, sizes: Sizes, *, dropout: float = 0.3) -> None:
        super().__init__()
        width = sizes.hidden
        self.sizes = sizes
        self.photos = PhotoTower(sizes, dropout)
        self.text = nn.Sequential(nn.Dropout(dropout), nn.Linear(sizes.text, width))
        self.ngrams = nn.Embedding(sizes.buckets, sizes.ngram)
        self.wording = nn.Sequential(nn.Dropout(dropout), nn.Linear(sizes.ngram, width))
        self.signals = nn.Sequential(
            nn.Linear(sizes.signals, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width)
        )
        self.gates = nn.Linear(len(MODALITIES) * (width + 1), len(MODALITIES) * width)
        self.heads = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, len(Head)))
        nn.init.normal_(self.ngrams.weight, std=0.5)

    def towers(
        self,
        views_BPVD: Tensor,
        photo_mask_BP: Tensor,
        text_BT: Tensor,
        ngram_ids_BL: Tensor,
        ngram_weights_BL: Tensor,
        signals_BK: Tensor,
    ) -> Tensor:
        """One vector per modality, [B, M, F], in the order of `MODALITIES`."""
        wording_BE = (self.ngrams(ngram_ids_BL) * ngram_weights_BL.unsqueeze(-1)).sum(dim=1)
        towers = [
            self.photos(views_BPVD, photo_mask_BP),
            self.text(text_BT),
            self.wording(wording_BE),
            self.signals(signals_BK),
        ]
        return torch.tanh(torch.stack(towers, dim=1))

    def fuse(self, towers_BMF: Tensor, present_BM: Tensor) -> Tensor:
        """Logits [B, H] from those modalities whose entry of `present_BM` is 1."""
        masked_BMF = towers_BMF * present_BM.unsqueeze(-1)
        gates_BMF = torch.sigmoid(self.gates(torch.cat([masked_BMF.flatten(1), present_BM], dim=1))).view_as(masked_BMF)
        logits_BH: Tensor = self.heads((gates_BMF * masked_BMF).sum(dim=1))
        return logits_BH

    def forward(
        self,
        views_BPVD: Tensor,
        photo_mask_BP: Tensor,
        text_BT: Tensor,
        ngram_ids_BL: Tensor,
        ngram_weights_BL: Tensor,
        signals_BK: Tensor,
        present_BM: Tensor,
    ) -> Tensor:
        """Logits [B, H]."""
        towers_BMF = self.towers(views_BPVD, photo_mask_BP, text_BT, ngram_ids_BL, ngram_weights_BL, signals_BK)
        return self.fuse(towers_BMF, present_BM)


class Explained(nn.Module):
    """The network as it is served: logits [B, C, H] with everything, then without each modality in turn."""

    def __init__(self, networks: list[FusionNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        everything = torch.ones(1, len(MODALITIES))
        self.register_buffer("cases_CM", torch.cat([everything, 1 - torch.eye(len(MODALITIES))]))

    def forward(
        self,
        views_BPVD: Tensor,
        photo_mask_BP: Tensor,
        text_BT: Tensor,
        ngram_ids_BL: Tensor,
        ngram_weights_BL: Tensor,
        signals_BK: Tensor,
        present_BM: Tensor,
    ) -> Tensor:
        """The members' mean logits for every case."""
        members = []
        for network in self.networks:
            assert isinstance(network, FusionNetwork)
            towers_BMF = network.towers(views_BPVD, photo_mask_BP, text_BT, ngram_ids_BL, ngram_weights_BL, signals_BK)
            assert isinstance(self.cases_CM, Tensor)
            members.append(
                torch.stack([network.fuse(towers_BMF, present_BM * case_M) for case_M in self.cases_CM.unbind()], dim=1)
            )
        return torch.stack(members).mean(dim=0)
