"""The fusion network: four kinds of evidence, each summed up in one vector, weighed by learned gates.

The gate is the gated multimodal unit of Arevalo et al. (2017), "Gated Multimodal Units for Information Fusion", with
one sigmoid gate per modality, so that any subset of modalities may be absent. Beside the gates, each modality also
speaks to the heads directly and linearly (the "wide" half of Cheng et al. 2016, "Wide & Deep Learning"): what a
logistic regression could learn is learned.

Shapes: B listings, P photos, V views of a photo (the first shows the whole), D image dimensions, T text dimensions, L
n-grams, K signals, M modalities, H heads, F hidden units, C cases (all modalities, then all but one), R photos that are
there, X and Y numbers of a view before and behind a layer.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from trueshelf.listings import Head
from trueshelf.models.familiarity import Familiarity
from trueshelf.models.modality import MODALITIES


class Evidence(NamedTuple):
    """All that is read of a batch of listings."""

    views_BPVD: Tensor
    photo_mask_BP: Tensor
    text_BT: Tensor
    ngram_ids_BL: Tensor
    ngram_weights_BL: Tensor
    signals_BK: Tensor


INPUTS = (*Evidence._fields, "present_BM")

_TEXT_GAIN = 5.0
_WORDING_GAIN = 5.0
"""Embeddings of length one speak up to be heard beside hundreds of standardised signals."""


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


class Dropout(nn.Module):
    """Dropout in steps of 1/256, with eight coins from every draw of the generator, which takes most of its time."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.of_256 = round(256 * rate)

    def forward(self, values: Tensor) -> Tensor:
        """The values, of which some are zero in training and the others larger for it."""
        if not self.training or not self.of_256:
            return values
        draws = torch.empty(-(-values.numel() // 8), dtype=torch.int64, device=values.device)
        coins = draws.random_(-(2**63), None).view(torch.uint8)[: values.numel()].view_as(values)
        return values * ((coins >= self.of_256) * (256 / (256 - self.of_256)))


class PhotoTower(nn.Module):
    """Photos to one vector, by attention over the whole views and apart from it over the close views; and to what they
    say to the heads directly, the mean photo's whole view beside its mean close view."""

    def __init__(self, sizes: Sizes, dropout: float) -> None:
        super().__init__()
        self.normalise = nn.LayerNorm(sizes.image)
        self.project = nn.Linear(sizes.image, sizes.hidden)
        self.whole = AttentionPool(sizes.hidden)
        self.close = AttentionPool(sizes.hidden)
        self.out = nn.Linear(2 * sizes.hidden, sizes.hidden)
        self.direct = nn.Linear(2 * sizes.image, len(Head))
        self.dropout = Dropout(dropout)

    def forward(self, views_BPVD: Tensor, photo_mask_BP: Tensor) -> tuple[Tensor, Tensor]:
        """The vector [B, F], and what is said directly [B, H]."""
        seen_BPX = of_photos(self._seen, views_BPVD, photo_mask_BP)
        projected_BPVF = torch.unflatten(seen_BPX[..., : -len(Head)], -1, (views_BPVD.shape[2], -1))
        direct_BPH = seen_BPX[..., -len(Head) :] * photo_mask_BP.unsqueeze(-1)
        direct_BH = direct_BPH.sum(dim=1) / photo_mask_BP.sum(dim=1, keepdim=True).clamp_min(1)
        whole_BF = self.whole(projected_BPVF[:, :, 0], photo_mask_BP)
        close_BPWF = projected_BPVF[:, :, 1:]
        if close_BPWF.shape[2] == 0:
            close_BF = torch.zeros_like(whole_BF)
        else:
            mask_BPW = photo_mask_BP.unsqueeze(-1).expand(-1, -1, close_BPWF.shape[2])
            close_BF = self.close(close_BPWF.flatten(1, 2), mask_BPW.flatten(1, 2))
        return self.out(self.dropout(torch.cat([whole_BF, close_BF], dim=-1))), direct_BH

    def _seen(self, views_RVD: Tensor) -> Tensor:
        """Of each photo the projected views one after another, then what it says directly: [R, V F + H]."""
        normal_RVD = self.normalise(views_RVD)
        projected_RVF = torch.relu(self.project(self.dropout(normal_RVD)))
        whole_RD, close_RWD = normal_RVD[..., 0, :], normal_RVD[..., 1:, :]
        close_RD = close_RWD.mean(dim=-2) if close_RWD.shape[-2] else torch.zeros_like(whole_RD)
        direct_RH = self.direct(torch.cat([whole_RD, close_RD], dim=-1))
        return torch.cat([projected_RVF.flatten(-2), direct_RH], dim=-1)


class Fusing(nn.Module, ABC):
    """What can be served: a network that first sums up each modality, and answers from any subset of the summaries.

    Attributes:
        share: its weight among the members whose logits are averaged.
    """

    sizes: Sizes
    share: float = 1.0

    @abstractmethod
    def towers(self, evidence: Evidence) -> Tensor:
        """One vector per modality, [B, M, F], in the order of `MODALITIES`."""

    @abstractmethod
    def fuse(self, towers_BMF: Tensor, present_BM: Tensor) -> Tensor:
        """Logits [B, H] from those modalities whose entry of `present_BM` is 1."""


class FusionNetwork(Fusing):
    """From every modality's features to one logit a head: gated vectors, and a linear voice of each modality beside
    them."""

    def __init__(self, sizes: Sizes, *, dropout: float = 0.3) -> None:
        super().__init__()
        width = sizes.hidden
        self.sizes = sizes
        self.photos = PhotoTower(sizes, dropout)
        self.text = nn.Sequential(nn.Dropout(dropout), nn.Linear(sizes.text, width))
        self.ngrams = nn.Embedding(sizes.buckets, sizes.ngram + len(Head))  # the last ones speak to the heads directly
        self.wording = nn.Sequential(nn.Dropout(dropout), nn.Linear(sizes.ngram, width))
        self.signals = nn.Sequential(
            nn.Linear(sizes.signals, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width)
        )
        self.gates = nn.Linear(len(MODALITIES) * (width + 1), len(MODALITIES) * width)
        self.heads = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, len(Head)))
        self.direct_text = nn.Linear(sizes.text, len(Head))
        self.direct_signals = nn.Linear(sizes.signals, len(Head))
        nn.init.normal_(self.ngrams.weight, std=0.5)
        direct = (self.photos.direct.weight, self.direct_text.weight, self.direct_signals.weight)
        for weight in (*direct, self.ngrams.weight.data[:, sizes.ngram :]):
            nn.init.zeros_(weight)

    def towers(self, evidence: Evidence) -> Tensor:
        """One vector per modality, [B, M, F + H], in the order of `MODALITIES`: what is gated, then what is said
        directly."""
        photos_BF, direct_photos_BH = self.photos(evidence.views_BPVD, evidence.photo_mask_BP)
        wording_BE, direct_wording_BH = torch.split(bag(self.ngrams, evidence), [self.sizes.ngram, len(Head)], dim=1)
        towers = [
            photos_BF,
            self.text(evidence.text_BT),
            self.wording(wording_BE),
            self.signals(evidence.signals_BK),
        ]
        direct = [
            direct_photos_BH,
            _TEXT_GAIN * self.direct_text(evidence.text_BT),
            _WORDING_GAIN * direct_wording_BH,
            self.direct_signals(evidence.signals_BK),
        ]
        return torch.cat([torch.tanh(torch.stack(towers, dim=1)), torch.stack(direct, dim=1)], dim=-1)

    def fuse(self, towers_BMF: Tensor, present_BM: Tensor) -> Tensor:
        """Logits [B, H] from those modalities whose entry of `present_BM` is 1."""
        said_BMF = towers_BMF * present_BM.unsqueeze(-1)
        masked_BMF, direct_BMH = said_BMF[..., : -len(Head)], said_BMF[..., -len(Head) :]
        gates_BMF = torch.sigmoid(self.gates(torch.cat([masked_BMF.flatten(1), present_BM], dim=1))).view_as(masked_BMF)
        logits_BH: Tensor = self.heads((gates_BMF * masked_BMF).sum(dim=1)) + direct_BMH.sum(dim=1)
        return logits_BH

    def forward(self, *inputs: Tensor) -> Tensor:
        """Logits [B, H] from tensors in the order of `INPUTS`."""
        *evidence, present_BM = inputs
        return self.fuse(self.towers(Evidence(*evidence)), present_BM)


