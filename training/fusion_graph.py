"""The fusion networks as one ONNX graph that answers with all evidence and without each modality."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.export import Dim

from trueshelf.models.familiarity import Familiarity
from trueshelf.models.fusion import OUTPUTS, FeatureSizes
from trueshelf.models.modality import MODALITIES
from trueshelf.models.network import INPUTS, Explained, Fusing


def export_fusion(
    networks: Sequence[Fusing], sizes: FeatureSizes, path: Path, *, familiarity: Familiarity | None = None
) -> None:
    """Write the graph; listings, photos and n-grams are free in number."""
    network = Explained([member.cpu().eval() for member in networks], familiarity).eval()
    signals = networks[0].sizes.signals
    example = (
        torch.zeros(2, 3, sizes.views, sizes.image),
        torch.ones(2, 3),
        torch.zeros(2, sizes.text),
        torch.zeros(2, 5, dtype=torch.int64),
        torch.ones(2, 5),
        torch.zeros(2, signals),
        torch.ones(2, len(MODALITIES)),
    )
    free, pair = {0: Dim.DYNAMIC}, {0: Dim.DYNAMIC, 1: Dim.DYNAMIC}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecated calls
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            dynamic_shapes=(pair, pair, free, pair, pair, free, free),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS[: 1 if familiarity is None else 2]),
            verbose=False,
        )
    assert program is not None
    program.save(str(path))
