"""An image encoder whose last stages have learned from a dataset's photos, ready for ONNX Runtime.

The stages below stay frozen, so that what they make of the photos is computed once and read at random.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.activations import activations
from training.answered_photos import answered_photos
from training.branched import Joined, cut
from training.close_reader import probed
from training.data.parts import Part
from training.encoders import ImageGraph
from training.progress import Progress
from training.tails import Lesson, Tail, TuneConfig, embedded, tune
from trueshelf.listings import Split
from trueshelf.models.encoders import ViewSpec
from trueshelf.models.encoders.export import export_image_encoder


def fine_tuned(
    name: str,
    parts: Mapping[Split, Part],
    *,
    stages: int,
    view: ViewSpec,
    config: TuneConfig,
    work: Path,
    shared: Path,
    report: Callable[[int, float], None],
    progress: Progress,
) -> ImageGraph:
    """The image encoder `name` with its last `stages` stages fine-tuned on the training split's photos.

    The validation split's photos say when to stop.

    Raises:
        ValueError: the encoder's stages cannot be told apart, or no training photo has an answer.
    """
    encoder = cut(name, stages=stages)
    photos, answers_NK = answered_photos(parts[Split.TRAIN])
    held_out, their_answers_NK = answered_photos(parts[Split.VALIDATION])
    everything = [*photos, *held_out]
    seen = activations(encoder, view, everything, textured=False, folder=shared / "activations", progress=progress)
    lesson = Lesson(
        seen.close_NOWCHX,
        np.concatenate([answers_NK, their_answers_NK]),
        rows=np.arange(len(photos)),
        held_out=np.arange(len(photos), len(everything)),
    )
    frozen_NOD = embedded(encoder.stages, seen.close_NOWCHX[: len(photos)])
    tail = Tail(encoder.stages, probed(frozen_NOD, answers_NK, strength=config.probe_strength))

    def told(epoch: int, loss: float) -> None:
        report(epoch, loss)
        progress("fine-tune the image encoder", epoch + 1, config.epochs)

    tail = tune(tail, lesson, config, work=work, report=told)
    spec = replace(encoder.spec, name=f"{encoder.spec.name}, fine-tuned")
    path = work / "image_encoder.onnx"
    export_image_encoder(Joined(encoder._replace(stages=tail.stages)), spec, path)
    return ImageGraph(path, spec)