def bag(table: nn.Embedding, evidence: Evidence) -> Tensor:
    """The weighted sum [B, E] of a table's rows for the n-grams that are said.

    The fused operator is quick in training, more so without a batch's padding, which is half of it; ONNX has none.
    """
    ids_BL, weights_BL = evidence.ngram_ids_BL, evidence.ngram_weights_BL
    summed_BE: Tensor
    if torch.compiler.is_exporting():
        summed_BE = (table(ids_BL) * weights_BL.unsqueeze(-1)).sum(dim=1)
        return summed_BE
    said_BL = weights_BL != 0
    ends_B = said_BL.sum(dim=1).cumsum(dim=0)
    starts_B = torch.cat([ends_B.new_zeros(1), ends_B[:-1]])
    summed_BE = embedding_bag(
        ids_BL[said_BL], table.weight, starts_B, per_sample_weights=weights_BL[said_BL], mode="sum"
    )
    return summed_BE


def of_photos(layer: Callable[[Tensor], Tensor], items_BPVX: Tensor, photo_mask_BP: Tensor) -> Tensor:
    """A layer on every photo's views; in training on those of photos that are there, zero elsewhere.

    A batch is padded to its most photos, several times what most listings have. A graph is for whole batches.
    """
    if torch.compiler.is_exporting():
        return layer(items_BPVX)
    there_BP = photo_mask_BP > 0.5
    made_RVY = layer(items_BPVX[there_BP])
    made_BPVY = made_RVY.new_zeros(*there_BP.shape, *made_RVY.shape[1:])
    made_BPVY[there_BP] = made_RVY
    return made_BPVY


