"""The mark networks as ONNX graphs with weights of half precision, which halves what the project carries."""

import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.export import Dim

from trueshelf.models.marks.geometry import CANVAS, NAMED

_SMALL = 64
"""Numbers; constants with fewer stay as they are."""


def export_finder(network: nn.Module, path: Path) -> None:
    """Pictures of any sides that are whole cells."""
    sides = {0: Dim.STATIC, 1: Dim.STATIC, 2: Dim.DYNAMIC, 3: Dim.DYNAMIC}
    _export(network, (torch.zeros(1, 3, CANVAS, CANVAS + 16),), (sides,), path)


def export_namer(network: nn.Module, path: Path) -> None:
    """Any number of crops."""
    _export(network, (torch.zeros(2, 3, NAMED, NAMED),), ({0: Dim.DYNAMIC},), path)


def export_comparer(network: nn.Module, path: Path) -> None:
    """Any number of crops and as many true marks."""
    example = (torch.zeros(2, 3, CANVAS, CANVAS), torch.zeros(2, 1, CANVAS, CANVAS))
    _export(network, example, ({0: Dim.DYNAMIC}, {0: Dim.DYNAMIC}), path)


def _export(network: nn.Module, example: tuple[Tensor, ...], shapes: tuple[dict[int, object], ...], path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecated calls
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network.eval().to(memory_format=torch.contiguous_format),  # type: ignore[call-overload]
            example,
            dynamo=True,
            dynamic_shapes=shapes,
            input_names=["pixels", "references"][: len(example)],
            verbose=False,
        )
    assert program is not None
    onnx.save(_halved(program.model_proto), path)


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with its weights at half precision, made full again where it is loaded."""
    graph, casts = model.graph, []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < _SMALL:
            continue
        name = weight.name
        half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{name}_half")
        weight.CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]
    onnx.checker.check_model(model)
    return model
