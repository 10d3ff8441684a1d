"""PyTorch encoders to ONNX graphs, each checked against the module that it was made from.

A graph is one file without external data. What the exporter notes about its own run (source lines, file paths) is
removed: equal weights give equal bytes.

Legend: B batch, S side of the image, T tokens, D dimensions of the embedding.
"""

import hashlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from trueshelf.models.encoders.runtime import OUTPUT, PIXELS, open_session
from trueshelf.models.encoders.spec import ImageSpec, TextSpec
from trueshelf.models.encoders.tokens import ATTENTION_MASK, INPUT_IDS

TOLERANCE = 1e-4


def export_image_encoder(module: nn.Module, spec: ImageSpec, path: Path) -> str:
    """Write `module`, pixels [B,3,S,S] to embeddings [B,D], with a free batch axis; gives the SHA-256 of the file.

    Raises:
        ValueError: the graph's output differs from the module's by more than 1e-4 of the output's scale.
    """
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(3, 3, spec.size, spec.size, generator=generator) * 2 - 1
    batch = torch.export.Dim("batch")
    return export(module, {PIXELS: pixels}, {PIXELS: {0: batch}}, path)


def export_text_encoder(module: nn.Module, spec: TextSpec, path: Path) -> str:
    """Write `module`, token ids and mask [B,T] to embeddings [B,D], with free axes; gives the SHA-256 of the file.

    Raises:
        ValueError: the graph's output differs from the module's by more than 1e-4 of the output's scale.
    """
    tokens = min(7, spec.max_tokens)
    mask = (torch.arange(tokens) < torch.tensor([[tokens], [3], [1]])).long()
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=spec.max_tokens)}
    sample = {INPUT_IDS: torch.arange(3 * tokens).reshape(3, tokens) * mask, ATTENTION_MASK: mask}
    return export(module, sample, dict.fromkeys(sample, axes), path)


def export(
    module: nn.Module, sample: Mapping[str, Tensor], axes: Mapping[str, Mapping[int, object]], path: Path
) -> str:
    """Write the graph of `module`, called with `sample`'s names as keywords; gives the SHA-256 of the file."""
    module.eval()
    with silence():
        program = torch.onnx.export(
            module,
            kwargs=dict(sample),
            dynamic_shapes=dict(axes),
            output_names=[OUTPUT],
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    content = anonymous(program.model_proto).SerializeToString(deterministic=True)
    path.write_bytes(content)
    verify(module, sample, path)
    return hashlib.sha256(content).hexdigest()


def anonymous(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph without the exporter's notes."""
    graph = model.graph
    for noted in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    return model


def verify(module: nn.Module, sample: Mapping[str, Tensor], path: Path) -> None:
    """Compare the graph with the module on the sample and on its first item alone.

    Raises:
        ValueError: they differ by more than the tolerance.
    """
    session, _ = open_session(path, threads=1)
    for count in (len(next(iter(sample.values()))), 1):
        batch = {name: values[:count] for name, values in sample.items()}
        with torch.inference_mode():
            expected = module(**batch).numpy()
        (found,) = session.run([OUTPUT], {name: values.numpy() for name, values in batch.items()})
        difference = float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
        if not difference <= TOLERANCE:
            raise ValueError(f"{path} differs from the module that it was exported from by {difference:.2g}")


@contextmanager
def silence() -> Iterator[None]:
    """Keep the exporter's progress and its warnings about its own internals from the reader."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)
