"""What is learned about photos from close views: a probe on their texture, and tuned last stages; both have a say.

Shapes: N photos, O orientations, W close views, T entries of a texture, D dimensions of a tuned embedding, K heads, E
dimensions of everything side by side, K + D · tails.
"""

from dataclasses import dataclass

import numpy as np

from training.activations import Activations
from training.branched import Branched, Cut
from training.probe import Floats, Ints, Probe
from training.tails import Tail, embedded
from training.texture import TextureProbe


@dataclass(frozen=True, slots=True)
class CloseReader:
    """The mean of what the texture says and what the tails say on average."""

    texture: Probe
    tails: tuple[Tail, ...]

    def __call__(self, seen: Activations) -> Floats:
        """Logits [N,K] of photos as they are, not mirrored."""
        said = [self.texture(seen.textures_NOT[:, 0]), self.tuned(seen)]
        logits_NK: Floats = np.mean(said, axis=0).astype(np.float32)
        return logits_NK

    def tuned(self, seen: Activations) -> Floats:
        """What the tails alone say on average: logits [N,K]."""
        said = [tail.probe(embedded(tail.stages, seen.maps_NOWCHX[:, :1])[:, 0]) for tail in self.tails]
        logits_NK: Floats = np.mean(said, axis=0).astype(np.float32)
        return logits_NK

    def encoder(self, encoder: Cut) -> Branched:
        """The encoder whose embedding of a view [E] is what `head` reads."""
        return Branched(encoder, TextureProbe(self.texture), [tail.stages for tail in self.tails])

    @property
    def head(self) -> Probe:
        """The linear head on the mean embedding of a photo's close views that gives the reader's logits."""
        probes = [tail.probe for tail in self.tails]
        heads, share = len(self.texture.bias_K), 0.5 / len(probes)
        said = np.eye(heads, dtype=np.float32) / 2
        return Probe(
            mean_D=np.concatenate([np.zeros(heads, dtype=np.float32), *(probe.mean_D for probe in probes)]),
            spread_D=np.concatenate([np.ones(heads, dtype=np.float32), *(probe.spread_D for probe in probes)]),
            weight_KD=np.concatenate([said, *(probe.weight_KD * np.float32(share) for probe in probes)], axis=1),
            bias_K=np.sum([probe.bias_K * np.float32(share) for probe in probes], axis=0, dtype=np.float32),
        )


def probed(embeddings_NOD: Floats, answers_NK: Ints, *, strength: float) -> Probe:
    """A linear probe on embeddings of photos as they are and mirrored; the more dimensions, the stronger its ridge.

    Args:
        strength: inverse strength of the ridge, to be shared among the dimensions.
    """
    _, orientations, width = embeddings_NOD.shape
    answers = np.repeat(answers_NK, orientations, axis=0)
    return Probe.fit(embeddings_NOD.reshape(-1, width), answers, penalty=strength / width)
