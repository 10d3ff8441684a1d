"""What is learned about photos: a probe on the texture of close views, and tuned last stages for close views and whole.

Texture tells stuff and stitching, close views details, the whole photo shape and proportion; all have a say.

Shapes: N photos, O orientations, W close views, T entries of a texture, D dimensions of a tuned embedding, K heads, E
dimensions of everything side by side, K + D · tails.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.activations import Activations, Maps
from training.branched import Branched, Cut
from training.probe import Floats, Ints, Probe
from training.tails import Tail, embedded
from training.texture import TextureProbe

_VOICES = 3


@dataclass(frozen=True, slots=True)
class CloseReader:
    """The mean of what the texture says, what the tails of close views say and what those of the whole say."""

    texture: Probe
    close: tuple[Tail, ...]
    whole: tuple[Tail, ...]

    def __call__(self, seen: Activations) -> Floats:
        """Logits [N,K] of photos as they are, not mirrored."""
        voices = [
            self.texture(seen.textures_NOT[:, 0]),
            said_by(self.close, seen.close_NOWCHX),
            said_by(self.whole, seen.whole_NO1CHX),
        ]
        logits_NK: Floats = np.mean(voices, axis=0).astype(np.float32)
        return logits_NK

    def encoder(self, encoder: Cut) -> Branched:
        """The encoder whose embedding of a view [E] is what the heads read."""
        tails = [*self.close, *self.whole]
        return Branched(encoder, TextureProbe(self.texture), [tail.stages for tail in tails])

    @property
    def close_head(self) -> Probe:
        """Of the mean embedding of a photo's close views: what these add to the reader's logits."""
        return self._head(texture=1 / _VOICES, close=1 / (_VOICES * len(self.close)), whole=0.0)

    @property
    def whole_head(self) -> Probe:
        """Of the embedding of the photo as a whole: what that adds to the reader's logits."""
        return self._head(texture=0.0, close=0.0, whole=1 / (_VOICES * len(self.whole)))

    def _head(self, *, texture: float, close: float, whole: float) -> Probe:
        """A linear head on everything side by side, in which each part has its share."""
        nothing = np.zeros_like(self.texture.bias_K)
        reading = Probe(nothing, nothing + 1, np.eye(len(nothing), dtype=np.float32), nothing)
        shares = [(reading, texture)]
        shares += [(tail.probe, close) for tail in self.close] + [(tail.probe, whole) for tail in self.whole]
        return Probe(
            mean_D=np.concatenate([probe.mean_D for probe, _ in shares]),
            spread_D=np.concatenate([probe.spread_D for probe, _ in shares]),
            weight_KD=np.concatenate([probe.weight_KD * np.float32(share) for probe, share in shares], axis=1),
            bias_K=np.sum([probe.bias_K * share for probe, share in shares], axis=0, dtype=np.float32),
        )


def said_by(tails: Sequence[Tail], maps: Maps) -> Floats:
    """What tails say on average of photos as they are: logits [N,K]."""
    said = [tail.probe(embedded(tail.stages, maps[:, :1])[:, 0]) for tail in tails]
    logits_NK: Floats = np.mean(said, axis=0).astype(np.float32)
    return logits_NK


def probed(embeddings_NOD: Floats, answers_NK: Ints, *, strength: float) -> Probe:
    """A linear probe on embeddings of photos as they are and mirrored; the more dimensions, the stronger its ridge.

    Args:
        strength: inverse strength of the ridge, to be shared among the dimensions.
    """
    _, orientations, width = embeddings_NOD.shape
    answers = np.repeat(answers_NK, orientations, axis=0)
    return Probe.fit(embeddings_NOD.reshape(-1, width), answers, penalty=strength / width)