def mean_views(views_BPVD: Tensor, photo_mask_BP: Tensor) -> Tensor:
    """The mean whole view beside the mean close view, [B, 2 D]; zero where there are none."""
    shown_BP1 = photo_mask_BP.unsqueeze(-1)
    photos_B1 = photo_mask_BP.sum(dim=1, keepdim=True).clamp_min(1)
    whole_BD = (views_BPVD[:, :, 0] * shown_BP1).sum(dim=1) / photos_B1
    if views_BPVD.shape[2] == 1:
        return torch.cat([whole_BD, torch.zeros_like(whole_BD)], dim=-1)
    close_BD = (views_BPVD[:, :, 1:].mean(dim=2) * shown_BP1).sum(dim=1) / photos_B1
    return torch.cat([whole_BD, close_BD], dim=-1)


class Explained(nn.Module):
    """The network as it is served: logits [B, C, H] with everything, then without each modality in turn."""

    def __init__(self, networks: Sequence[Fusing], familiarity: Familiarity | None = None) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.familiarity = familiarity
        self.shares = sum(network.share for network in networks)
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
    ) -> tuple[Tensor, ...]:
        """The members' mean logits for every case, each with its share; with a guard, also [B, P] which photos are
        judged by their looks."""
        if self.familiarity is not None:
            photo_mask_BP, present_BM = self.familiarity(views_BPVD, photo_mask_BP, present_BM)
        evidence = Evidence(views_BPVD, photo_mask_BP, text_BT, ngram_ids_BL, ngram_weights_BL, signals_BK)
        assert isinstance(self.cases_CM, Tensor)
        cases = len(self.cases_CM)
        asked_BM = (self.cases_CM.unsqueeze(1) * present_BM).flatten(0, 1)  # the rows of all cases, as one batch
        said_BCH = []
        for network in self.networks:
            assert isinstance(network, Fusing)
            logits_BH = network.fuse(network.towers(evidence).repeat(cases, 1, 1), asked_BM)
            logits_CBH = logits_BH.view(cases, -1, len(Head))
            said_BCH.append(network.share / self.shares * logits_CBH.transpose(0, 1))
        logits_BCH = torch.stack(said_BCH).sum(dim=0)
        return (logits_BCH,) if self.familiarity is None else (logits_BCH, photo_mask_BP)
