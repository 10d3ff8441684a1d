"""What Trueshelf is made of, each part as a contestant of its own: the networks, the trees, and the model of both.

Shapes: N listings, H heads.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from benchmarks.peers import Floats, Peer
from benchmarks.seen import Seen
from training.boosting import BoostConfig, boosted
from training.examples import Examples, Held
from training.hearing import heard
from training.recipes.listings_config import ListingsConfig
from trueshelf.models.bundle import Bundle
from trueshelf.models.fusion import FeatureSizes
from trueshelf.models.network import INPUTS, Explained, Fusing, FusionNetwork, Sizes
from trueshelf.models.signals import SIGNALS

OURS, NETWORKS, TREES = "trueshelf", "its networks alone", "its trees alone"

_AT_ONCE = 64


def ours(bundle: Bundle, run: Path, train: Seen, config: ListingsConfig) -> dict[str, Peer]:
    """The three by name.

    Args:
        run: the folder of the run that made the bundle, with the networks that it trained.
        train: what the trees are grown on once more, as the recipe does it.
    """
    widths = FeatureSizes(
        views=bundle.manifest.view.count, image=bundle.manifest.image.dim, text=bundle.manifest.text.dim
    )
    sizes = Sizes(
        image=widths.image,
        text=widths.text,
        buckets=bundle.manifest.ngrams.buckets,
        signals=2 * len(SIGNALS),
        hidden=config.hidden,
    )
    examples = _examples(train, widths)
    heads = heard(examples, lambda rows: [train.behind[row] for row in rows], buckets=sizes.buckets, seed=config.seed)
    trees = boosted(heads, sizes, BoostConfig(rounds=config.trees, seed=config.seed))
    networks = [_network(sizes, run / f"member-{member}") for member in range(config.members)]
    return {
        OURS: _fitted(lambda seen: _served(bundle, seen)),
        NETWORKS: _fitted(lambda seen: said(networks, _examples(seen, widths))),
        TREES: _fitted(lambda seen: said([trees], _examples(seen, widths))),
    }


def _fitted(scores: Callable[[Seen], Floats]) -> Peer:
    """A contestant that was fitted on the training split already; `scores` gives [N, H]."""

    def peer(_: Seen, others: Sequence[Seen], head: int) -> list[Floats]:
        return [scores(other)[:, head] for other in others]

    return peer


def _examples(seen: Seen, widths: FeatureSizes) -> Examples:
    return Examples(Held(seen.features, widths), seen.part.answers_NH)


def _network(sizes: Sizes, folder: Path) -> FusionNetwork:
    network = FusionNetwork(sizes)
    network.load_state_dict(load_file(folder / "best.safetensors"))
    return network


def _served(bundle: Bundle, seen: Seen) -> Floats:
    starts = range(0, len(seen.features), _AT_ONCE)
    parts = [bundle.fusion(seen.features[start : start + _AT_ONCE])[:, 0] for start in starts]
    return np.concatenate(parts).astype(np.float64)


@torch.no_grad()
def said(members: Sequence[Fusing], examples: Examples) -> Floats:
    """Logits [N, H] of some members together."""
    network = Explained(members).eval()
    parts = [
        network(*(torch.from_numpy(inputs[name]) for name in INPUTS))[0][:, 0].numpy()
        for inputs in examples.batches(_AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float64)
